"""Children that no one would miss: what a worker's parent holds in a benchmark."""

import threading

from gpu_consumers.worker.assignments import Advanced, Delivered, Order, Report, Start
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput, TrainedAdapter
from topics.messages.work import TrainingWork

PATIENCE_S = 30.0
DIGEST = "5e" * 32


class IdleChild:
    """A child that nobody gives any work. Being given some is an error."""

    is_alive = True

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        raise AssertionError(f"given {type(order).__name__}")

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        return []

    def end(self) -> None:
        """See `Child.end`."""


class TrainingChild:
    """A child that takes one step of its training whenever it is told to."""

    is_alive = True

    def __init__(self, steps_total: int) -> None:
        self.begun = threading.Event()
        self._steps_total = steps_total
        self._changed = threading.Condition()
        self._work: TrainingWork | None = None
        self._taken = 0
        self._reported = 0
        self._asked = 0

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        if isinstance(order, Start) and isinstance(order.work, TrainingWork):
            self._work = order.work
            self.begun.set()

    def step(self) -> None:
        """Take one, and wait until the parent has heard of it and come round again."""
        with self._changed:
            self._taken += 1
            asked = self._asked
            self._changed.notify_all()
            if self._taken < self._steps_total and not self._changed.wait_for(
                lambda: self._reported == self._taken and self._asked > asked, PATIENCE_S
            ):
                raise TimeoutError("the worker's loop stands still")

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._taken > self._reported, timeout_s):
                return []
            self._reported = self._taken
            if self._taken < self._steps_total or self._work is None:
                return [Advanced(Phase.STEP, self._taken, self._steps_total)]
            return [trained(self._work)]

    def end(self) -> None:
        """See `Child.end`."""


def trained(work: TrainingWork) -> Delivered:
    """Everything that was asked for, of which nothing exists."""
    samples = tuple(
        RenderedOutput(
            item=item,
            object_key=upload.object_key,
            sha256=DIGEST,
            size_bytes=1_000,
            width=512,
            height=512,
            media_type=upload.media_type,
            seed=item,
        )
        for item, upload in enumerate(work.sample_uploads)
    )
    adapter = TrainedAdapter(
        object_key=work.adapter_upload.object_key,
        sha256=DIGEST,
        size_bytes=1_000,
        rank=work.rank,
        step=work.steps,
        similarity=0.9,
    )
    return Delivered(samples, adapter)
