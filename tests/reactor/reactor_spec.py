"""The studio and its reactor over dictionaries, on a clock that stands until a test moves it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.owner_turns import OwnerTurns
from adapters.identity.sandbox import SandboxIdentity
from adapters.intents.in_memory import InMemoryIntents
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from adapters.payment.sandbox import SandboxPayment
from commands.ports.identity_provider import ProviderDecision
from commands.ports.intents import IntentState
from commands.ports.payment_provider import ProviderPayment
from commands.ports.webhooks import ProviderUnavailable
from domain.events import STORED_FORM
from domain.kernel.stored_form import StoredForm
from processes.reactor.announcing import Announcer
from processes.reactor.deeds import Deeds, Outside
from processes.reactor.executor import Executor, Wake
from processes.reactor.tail import Tail
from tests.commands.studio_spec import StudioSpec
from topics.in_memory import InMemoryTransport
from topics.messages.fact import Fact

SECRET = b"a secret of the test studio ....."[:32]
ADDRESS = "http://studio.test"


class StoreLog:
    """The event log of a store in memory."""

    def __init__(self, store: InMemoryEventStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """At most `limit` facts after a position, in order."""
        return [
            Fact(
                row.position,
                row.owner_id,
                row.originator_id,
                row.originator_version,
                row.event_type,
                row.data,
                self._clock(),
            )
            for row in self._store.rows(after)[:limit]
        ]

    def wait(self, after: int, timeout_s: float) -> int:
        """Nobody writes meanwhile."""
        return after


def no_webhook(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Every webhook is lost."""
    return 503


class UnreliableIdentity(SandboxIdentity):
    """Answers nobody while it is down."""

    is_down = False

    def decision(self, verification_id: UUID) -> ProviderDecision:
        """See the port."""
        if self.is_down:
            raise ProviderUnavailable()
        return super().decision(verification_id)


class UnreliablePayment(SandboxPayment):
    """Answers nobody while it is down, and counts how often it was asked."""

    is_down = False
    asked = 0

    def payment(self, purchase_id: UUID) -> ProviderPayment:
        """See the port."""
        self.asked += 1
        if self.is_down:
            raise ProviderUnavailable()
        return super().payment(purchase_id)


class ReactorSpec(StudioSpec):
    """Sentences about a studio with a reactor. Providers are the sandbox's, webhooks are lost."""

    def __init__(self, folder: Path, turns: OwnerTurns | None = None) -> None:
        super().__init__(turns)
        self.intents = InMemoryIntents()
        self.objects = InMemoryObjectStore(Presigner(f"{ADDRESS}/objects", SECRET))
        self.identity = UnreliableIdentity(
            folder,
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=self.clock,
            post=no_webhook,
        )
        self.payment = UnreliablePayment(
            folder,
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=self.clock,
            post=no_webhook,
        )
        self.topics = InMemoryTransport()
        self.topics.create_topics()
        self.log = StoreLog(self.store, self.clock)
        self.started()

    def started(self, form: StoredForm = STORED_FORM) -> Self:
        """The reactor is started, for the first time or again, of a release with this form."""
        publisher = self.topics.publisher("/suite/reactor")
        self.deeds = Deeds(
            self.studio,
            Outside(self.objects, self.identity, self.payment),
            Announcer(self.intents, self.studio, publisher, self.topics, self.clock),
            self.log,
            form,
            self.clock,
        )
        self.executor = Executor(self.intents, self.deeds, self.clock)
        self.tail = Tail(self.log, self.intents, form, self.clock, Wake())
        return self

    def settles(self) -> Self:
        """Everything is done that is due now, and whatever follows from it."""
        self._follow()
        while self.executor.carry_out_next():
            self._follow()
        return self

    def passes(self, **duration: float) -> Self:
        """Time passes, and everything is done when it is due."""
        end = self.clock.at + timedelta(**duration)
        self.settles()
        while (due := self.intents.next_try_at()) is not None and due <= end:
            self.clock.at = max(self.clock.at, due)
            self.settles()
        self.clock.at = end
        return self.settles()

    def pending(self) -> list[IntentState]:
        """What is not done, in the order in which it was written."""
        return [state for state in self.intents.all() if state.done_at is None]

    def intent_of(self, reaction: str, target: str = "") -> IntentState:
        """The only intent of a reaction, or of one of its targets."""
        [found] = [
            state
            for state in self.intents.all()
            if state.intent.reaction == reaction and target in ("", state.intent.target)
        ]
        return found

    def _follow(self) -> None:
        while self.tail.follow(read_to := self.intents.position()) > read_to:
            continue
