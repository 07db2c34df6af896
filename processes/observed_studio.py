"""The door for commands, with somebody who sees each of them pass."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from commands.ports.attendance import AttendanceBook
from commands.ports.event_store import EventStore
from commands.studio import Accepted, Handler, Question, Studio


class CommandObserver(Protocol):
    """Somebody who sees commands pass. Sees what they raise, too, and lets it pass."""

    def command(
        self, name: str, command: Any, *, owner_id: UUID, key: UUID
    ) -> AbstractContextManager[None]:
        """The length of one command, by its stored name."""
        ...


class ObservedStudio(Studio):
    """A `Studio` that does the same, watched."""

    def __init__(
        self,
        store: EventStore,
        handlers: Mapping[type[Any], Handler[Any] | Question[Any]],
        clock: Callable[[], datetime],
        args_secret: bytes,
        observers: Sequence[CommandObserver],
        attendance: AttendanceBook | None = None,
    ) -> None:
        super().__init__(store, handlers, clock, args_secret, attendance)
        self._named = handlers
        self._observers = tuple(observers)

    def execute(self, command: Any, *, owner_id: UUID, key: UUID) -> Accepted[Any]:
        """See `Studio.execute`."""
        handler = self._named[type(command)]
        if isinstance(handler, Question):
            return super().execute(command, owner_id=owner_id, key=key)
        with ExitStack() as stack:
            for observer in self._observers:
                seen = observer.command(handler.name, command, owner_id=owner_id, key=key)
                stack.enter_context(seen)
            return super().execute(command, owner_id=owner_id, key=key)
