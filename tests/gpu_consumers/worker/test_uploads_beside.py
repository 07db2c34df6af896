"""What is drawn is uploaded while the next batch is drawn; each job ends as if it were alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from gpu_consumers.engines.loaded_engine import Share, ShareOutcome, ShowPreview, Stopped
from gpu_consumers.images.image_batch import PictureJob, render_together
from gpu_consumers.presigned_objects import UploadRefused
from tests.gpu_consumers.worker.test_workbench import Calm, Cupboard, Pencil, images, upload_to
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput
from topics.messages.work import ImageItem, Upload

PATIENCE_S = 30.0


@dataclass
class SteadyPencil(Pencil):
    """Draws one job at a time, and says when the second has begun."""

    render_batch_max: int = 1
    second_began: threading.Event = field(default_factory=threading.Event)
    second_may_end: threading.Event = field(default_factory=threading.Event)

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        if self.together:
            self.second_began.set()
            assert self.second_may_end.wait(PATIENCE_S)
        return super().render_together(shares)


@dataclass
class SlowCupboard(Cupboard):
    """Takes the first picture only when the second is being drawn, and says so."""

    pencil: SteadyPencil = field(default_factory=SteadyPencil)
    was_drawn_meanwhile: list[bool] = field(default_factory=list)

    def upload(self, upload: Upload, body: bytes) -> None:
        if not self.was_drawn_meanwhile:
            self.was_drawn_meanwhile.append(self.pencil.second_began.wait(PATIENCE_S))
        super().upload(upload, body)
        self.pencil.second_may_end.set()


@dataclass
class Ends:
    """How each job ended, in the order of their ends."""

    ended: list[tuple[str, tuple[RenderedOutput, ...] | Exception]] = field(default_factory=list)

    def job(self, name: str, *, progress: Calm | None = None, count: int = 1) -> PictureJob:
        items = tuple(ImageItem(n, n, upload_to(f"q/{name}-{n}.png")) for n in range(count))
        work = msgspec.structs.replace(images(), items=items, prompt=name)
        return PictureJob(
            work, progress or Calm(), lambda outcome: self.ended.append((name, outcome))
        )

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [
            (name, type(how).__name__ if isinstance(how, Exception) else "delivered")
            for name, how in self.ended
        ]


def test_the_next_batch_is_drawn_while_the_last_one_is_uploaded() -> None:
    pencil, ends = SteadyPencil(), Ends()
    cupboard = SlowCupboard(pencil=pencil)
    render_together(pencil, [ends.job("ada"), ends.job("grace")], cupboard)
    assert cupboard.was_drawn_meanwhile == [True]
    assert ends.kinds == [("ada", "delivered"), ("grace", "delivered")]
    assert set(cupboard.held) == {"q/ada-0.png", "q/grace-0.png"}


@dataclass
class BrokenPencil(Pencil):
    """Draws one job at a time, and its second not at all."""

    render_batch_max: int = 1

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        if self.together:
            raise ZeroDivisionError
        return super().render_together(shares)


def test_who_is_drawn_is_delivered_though_the_engine_fails_after_that() -> None:
    ends, cupboard = Ends(), Cupboard()
    with pytest.raises(ZeroDivisionError):
        render_together(BrokenPencil(), [ends.job("ada"), ends.job("grace")], cupboard)
    assert ends.kinds == [("ada", "delivered")]
    assert set(cupboard.held) == {"q/ada-0.png"}


@dataclass
class StopsAtUpload(Calm):
    """Is stopped as soon as its pictures are on their way."""

    phases: list[Phase] = field(default_factory=list)

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        self.phases.append(phase)
        if phase is Phase.UPLOAD:
            raise Stopped


def test_who_is_stopped_while_uploading_ends_at_once_and_changes_nobody_elses_job() -> None:
    ends, cupboard, stops = Ends(), Cupboard(), StopsAtUpload()
    jobs = [ends.job("ada", progress=stops, count=2), ends.job("grace", count=2)]
    render_together(Pencil(), jobs, cupboard)
    assert ends.kinds == [("ada", "Stopped"), ("grace", "delivered")]
    assert stops.phases.count(Phase.UPLOAD) == 1
    assert {"q/grace-0.png", "q/grace-1.png"} <= set(cupboard.held)


@dataclass
class ParticularCupboard(Cupboard):
    """Takes nothing of Ada's."""

    def upload(self, upload: Upload, body: bytes) -> None:
        if "ada" in upload.object_key:
            raise UploadRefused("answer 403")
        super().upload(upload, body)


def test_a_place_that_is_refused_ends_its_own_job_alone() -> None:
    ends, cupboard = Ends(), ParticularCupboard()
    render_together(Pencil(), [ends.job("ada"), ends.job("grace")], cupboard)
    assert ends.kinds == [("ada", "UploadRefused"), ("grace", "delivered")]
    assert set(cupboard.held) == {"q/grace-0.png"}
