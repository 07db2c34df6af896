"""Whose consent is over, as this worker has heard: nothing of their likeness stays with it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from gpu_consumers.worker.assignments import Forget
from topics.messages.control import ForgetTwin

_REMEMBERED: Final = 4096


class Withdrawals:
    """The parent's side. `forget_files` deletes what a twin's earlier epochs left on the disk."""

    def __init__(self, forget_files: Callable[[UUID, int], None]) -> None:
        self._forget_files = forget_files
        self._epochs: OrderedDict[UUID, int] = OrderedDict()
        self._seen: set[UUID] = set()

    def work_begins(self, twin: UUID | None) -> None:
        """From here on a child may hold a likeness of this twin."""
        if twin is not None:
            self._seen.add(twin)

    def hear(self, said: ForgetTwin, tell_child: Callable[[Forget], None]) -> None:
        """Forget now: in the child's memory, which it does between two steps, and in its files."""
        self._epochs[said.twin] = max(said.epoch, self._epochs.pop(said.twin, 0))
        if len(self._epochs) > _REMEMBERED:
            self._epochs.popitem(last=False)
        # Only of whom it can hold: a pipe that is full of words for a child which still loads would
        # make its parent stand still.
        if said.twin in self._seen:
            tell_child(Forget(said.twin, said.epoch))
        self._forget_files(said.twin, said.epoch)

    def work_ended(self, twin: UUID | None) -> None:
        """A child that was ended in the middle may have written after the word was heard."""
        if twin is not None and (epoch := self._epochs.get(twin)) is not None:
            self._forget_files(twin, epoch)
