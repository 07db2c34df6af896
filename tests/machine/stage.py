"""A studio with its reactor, over stores that outlive both, on a clock that a program moves."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from adapters.event_store.in_memory import InMemoryEventStore, InMemoryKeys
from adapters.intents.in_memory import InMemoryIntents
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from commands.handlers import HANDLERS
from commands.jobs.claims import ClaimDenied
from commands.jobs.late import ReportLate
from commands.ports.event_store import EventStore
from commands.ports.intents import IntentState, IntentStore, IntentTail
from commands.studio import Accepted, Studio
from domain.events import STORED_FORM
from domain.kernel.aggregate import Aggregate
from domain.kernel.refusal import Refusal
from domain.kernel.stored_form import Sealer
from domain.refusals import IdempotencyKeyReused
from processes.reactor.announcing import Announcer
from processes.reactor.deeds import Deeds, Outside
from processes.reactor.executor import Executor, Wake
from processes.reactor.tail import FollowedLog, Tail
from tests.commands.studio_spec import MONDAY, StoppedClock
from tests.machine.providers import ScriptedIdentity, ScriptedPayment, ScriptedProviders
from topics.in_memory import InMemoryTransport
from topics.messages.fact import Fact

A = TypeVar("A", bound=Aggregate)

SECRET = b"a secret of the test studio ....."[:32]
DENIED = (ClaimDenied, ReportLate)
"""Answers that take nothing: the askers are processes, to whom nothing is raised."""

DEEDS_AT_ONCE_MAX = 20_000


class NeverAtRest(Exception):
    """The reactor goes on and on, and time stands still."""


class CountedStudio(Studio):
    """Counts what was accepted and refused, by the command's name, also for the reactor."""

    accepted: Counter[str]
    refused: Counter[str]

    def execute(self, command: Any, *, owner_id: UUID, key: UUID) -> Accepted[Any]:
        """See `Studio`."""
        answer: Accepted[Any] = self._counted(
            command, lambda: super(CountedStudio, self).execute(command, owner_id=owner_id, key=key)
        )
        return answer

    def preview(self, command: Any, *, owner_id: UUID, key: UUID) -> Any:
        """See `Studio`."""
        return self._counted(
            command, lambda: super(CountedStudio, self).preview(command, owner_id=owner_id, key=key)
        )

    def _counted(self, command: Any, ask: Callable[[], Any]) -> Any:
        name = type(command).__name__
        try:
            answer = ask()
        except IdempotencyKeyReused:
            # Says nothing of the command.
            raise
        except Refusal:
            self.refused[name] += 1
            raise
        result = answer.result if isinstance(answer, Accepted) else answer
        denied = isinstance(result, DENIED) or result is False
        (self.refused if denied else self.accepted)[name] += 1
        return answer


class StoreLog:
    """The event log of a store in memory. A fact has the time at which it was first read."""

    def __init__(self, store: InMemoryEventStore, clock: StoppedClock) -> None:
        self._store = store
        self._clock = clock
        self._facts: list[Fact] = []

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """At most `limit` facts after a position, in order."""
        self._facts += [
            Fact(
                row.position,
                row.owner_id,
                row.originator_id,
                row.originator_version,
                row.event_type,
                row.data,
                self._clock(),
            )
            for row in self._store.rows(len(self._facts))
        ]
        return self._facts[after : after + limit]

    def wait(self, after: int, timeout_s: float) -> int:
        """Nobody writes meanwhile."""
        return after


class Stage:
    """Stores, clock and outside, and the processes over them, which `start` begins anew."""

    def __init__(
        self,
        *,
        store: EventStore,
        sealer: Sealer,
        log: FollowedLog,
        intents: IntentStore,
        tailed: IntentTail,
        lose_answers: Callable[[int], None],
        failed_intents: Callable[[], list[IntentState]],
        clock: StoppedClock,
    ) -> None:
        self.store = store
        self.sealer = sealer
        self.log = log
        self.intents = intents
        self.tailed = tailed
        self.lose_answers = lose_answers
        self.failed_intents = failed_intents
        self.clock = clock
        self.objects = InMemoryObjectStore(Presigner("http://studio.test/objects", SECRET))
        self.topics = InMemoryTransport()
        self.topics.create_topics()
        self.providers = ScriptedProviders()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.start()

    def start(self) -> None:
        """Every process is started, for the first time or again."""
        self.studio = CountedStudio(self.store, HANDLERS, self.clock, SECRET)
        self.studio.accepted, self.studio.refused = self.accepted, self.refused
        outside = Outside(
            self.objects, ScriptedIdentity(self.providers), ScriptedPayment(self.providers)
        )
        publisher = self.topics.publisher("/suite/reactor")
        announcer = Announcer(self.intents, self.studio, publisher, self.topics, self.clock)
        deeds = Deeds(self.studio, outside, announcer, self.log, STORED_FORM, self.clock)
        self.executor = Executor(self.intents, deeds, self.clock)
        self.tail = Tail(self.log, self.tailed, STORED_FORM, self.clock, Wake())

    def settles(self) -> None:
        """Everything is done that is due now, and whatever follows from it."""
        self.follows(self.tailed.position())
        for _ in range(DEEDS_AT_ONCE_MAX):
            if not self.executor.carry_out_next():
                return
            self.follows(self.tailed.position())
        raise NeverAtRest

    def passes(self, seconds: float) -> None:
        """Time passes, and everything is done when it is due."""
        end = self.clock.at + timedelta(seconds=seconds)
        self.settles()
        while (due := self.intents.next_try_at()) is not None and due <= end:
            self.clock.at = max(self.clock.at, due)
            self.settles()
        self.clock.at = end
        self.settles()

    def follows(self, read_to: int) -> None:
        """The tail reads everything after a position."""
        while (reached := self.tail.follow(read_to)) > read_to:
            read_to = reached

    def load(self, kind: type[A], originator_id: UUID, owner: UUID) -> A | None:
        """An aggregate as it is stored now; None where it is absent or another owner's."""
        with self.store.transaction(owner) as transaction:
            aggregate = transaction.load(originator_id, owner)
        return aggregate if isinstance(aggregate, kind) else None

    def load_all(self, ids: Sequence[UUID], owner: UUID) -> list[Aggregate]:
        """Aggregates of one owner, those that there are, in one transaction."""
        if not ids:
            return []
        with self.store.transaction(owner) as transaction:
            found = [transaction.load(originator_id, owner) for originator_id in ids]
        return [aggregate for aggregate in found if aggregate is not None]

    def history(self, originator_id: UUID, owner: UUID) -> Sequence[Aggregate.Event]:
        """Every event of an aggregate, oldest first."""
        with self.store.transaction(owner) as transaction:
            return transaction.history(originator_id, owner)

    def facts_after(self, position: int) -> list[Fact]:
        """Every fact after a position."""
        facts: list[Fact] = []
        while found := self.log.read(position, 2_000):
            facts += found
            position = found[-1].position
        return facts


def in_memory_stage(at: datetime = MONDAY) -> Stage:
    """Everything in dictionaries."""
    clock, keys, intents = StoppedClock(at), InMemoryKeys(), InMemoryIntents()
    store = InMemoryEventStore(sealer=keys)
    return Stage(
        store=store,
        sealer=keys,
        log=StoreLog(store, clock),
        intents=intents,
        tailed=intents,
        lose_answers=store.lose_acknowledgements,
        failed_intents=lambda: [state for state in intents.all() if state.last_error],
        clock=clock,
    )
