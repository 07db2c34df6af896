"""What the child's memory holds of whom, so that it can be forgotten when their consent is over."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from gpu_consumers.worker.assignments import Forget, Start
from topics.messages.work import ImageWork, VideoWork

LIKENESSES_MAX: Final = 1024
"""Far more than an engine has slots: what is older has made room long ago."""

TRAINING: Final = ""
"""Stands for what a training has left, which has no digest."""


class Likenesses:
    """The child's side. `forget` takes the sha256 of an adapter, or `TRAINING`.

    Who is at work is forgotten once that has ended: it was told to stop by a word of its own.
    """

    def __init__(self, forget: Callable[[str], None]) -> None:
        self._forget = forget
        self._held: OrderedDict[tuple[UUID, int, str], None] = OrderedDict()
        self._at_work: list[tuple[UUID, int]] = []
        self._put_off: list[Forget] = []

    def begins(self, order: Start) -> None:
        """The engine is about to hold what this work is about."""
        if order.twin is None:
            return
        self._at_work.append((order.twin, order.epoch))
        digest = _digest(order)
        if digest is not None:
            key = (order.twin, order.epoch, digest)
            self._held[key] = None
            self._held.move_to_end(key)
            if len(self._held) > LIKENESSES_MAX:
                self._held.popitem(last=False)

    def ended(self, order: Start) -> None:
        """The work has ended, however it did."""
        if order.twin is None:
            return
        self._at_work.remove((order.twin, order.epoch))
        put_off, self._put_off = self._put_off, []
        for forgetting in put_off:
            self.forget(forgetting)

    def forget(self, order: Forget) -> None:
        """Forget what is held of a twin's earlier consents. What is of a later one stays."""
        if any(twin == order.twin and epoch < order.epoch for twin, epoch in self._at_work):
            self._put_off.append(order)
            return
        over = [key for key in self._held if key[0] == order.twin and key[1] < order.epoch]
        for key in over:
            del self._held[key]
        for digest in {digest for _, _, digest in over}:
            if not any(digest == held for _, _, held in self._held):
                self._forget(digest)


def _digest(order: Start) -> str | None:
    if not isinstance(order.work, ImageWork | VideoWork):
        return TRAINING
    adapter = order.work.adapter
    return None if adapter is None else adapter.sha256
