"""Given commands, when one command, then events or a refusal: sentences about the studio."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast
from uuid import UUID, uuid5

from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.owner_turns import OwnerTurns
from commands.handlers import HANDLERS
from commands.ports.attendance import NOBODY, Attendance
from commands.ports.event_store import RecordedCommand
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.studio import Accepted, Handler, Studio
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import SYSTEM
from domain.kernel.refusal import Refusal

ADA = uuid5(SYSTEM, "Ada")
GRACE = uuid5(SYSTEM, "Grace")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ARGS_SECRET = b"a secret of the test studio"


class StoppedClock:
    """Time that passes only when a test says so."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **duration: float) -> None:
        """Let time pass, in the words of `timedelta`."""
        self.at += timedelta(**duration)


class StudioSpec:
    """The studio over the in-memory store, and what happened since the last `when`."""

    def __init__(self, turns: OwnerTurns | None = None) -> None:
        self.clock = StoppedClock()
        self.store = InMemoryEventStore(turns=turns)
        self.attendance = NOBODY
        self.studio = Studio(self.store, HANDLERS, self.clock, ARGS_SECRET, self)
        self._keys_given = 0
        self._before = 0
        self._accepted: Accepted[Any] | None = None
        self._refused: Refusal | None = None

    def now(self) -> Attendance:
        """See `AttendanceBook.now`: whoever `attendance` names."""
        return self.attendance

    def opened(self) -> Self:
        """Publish prices and policy as they ship."""
        self.does(PublishPriceList(version=1, accepted_until=MONDAY), owner=SYSTEM)
        self.does(PublishPolicy(version=1, approvers=(GRACE,)), owner=SYSTEM)
        return self

    def fresh_key(self) -> UUID:
        """An idempotency key that was not used before."""
        self._keys_given += 1
        return uuid5(SYSTEM, f"key {self._keys_given}")

    def does(self, command: Any, *, owner: UUID = ADA, key: UUID | None = None) -> Any:
        """Execute a command that has to succeed. Answers its result."""
        return self._execute(command, owner, key).result

    def asks(self, question: Any, *, owner: UUID = ADA) -> Any:
        """What a dry run would answer."""
        return self.studio.preview(question, owner_id=owner, key=self.fresh_key())

    def given(self, *commands: Any, owner: UUID = ADA) -> Self:
        """Commands that were carried out before."""
        for command in commands:
            self.does(command, owner=owner)
        return self

    def when(self, command: Any, *, owner: UUID = ADA, key: UUID | None = None) -> Self:
        """The one command the sentence is about. A refusal is kept for `then_refused`."""
        self._before = len(self.store.rows())
        self._accepted, self._refused = None, None
        try:
            self._accepted = self._execute(command, owner, key)
        except Refusal as refusal:
            self._refused = refusal
        return self

    def then(self, *event_types: str) -> Self:
        """Exactly these events were recorded, in this order."""
        assert self._refused is None, f"refused: {self._refused!r}"
        recorded = [row.event_type for row in self.store.rows(self._before)]
        assert recorded == list(event_types)
        return self

    def then_refused(self, refusal: type[Refusal], **details: Any) -> Self:
        """The command was refused for this reason, and nothing was recorded."""
        assert isinstance(self._refused, refusal), f"{self._refused!r} with {self._accepted!r}"
        for name, value in details.items():
            assert getattr(self._refused, name) == value
        assert self.store.rows(self._before) == ()
        return self

    def _execute(self, command: Any, owner: UUID, key: UUID | None) -> Accepted[Any]:
        """Execute, and see that nothing is recorded which the handler does not announce."""
        before = len(self.store.rows())
        accepted = self.studio.execute(command, owner_id=owner, key=key or self.fresh_key())
        recorded = {row.event_type for row in self.store.rows(before)}
        handler = HANDLERS[type(command)]
        assert isinstance(handler, Handler)
        assert recorded <= {event.TOPIC for event in handler.records}
        return accepted

    @property
    def result(self) -> Any:
        """What the command of `when` answered."""
        assert self._accepted is not None, f"refused: {self._refused!r}"
        return self._accepted.result

    @property
    def refusal(self) -> Refusal:
        """Why the command of `when` was refused."""
        assert self._refused is not None
        return self._refused

    def store_events(self, aggregate: Aggregate, *, owner: UUID = ADA) -> None:
        """Store what an aggregate decided outside of any command of ours."""
        key = self.fresh_key()
        with self.store.transaction(owner) as transaction:
            transaction.insert(
                cast("list[Aggregate.Event]", aggregate.pending_events),
                unchanged=[],
                command=RecordedCommand(key, args_hmac=b"", result=b"{}"),
            )

    def events(self, kind: type[Any], where: Callable[[Any], bool] = lambda _: True) -> list[Any]:
        """All recorded events of one class, oldest first."""
        decoded = (self.store.decode(row) for row in self.store.rows())
        return [event for event in decoded if isinstance(event, kind) and where(event)]

    def load(self, kind: type[Any], originator_id: UUID, *, owner: UUID = ADA) -> Any:
        """An aggregate as it is stored now."""
        with self.store.transaction(owner) as transaction:
            aggregate = transaction.load(originator_id, owner)
        assert isinstance(aggregate, kind)
        return aggregate
