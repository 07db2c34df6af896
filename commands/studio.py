"""The door through which every command goes: idempotent, atomic, one owner at a time."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType, NoneType
from typing import Any, Generic, TypeAlias, TypeVar, get_type_hints
from uuid import UUID

import msgspec

from commands.digest import digest
from commands.first_digest import first_digest
from commands.ports.attendance import AttendanceBook, EmptyBook
from commands.ports.event_store import (
    ConcurrentChange,
    EventStore,
    OutcomeUnknown,
    RecordedCommand,
)
from commands.work import Work
from domain.kernel.aggregate import Aggregate
from domain.refusals import AnsweredBefore, IdempotencyKeyReused

R = TypeVar("R")

CONFLICT_RETRIES_MAX = 8
"""Conflicts are rare, since the owner's lock orders one owner's commands: more are a defect."""


@dataclass(frozen=True)
class Handler(Generic[R]):
    """A handler and whatever events it may record.

    `name` is the command's stored name. It is a promise, like an event type: a key that was used
    under it is recognised by it for as long as the key is kept. So are the command's fields and
    their defaults; a field is added with a default, and never renamed. What `handle` says that it
    takes and returns is the command's class and the type of its result, which is stored beside the
    idempotency key.
    """

    name: str
    handle: Callable[[Any, Work], R]
    records: tuple[type[Aggregate.Event], ...] = ()

    @cached_property
    def result_type(self) -> Any:
        """What is stored of a command that was carried out."""
        return get_type_hints(self.handle)["return"]

    def recalled(self, stored: bytes) -> Any:
        """The answer that was stored. Another release may have stored more than is answered.

        Raises `AnsweredBefore` where it stored what this one cannot read: while a release is rolled
        out, a request may be repeated to a process of either.
        """
        if self.result_type is NoneType:
            return None
        try:
            return msgspec.json.decode(stored, type=self.result_type)
        except msgspec.DecodeError as error:
            raise AnsweredBefore() from error


@dataclass(frozen=True)
class Question(Generic[R]):
    """A handler that saves nothing and whose answer is never stored: for `preview` only."""

    handle: Callable[[Any, Work], R]


Handlers: TypeAlias = Mapping[type[Any], Handler[Any] | Question[Any]]


def by_command(*handlers: Handler[Any] | Question[Any]) -> Handlers:
    """Each under the class that its function takes. Raises ValueError where two take the same."""
    found: dict[type[Any], Handler[Any] | Question[Any]] = {}
    for handler in handlers:
        taken = next(iter(get_type_hints(handler.handle).values()))
        if taken in found:
            raise ValueError(f"two handlers take {taken.__name__}")
        found[taken] = handler
    return MappingProxyType(found)


@dataclass(frozen=True)
class Accepted(Generic[R]):
    """A command was carried out, now or before. Read models hold its effect from `position` on."""

    result: R
    position: int


class Studio:
    """Executes commands against the event store. `attendance` tells who is there to do the work."""

    def __init__(
        self,
        store: EventStore,
        handlers: Handlers,
        clock: Callable[[], datetime],
        args_secret: bytes,
        attendance: AttendanceBook | None = None,
    ) -> None:
        self._attendance = attendance or EmptyBook()
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._args_secret = args_secret

    def execute(self, command: Any, *, owner_id: UUID, key: UUID) -> Accepted[Any]:
        """Carry out `command` once per (owner, key).

        The same key with the same command answers the stored result; with another command it raises
        `IdempotencyKeyReused`, and `AnsweredBefore` where the result is stored in a form that this
        release cannot read. Raises whatever `Refusal` the domain has; refusals are not stored.
        Raises `ConcurrentChange` or `OutcomeUnknown` after `CONFLICT_RETRIES_MAX` retries,
        `OwnerBusy` where the owner's other commands keep this one waiting for too long,
        `EventNotStorable` for what no store takes, and `TypeError` for a question.
        """
        handler = self._handlers[type(command)]
        if isinstance(handler, Question):
            raise TypeError(f"{type(command).__name__} is a question: preview it")
        args_hmac = digest(self._args_secret, handler.name, command)
        for attempt in range(CONFLICT_RETRIES_MAX + 1):
            try:
                return self._once(command, handler, owner_id, key, args_hmac)
            except (ConcurrentChange, OutcomeUnknown):
                # After a lost acknowledgement the next try meets its own row and answers from it.
                if attempt == CONFLICT_RETRIES_MAX:
                    raise
        raise AssertionError("unreachable")

    def preview(self, command: Any, *, owner_id: UUID, key: UUID) -> Any:
        """What the handler would answer now. Saves nothing. Raises the same refusals."""
        # Before the transaction: one command, one connection.
        attendance = self._attendance.now()
        with self._store.transaction(owner_id) as transaction:
            work = Work(transaction, owner_id, key, self._clock(), attendance)
            return self._handlers[type(command)].handle(command, work)

    def was_executed(self, *, owner_id: UUID, key: UUID) -> bool:
        """Whether a command was executed under this key, and not refused."""
        with self._store.transaction(owner_id, key=key) as transaction:
            return transaction.recorded(key) is not None

    def _once(
        self, command: Any, handler: Handler[R], owner_id: UUID, key: UUID, args_hmac: bytes
    ) -> Accepted[R]:
        attendance = self._attendance.now()
        with self._store.transaction(owner_id, key=key) as transaction:
            earlier = transaction.recorded(key)
            if earlier is not None:
                self._require_same(earlier.args_hmac, args_hmac, handler.name, command)
                return Accepted(handler.recalled(earlier.result), earlier.position)
            work = Work(transaction, owner_id, key, self._clock(), attendance)
            result = handler.handle(command, work)
            position = transaction.insert(
                [event for aggregate in work.saved for event in aggregate.pending_events],  # type: ignore[misc]
                unchanged=[(aggregate.id, aggregate.version) for aggregate in work.unchanged],
                command=RecordedCommand(key, args_hmac, msgspec.json.encode(result)),
            )
            return Accepted(result, position)

    def _require_same(self, stored: bytes, asked: bytes, name: str, command: Any) -> None:
        if hmac.compare_digest(stored, asked):
            return
        of_then = first_digest(self._args_secret, name, command)
        if of_then is None or not hmac.compare_digest(stored, of_then):
            raise IdempotencyKeyReused()
