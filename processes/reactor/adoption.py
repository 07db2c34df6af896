"""Takes over, once, a store from before there were intents: its reactor knew only a position."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import structlog

from commands.ports.clock import Clock
from commands.ports.intents import Intent, IntentTail
from commands.reactions.deeds import DeleteObjects
from commands.reactions.registry import REACTIONS, answers_to
from commands.reactions.work_is_over import ENDING, work_over
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import StoredForm
from domain.person import FINAL_OUTCOMES, Person
from domain.twin import Twin
from domain.wallet import Wallet
from processes.reactor.answers import event_of, intent_of
from processes.reactor.deeds import FactSource
from topics.messages.fact import Fact

log = structlog.get_logger()

BATCH_MAX = 2_000
DONE_BEFORE = "done-before"
"""The outcome of what was done when there were no intents."""

_ENDS: tuple[type[Aggregate.Event], ...] = (
    Job.Completed,
    Job.Failed,
    Job.Cancelled,
    Wallet.Credited,
    Wallet.PurchaseFailed,
    Person.Verified,
    Person.VerificationDeclined,
    Twin.PhotosAccepted,
    Twin.PhotosRejected,
    Twin.Deleted,
)
_READ = frozenset(
    {end.TOPIC for end in (*_ENDS, *ENDING)}
    | {reaction.event_class.TOPIC for reaction in REACTIONS}
)


class Adoption:
    """May be stopped or killed anywhere, and begins anew. Afterwards the tail goes on.

    Deletions on record become done intents, wherever the position is: a reactor that had to wait
    for one reaction kept its position before whatever it did meanwhile, and would delete the bytes
    of a later consent. Of the events up to the position, whose reactions were carried out, only
    what is due in time, and work that waits, is written, where it is not over already.
    """

    def __init__(
        self, events: FactSource, intents: IntentTail, form: StoredForm, clock: Clock
    ) -> None:
        self._events = events
        self._intents = intents
        self._form = form
        self._clock = clock
        self._deletions: dict[UUID, list[tuple[tuple[str, ...], Intent]]] = defaultdict(list)
        self._waiting: dict[UUID | str, list[Intent]] = defaultdict(list)

    def run(self, stop: threading.Event) -> None:
        """Take over what there is, unless that was done before. Returns early on `stop`."""
        if self._intents.adopted():
            return
        old_position, read_to = self._intents.position(), 0
        log.info("adopting", position=old_position)
        while facts := self._events.read(read_to, BATCH_MAX):
            if stop.is_set():
                return
            done = [one for fact in facts for one in self._fold(fact, old_position)]
            if done:
                self._intents.adopt(done)
            read_to = facts[-1].position
        waiting = [one for intents in self._waiting.values() for one in intents]
        for start in range(0, len(waiting), BATCH_MAX):
            if stop.is_set():
                return
            self._intents.adopt(waiting[start : start + BATCH_MAX])
        self._intents.end_adoption()

    def _fold(self, fact: Fact, old_position: int) -> Iterator[Intent]:
        """Note one fact. Answers what is done according to it."""
        if fact.event_type not in _READ or not self._form.reads(fact.event_type, fact.data):
            # It asked an older reactor for nothing, or the tail will come to it.
            return
        event = event_of(fact, self._form)
        match event:
            case Twin.DeletionRequested():
                self._requested(event, fact)
            case Twin.Deleted():
                yield from self._deleted(event)
            case _ if (over := _ended(event)) is not None:
                self._waiting.pop(over, None)
        for target in work_over(event):
            self._waiting.pop(target, None)
        if fact.position <= old_position:
            self._await(event, fact)

    def _requested(self, event: Twin.DeletionRequested, fact: Fact) -> None:
        for answer in answers_to(event, fact.owner_id):
            if isinstance(answer.wanted, DeleteObjects) and answer.wanted.twin_id is not None:
                intent = intent_of(answer, fact, now=self._clock())
                self._deletions[event.originator_id].append((event.prefixes, intent))

    def _deleted(self, event: Twin.Deleted) -> Iterator[Intent]:
        requested = self._deletions[event.originator_id]
        for request in requested:
            if request[0] == event.prefixes:
                requested.remove(request)
                yield replace(request[1], outcome=DONE_BEFORE)
                return

    def _await(self, event: Aggregate.Event, fact: Fact) -> None:
        for answer in answers_to(event, fact.owner_id):
            intent = intent_of(answer, fact, now=self._clock())
            if answer.due_at is not None:
                self._waiting[_begun(event) or intent.intent_id].append(intent)
            elif intent.queue is not None:
                self._waiting[intent.target].append(intent)


def _begun(event: Aggregate.Event) -> UUID | None:
    """What an event has begun that may have ended since."""
    match event:
        case Job.Requested() | Job.Rendered():
            return event.originator_id
        case Wallet.PurchaseStarted():
            return event.purchase_id
        case Person.VerificationStarted():
            return event.verification_id
        case Twin.PhotosSubmitted():
            return event.submission_id
        case _:
            return None


def _ended(event: Aggregate.Event) -> UUID | None:
    """What an event has ended, so that time decides nothing about it any more."""
    match event:
        case Job.Completed() | Job.Failed() | Job.Cancelled():
            return event.originator_id
        case Wallet.Credited() | Wallet.PurchaseFailed():
            return event.purchase_id
        case Person.Verified():
            return event.verification_id
        case Person.VerificationDeclined() if event.outcome in FINAL_OUTCOMES:
            return event.verification_id
        case Twin.PhotosAccepted() | Twin.PhotosRejected():
            return event.submission_id
        case _:
            return None
