"""How a child's progress goes through the pipe: paced, and with previews only where they go."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from uuid import UUID

import msgspec
import pytest

from gpu_consumers.engines.loaded_engine import Preview, Stopped
from gpu_consumers.worker.assignments import REPORTS, Advanced, Forget, Stop
from gpu_consumers.worker.child import PipeProgress, PipeStops
from gpu_consumers.worker.progress_pace import PUBLISH_INTERVAL_S
from topics.messages.progress import CheckpointSeen, Phase

ADA, GRACE = UUID(int=1), UUID(int=2)


class Bench:
    """A child's progress, its clock, and the parent's end of the pipe."""

    def __init__(self, ours: Connection, theirs: Connection) -> None:
        self.now_s = 100.0
        self.pipe = ours
        self.forgotten: list[Forget] = []
        stops = PipeStops(theirs, self.forgotten.append)
        self.progress = PipeProgress(theirs, lambda: self.now_s, stops)
        self.drawn: list[int] = []

    def step(self, number: int, after_s: float = 0.0, phase: Phase = Phase.STEP) -> None:
        self.now_s += after_s

        def preview() -> Preview:
            self.drawn.append(number)
            return Preview((4, 5), b"png")

        self.progress.report(phase, number, 25, preview)

    def told(self) -> list[object]:
        found: list[object] = []
        while self.pipe.poll():
            found.append(REPORTS.decode(self.pipe.recv_bytes()))
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield Bench(ours, theirs)


def test_a_preview_is_drawn_only_for_a_report_that_goes_out(bench: Bench) -> None:
    bench.step(1)
    bench.step(2, PUBLISH_INTERVAL_S / 2)
    bench.step(3, PUBLISH_INTERVAL_S / 2)
    bench.step(4)
    assert bench.drawn == [1, 3]
    assert bench.told() == [
        Advanced(Phase.STEP, number, 25, b"png", (4, 5)) for number in bench.drawn
    ]


def test_checkpoints_go_with_a_preview_or_alone(bench: Bench) -> None:
    passed = (CheckpointSeen(12, 0.8),)
    bench.progress.report(Phase.STEP, 13, 25, lambda: Preview((0,), b"png", passed))
    bench.progress.report(Phase.DECODE, 13, 25, lambda: Preview((), b"", passed))
    assert bench.told() == [
        Advanced(Phase.STEP, 13, 25, b"png", (0,), passed),
        Advanced(Phase.DECODE, 13, 25, None, (), passed),
    ]


def test_every_change_of_phase_is_told_at_once(bench: Bench) -> None:
    bench.step(1)
    bench.progress.report(Phase.DECODE, 0, 48)
    bench.step(2)
    assert [one.phase for one in bench.told() if isinstance(one, Advanced)] == [
        Phase.STEP,
        Phase.DECODE,
        Phase.STEP,
    ]


def test_a_stop_is_heeded_even_where_nothing_would_be_told(bench: Bench) -> None:
    bench.step(1)
    bench.pipe.send_bytes(msgspec.msgpack.encode(Stop()))
    with pytest.raises(Stopped):
        bench.step(2)
    assert bench.drawn == [1]


def test_a_stop_of_one_of_several_jobs_is_heeded_by_that_one_alone() -> None:
    ours, theirs = Pipe()
    with ours, theirs:
        stops = PipeStops(theirs, lambda _forget: None)
        ada, grace = (PipeProgress(theirs, lambda: 100.0, stops, job) for job in (ADA, GRACE))
        ours.send_bytes(msgspec.msgpack.encode(Stop(GRACE)))
        # Whoever reads it first, it is whose it is.
        ada.report(Phase.STEP, 1, 25)
        with pytest.raises(Stopped):
            grace.report(Phase.STEP, 1, 25)
        ada.report(Phase.DECODE, 2, 25)
        told = [REPORTS.decode(ours.recv_bytes()) for _ in range(2)]
        assert told == [
            Advanced(Phase.STEP, 1, 25, job=ADA),
            Advanced(Phase.DECODE, 2, 25, job=ADA),
        ]
        ours.send_bytes(msgspec.msgpack.encode(Stop()))
        with pytest.raises(Stopped):
            ada.report(Phase.STEP, 3, 25)


def test_a_twin_is_forgotten_while_somebody_else_is_drawn(bench: Bench) -> None:
    forget = Forget(UUID(int=7), epoch=2)
    bench.step(1)
    bench.pipe.send_bytes(msgspec.msgpack.encode(forget))
    bench.step(2)
    assert bench.forgotten == [forget]
    assert bench.drawn == [1]
