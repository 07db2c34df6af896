"""Which jobs a worker takes at once: the fairest first, and beside it what fits into one batch."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from gpu_consumers.worker.backlog import Backlog, BatchRoom, QueuedJob
from topics.messages.control import MoveJob
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.registry import JOBS
from topics.transport import Delivery

NAMES = UUID("2f1f3a3e-3f0d-4d2f-9a41-8c1f0e6b7d52")
SQUARE, TALL = "pocket/64/64/25/True", "pocket/56/72/25/True"
ROOM = BatchRoom(rows=8, twins=3)


class Queue:
    """A backlog of one picture a job, unless said otherwise. Jobs and people have names."""

    def __init__(self, room: BatchRoom | None = ROOM) -> None:
        self._backlog = Backlog({} if room is None else {"pocket": room})
        self._names: dict[UUID, str] = {}

    def add(self, name: str, owner: str, *, twin: str | None = None, **changes: Any) -> None:
        job = uuid5(NAMES, name)
        queued = JobQueued(
            job=job,
            attempt=1,
            kind=WorkKind.IMAGE,
            engine="pocket",
            batch_key=SQUARE,
            owner=uuid5(NAMES, owner),
            twin=None if twin is None else uuid5(NAMES, twin),
            items=1,
        )
        queued = replace(queued, **changes)
        delivery = Delivery(JOBS[queued.kind].name, 0, len(self._names), str(job), queued)
        self._names[job] = name
        self._backlog.add(QueuedJob(delivery.at, delivery.offset, queued, delivery))

    def move(self, name: str, turn: int) -> None:
        self._backlog.move(MoveJob(uuid5(NAMES, name), attempt=1, turn=turn))

    def take(self) -> list[str]:
        return [self._names[job.queued.job] for job in self._backlog.take()]

    def take_all(self) -> list[list[str]]:
        batches = []
        while batch := self.take():
            batches.append(batch)
        return batches


@pytest.fixture
def queue() -> Queue:
    return Queue()


def test_nothing_is_taken_from_an_empty_backlog(queue: Queue) -> None:
    assert queue.take() == []


def test_pictures_of_several_people_are_taken_together(queue: Queue) -> None:
    for owner in ("ada", "grace", "mary"):
        queue.add(f"of {owner}", owner)
    assert queue.take_all() == [["of ada", "of grace", "of mary"]]


def test_a_single_job_does_not_wait_for_company(queue: Queue) -> None:
    queue.add("harbour", "ada")
    assert queue.take() == ["harbour"]


def test_a_batch_holds_no_more_pictures_than_are_drawn_at_once(queue: Queue) -> None:
    for number in range(3):
        queue.add(f"four of {number}", f"person {number}", items=4)
    assert queue.take_all() == [["four of 0", "four of 1"], ["four of 2"]]


def test_a_smaller_job_fills_what_a_larger_one_leaves_free(queue: Queue) -> None:
    queue.add("five", "ada", items=5)
    queue.add("four", "grace", items=4)
    queue.add("three", "mary", items=3)
    assert queue.take_all() == [["five", "three"], ["four"]]


def test_a_job_that_is_larger_than_a_batch_is_taken_alone(queue: Queue) -> None:
    queue.add("nine", "ada", items=9)
    queue.add("one", "grace")
    assert queue.take_all() == [["nine"], ["one"]]


def test_a_batch_holds_no_more_twins_than_there_are_slots(queue: Queue) -> None:
    for name in ("ada", "grace", "mary", "joan"):
        queue.add(f"twin of {name}", name, twin=name)
    queue.add("a harbour", "edith")
    assert queue.take_all() == [
        ["twin of ada", "twin of grace", "twin of mary", "a harbour"],
        ["twin of joan"],
    ]


def test_one_twin_takes_one_slot_however_often_it_is_drawn(queue: Queue) -> None:
    for number in range(5):
        queue.add(f"ada {number}", "ada", twin="ada")
    assert len(queue.take()) == 5


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_key": TALL},
        {"engine": "stable-diffusion-xl"},
        {"kind": WorkKind.TRAINING},
        {"items": UNSET, "attempt": 2},
    ],
    ids=["another size", "another engine", "another kind", "after a failed attempt"],
)
def test_what_cannot_be_drawn_beside_it_comes_after_it(
    queue: Queue, changes: dict[str, Any]
) -> None:
    queue.add("harbour", "ada")
    queue.add("other", "grace", **changes)
    assert queue.take_all() == [["harbour"], ["other"]]


def test_clips_are_drawn_job_by_job(queue: Queue) -> None:
    for owner in ("ada", "grace"):
        queue.add(f"clip of {owner}", owner, kind=WorkKind.VIDEO)
    assert queue.take_all() == [["clip of ada"], ["clip of grace"]]


def test_an_engine_without_room_for_more_draws_job_by_job() -> None:
    queue = Queue(room=None)
    queue.add("harbour", "ada")
    queue.add("lighthouse", "grace")
    assert queue.take_all() == [["harbour"], ["lighthouse"]]


def test_owners_follow_each_other_in_turn_within_a_batch(queue: Queue) -> None:
    for number in range(4):
        queue.add(f"ada {number}", "ada", items=2)
    queue.add("grace 0", "grace", items=2)
    queue.add("mary 0", "mary", items=2)
    assert queue.take_all() == [
        ["ada 0", "grace 0", "mary 0", "ada 1"],
        ["ada 2", "ada 3"],
    ]


def test_who_was_served_last_comes_last_into_the_next_batch() -> None:
    queue = Queue(BatchRoom(rows=2, twins=8))
    for owner in ("ada", "grace", "mary"):
        for number in range(2):
            queue.add(f"{owner} {number}", owner, twin=f"{owner} {number}")
    assert queue.take_all() == [
        ["ada 0", "grace 0"],
        ["mary 0", "ada 1"],
        ["grace 1", "mary 1"],
    ]


def test_nobodys_second_picture_comes_before_anothers_first_where_no_twin_is_warm() -> None:
    queue = Queue(BatchRoom(rows=2, twins=2))
    for number in range(3):
        queue.add(f"ada {number}", "ada")
    for owner in ("grace", "mary", "joan"):
        queue.add(f"{owner} 0", owner)
    assert queue.take_all() == [["ada 0", "grace 0"], ["mary 0", "joan 0"], ["ada 1", "ada 2"]]


def test_an_owners_jobs_come_in_their_turns_whatever_their_partitions_brought_first() -> None:
    queue = Queue(room=None)
    for turn in (3, 1, 2):
        queue.add(f"ada {turn}", "ada", turn=turn)
    assert queue.take_all() == [["ada 1"], ["ada 2"], ["ada 3"]]


@pytest.mark.parametrize("is_here", [True, False], ids=["waits here", "comes later"])
def test_a_job_that_its_owner_moved_comes_before_their_others_and_nobody_elses(
    is_here: bool,  # noqa: FBT001 – a parameter of the sentence
) -> None:
    queue = Queue(room=None)
    for turn in (1, 2):
        queue.add(f"ada {turn}", "ada", turn=turn)
    queue.add("grace 3", "grace", turn=3)
    if is_here:
        queue.add("ada 4", "ada", turn=4)
    queue.move("ada 4", 1)
    queue.move("ada 1", 4)
    if not is_here:
        queue.add("ada 4", "ada", turn=4)
    queue.add("grace 5", "grace", turn=5)
    assert queue.take_all() == [["ada 4"], ["grace 3"], ["ada 2"], ["grace 5"], ["ada 1"]]


def test_the_next_attempt_of_a_job_that_was_moved_stands_at_the_end() -> None:
    queue = Queue(room=None)
    queue.add("ada 1", "ada", turn=1)
    queue.move("ada 2", 0)
    queue.add("ada 2", "ada", turn=5, attempt=2)
    assert queue.take_all() == [["ada 1"], ["ada 2"]]


def test_no_warm_twin_comes_before_a_job_that_was_moved_before_it() -> None:
    queue = Queue(room=None)
    for turn in (1, 2, 3):
        queue.add(f"warm {turn}", "ada", twin="ada", turn=turn)
    queue.add("moved", "ada", twin="other", turn=4)
    assert queue.take() == ["warm 1"]
    queue.move("moved", 2)
    queue.move("warm 2", 4)
    assert queue.take_all() == [["moved"], ["warm 3"], ["warm 2"]]


def test_of_owners_that_were_never_served_the_first_to_come_is_first() -> None:
    queue = Queue(room=None)
    queue.add("grace 9", "grace", turn=9)
    queue.add("ada 1", "ada", turn=1)
    assert queue.take_all() == [["grace 9"], ["ada 1"]]
