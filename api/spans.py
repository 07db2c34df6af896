"""Who follows a request through the processes: handed in by the wiring, asked by mutations."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol
from uuid import UUID


class Spans(Protocol):
    """Somebody who notes when a mutation begins and ends."""

    def mutation(self, name: str, opens: UUID) -> AbstractContextManager[None]:
        """The length of one mutation, by the name of its command; `opens` is the id of the job
        that it opens, if it opens one.
        """
        ...


class NoSpans:
    """Nobody notes anything."""

    def mutation(self, name: str, opens: UUID) -> AbstractContextManager[None]:
        """See `Spans.mutation`."""
        return nullcontext()
