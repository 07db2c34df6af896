"""What the child makes of several jobs at once: each ends by itself, whatever befalls others."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from gpu_consumers.engines.loaded_engine import HeldTwin, ShowPreview, Stopped
from gpu_consumers.worker.assignments import Broke, Delivered, Report, Start
from gpu_consumers.worker.child import Workbench
from tests.gpu_consumers.worker.test_workbench import Cupboard, Pencil, images, upload_to
from topics.messages.progress import Phase
from topics.messages.results import FailureReason
from topics.messages.work import Download, ImageItem, ImageWork, Upload

ADA, GRACE, MARY = UUID(int=11), UUID(int=12), UUID(int=13)


@dataclass
class Table:
    """Jobs of several people on one workbench, and what was said of them, in order."""

    pencil: Pencil = field(default_factory=Pencil)
    cupboard: Cupboard = field(default_factory=Cupboard)
    stopped_at: dict[UUID, Phase] = field(default_factory=dict)
    stopped_by_step_of: dict[UUID, set[UUID]] = field(default_factory=dict)
    stopped: set[UUID] = field(default_factory=set)
    said: list[Report] = field(default_factory=list)
    steps: list[tuple[UUID, int, int]] = field(default_factory=list)
    loaded: int = 0

    def draw(self, folder: Path, works: dict[UUID, ImageWork]) -> None:
        bench = Workbench(self._load, self.cupboard, folder)
        starts = [Start(job, 1, work) for job, work in works.items()]
        bench.do_together(starts, lambda job: _TableProgress(self, job), self.said.append)

    def _load(self, engine: str) -> Pencil:
        self.loaded += 1
        return self.pencil

    def ends(self) -> list[tuple[UUID | None, FailureReason | int]]:
        """Whose end was said, and why, or how many pictures there are."""
        return [
            (report.job, report.reason if isinstance(report, Broke) else len(report.outputs))
            for report in self.said
            if isinstance(report, Broke | Delivered)
        ]


class _TableProgress:
    def __init__(self, table: Table, job: UUID) -> None:
        self._table = table
        self._job = job

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        if self._table.stopped_at.get(self._job) is phase or self._job in self._table.stopped:
            raise Stopped
        if phase is Phase.STEP:
            self._table.steps.append((self._job, step, steps_total))
            self._table.stopped |= self._table.stopped_by_step_of.get(self._job, set())


def work_of(job: UUID, count: int = 1, adapter: str | None = None) -> ImageWork:
    """Pictures that are called after their owner."""
    items = tuple(
        ImageItem(item, 40 + item, upload_to(f"{job.int}/{item}.png")) for item in range(count)
    )
    named = None if adapter is None else Download(adapter)
    return msgspec.structs.replace(images(), prompt=str(job.int), items=items, adapter=named)


@pytest.fixture
def table() -> Table:
    return Table()


def test_pictures_of_several_jobs_are_drawn_in_one_batch_and_delivered_to_each(
    table: Table, tmp_path: Path
) -> None:
    table.draw(tmp_path, {ADA: work_of(ADA, 2), GRACE: work_of(GRACE), MARY: work_of(MARY)})
    assert table.pencil.together == [[("11", 2), ("12", 1), ("13", 1)]]
    assert table.ends() == [(ADA, 2), (GRACE, 1), (MARY, 1)]
    assert set(table.cupboard.held) == {"11/0.png", "11/1.png", "12/0.png", "13/0.png"}


def test_what_does_not_fit_into_one_batch_is_drawn_in_the_next(
    table: Table, tmp_path: Path
) -> None:
    table.draw(tmp_path, {ADA: work_of(ADA, 3), GRACE: work_of(GRACE, 3)})
    assert table.pencil.together == [[("11", 3), ("12", 1)], [("12", 2)]]
    assert table.ends() == [(ADA, 3), (GRACE, 3)]
    assert list(dict.fromkeys(table.steps)) == [(ADA, 1, 4), (GRACE, 1, 8), (GRACE, 5, 8)]


def test_more_twins_than_slots_are_drawn_one_batch_after_the_other(
    table: Table, tmp_path: Path
) -> None:
    table.pencil.twins_max = 1
    table.cupboard.held |= {"of ada": b"ada", "of grace": b"grace"}
    table.draw(
        tmp_path,
        {
            ADA: work_of(ADA, adapter="of ada"),
            GRACE: work_of(GRACE, adapter="of grace"),
            MARY: work_of(MARY),
        },
    )
    assert table.pencil.together == [[("11", 1), ("13", 1)], [("12", 1)]]
    assert table.ends() == [(ADA, 1), (MARY, 1), (GRACE, 1)]


def test_a_held_twin_that_made_room_meanwhile_is_fetched_after_all(
    table: Table, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"ada").hexdigest()
    table.pencil.held, table.pencil.made_room = {digest}, {digest}
    table.cupboard.held["of ada"] = b"ada"
    of_ada = msgspec.structs.replace(work_of(ADA), adapter=Download("of ada", digest))
    table.draw(tmp_path, {ADA: of_ada, GRACE: work_of(GRACE)})
    assert table.pencil.together == [[("11", 1), ("12", 1)], [("11", 1)]]
    assert table.pencil.adapters == [HeldTwin(digest), None, b"ada"]
    assert table.ends() == [(GRACE, 1), (ADA, 1)]


@pytest.mark.parametrize("phase", [Phase.LOAD, Phase.ENCODE, Phase.STEP, Phase.UPLOAD])
def test_a_job_that_is_stopped_leaves_the_others_alone(
    table: Table, tmp_path: Path, phase: Phase
) -> None:
    table.stopped_at[GRACE] = phase
    table.draw(tmp_path, {job: work_of(job) for job in (ADA, GRACE, MARY)})
    assert dict(table.ends()) == {ADA: 1, GRACE: FailureReason.STOPPED, MARY: 1}


def test_a_stop_is_said_while_the_others_are_still_drawn(table: Table, tmp_path: Path) -> None:
    table.stopped_at[MARY] = Phase.STEP
    table.draw(tmp_path, {job: work_of(job) for job in (ADA, GRACE, MARY)})
    assert table.ends() == [(MARY, FailureReason.STOPPED), (ADA, 1), (GRACE, 1)]


def test_who_waits_for_a_slot_can_be_stopped_meanwhile(table: Table, tmp_path: Path) -> None:
    table.pencil.twins_max = 1
    table.cupboard.held |= {"of ada": b"ada", "of grace": b"grace"}
    table.stopped_by_step_of[ADA] = {GRACE}
    works = {ADA: work_of(ADA, adapter="of ada"), GRACE: work_of(GRACE, adapter="of grace")}
    table.draw(tmp_path, works)
    assert table.pencil.together == [[("11", 1)]]
    assert table.ends() == [(GRACE, FailureReason.STOPPED), (ADA, 1)]


def test_who_is_drawn_and_not_uploaded_yet_can_still_be_stopped(
    table: Table, tmp_path: Path
) -> None:
    upload = table.cupboard.upload

    def upload_and_cancel(to: Upload, body: bytes) -> None:
        upload(to, body)
        table.stopped.add(GRACE)

    table.cupboard.upload = upload_and_cancel  # type: ignore[method-assign, assignment]
    table.draw(tmp_path, {ADA: work_of(ADA, 2), GRACE: work_of(GRACE)})
    assert table.ends() == [(GRACE, FailureReason.STOPPED), (ADA, 2)]
    assert set(table.cupboard.held) == {"11/0.png", "11/1.png"}


def test_an_adapter_that_is_none_fails_its_own_job(table: Table, tmp_path: Path) -> None:
    table.cupboard.held["of grace"] = table.pencil.invalid
    table.draw(tmp_path, {ADA: work_of(ADA), GRACE: work_of(GRACE, adapter="of grace")})
    assert dict(table.ends()) == {ADA: 1, GRACE: FailureReason.ENGINE_ERROR}


def test_an_input_that_is_gone_fails_its_own_job(table: Table, tmp_path: Path) -> None:
    table.draw(tmp_path, {ADA: work_of(ADA, adapter="of nobody"), GRACE: work_of(GRACE)})
    assert dict(table.ends()) == {ADA: FailureReason.INPUT_UNAVAILABLE, GRACE: 1}


def test_what_does_not_fit_into_memory_is_halved_until_it_does(
    table: Table, tmp_path: Path
) -> None:
    table.pencil.fits = 1
    table.draw(tmp_path, {job: work_of(job) for job in (ADA, GRACE, MARY)})
    assert table.pencil.batches == [3, 1, 1, 1]
    assert table.ends() == [(ADA, 1), (GRACE, 1), (MARY, 1)]


def test_a_picture_that_does_not_fit_alone_is_out_of_memory(table: Table, tmp_path: Path) -> None:
    table.pencil.fits = 0
    table.draw(tmp_path, {job: work_of(job) for job in (ADA, GRACE)})
    assert table.ends() == [
        (ADA, FailureReason.OUT_OF_MEMORY),
        (GRACE, FailureReason.OUT_OF_MEMORY),
    ]


def test_an_error_of_the_engine_is_said_once_of_all_that_have_not_ended(
    table: Table, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table.pencil.error = RuntimeError("cannot draw: a lighthouse in fog")
    table.draw(tmp_path, {job: work_of(job) for job in (ADA, GRACE)})
    assert table.ends() == [(None, FailureReason.ENGINE_ERROR)]
    assert "lighthouse" not in caplog.text


def test_an_engine_that_broke_is_not_used_again(table: Table, tmp_path: Path) -> None:
    bench = Workbench(table._load, table.cupboard, tmp_path)
    starts = [Start(job, 1, work_of(job)) for job in (ADA, GRACE)]
    table.pencil.error = RuntimeError("a pen")
    bench.do_together(starts, lambda job: _TableProgress(table, job), table.said.append)
    table.pencil.error = None
    bench.do_together(starts, lambda job: _TableProgress(table, job), table.said.append)
    assert table.loaded == 2
    assert table.ends()[1:] == [(ADA, 1), (GRACE, 1)]
