"""Answers events with commands and deeds, each until it is done, wherever a crash fell in between.

Every command it executes has a key made from the event that caused it, and every deed may be done
twice; so starting again from an older position changes nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader
from commands.gallery.record_purged import RecordPurged
from commands.ports.identity_provider import IdentityProvider
from commands.ports.object_store import ObjectStore
from commands.ports.payment_provider import PaymentProvider
from commands.reactions.deeds import (
    DeleteObjects,
    PurgeObject,
    RefetchPayment,
    RefetchVerification,
)
from commands.reactions.provider_answers import payment_answer, verification_answer
from commands.reactions.registry import REACTIONS, answers_to
from commands.studio import Studio
from commands.twin.record_deletion import RecordDeletion
from domain.kernel.refusal import Refusal
from domain.kernel.stored_form import NoKeys, StoredEventUnreadable, StoredForm
from processes.wiring.clock import system_clock
from topics.messages.fact import Fact

log = structlog.get_logger()

BATCH_MAX = 200
WAIT_S = 1.0
RETRY_DELAY_MIN_S = 1.0
RETRY_DELAY_MAX_S = 60.0
"""Something outside is down: asked again ever less often, but never given up."""


_CAUSES = frozenset(reaction.event_class.TOPIC for reaction in REACTIONS)


@dataclass
class _Pending:
    """A reaction that has not succeeded yet. The saved position stays before its event."""

    position: int
    carry_out: Callable[[], None]
    name: str
    failures: int
    retry_at_s: float


@dataclass(frozen=True)
class Outside:
    """The outside that deeds reach."""

    objects: ObjectStore
    identity: IdentityProvider
    payment: PaymentProvider


class Reactor:
    """The one active reactor: `reader` holds its name in the database."""

    def __init__(
        self,
        events: EventLog,
        reader: ActiveReader,
        form: StoredForm,
        studio: Studio,
        outside: Outside,
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime] = system_clock,
    ) -> None:
        self._events = events
        self._reader = reader
        self._form = form
        self._studio = studio
        self._outside = outside
        self._monotonic_s = monotonic_s
        self._now = now
        self._keys = NoKeys()
        self._pending: list[_Pending] = []

    def run(self, stop: threading.Event) -> None:
        """React until `stop` is set."""
        read_to = self._reader.load()
        while not stop.is_set():
            facts = self._events.read(read_to, BATCH_MAX)
            for fact in facts:
                self._react(fact)
                read_to = fact.position
            self._retry_due()
            self._reader.save(self._settled(read_to))
            if not facts:
                self._events.wait(read_to, WAIT_S)

    def _settled(self, read_to: int) -> int:
        """The position up to which every reaction is done."""
        return min([read_to, *(pending.position - 1 for pending in self._pending)])

    def _react(self, fact: Fact) -> None:
        if fact.event_type not in _CAUSES:
            return
        try:
            event = self._form.decode(
                fact.event_type,
                fact.originator_id,
                fact.originator_version,
                fact.data,
                self._keys,
            )
        except StoredEventUnreadable as error:
            log.error("event unreadable", position=fact.position, reason=str(error))
            return
        for answer in answers_to(event, fact.owner_id):
            pending = _Pending(
                position=fact.position,
                carry_out=partial(self.carry_out, answer.wanted, fact.owner_id, answer.key),
                name=answer.reaction,
                failures=0,
                retry_at_s=self._monotonic_s() + self._due_in_s(answer.due_at),
            )
            if answer.due_at is not None or not self._try(pending):
                self._pending.append(pending)

    def _due_in_s(self, due_at: datetime | None) -> float:
        return 0.0 if due_at is None else (due_at - self._now()).total_seconds()

    def _retry_due(self) -> None:
        now_s = self._monotonic_s()
        self._pending = [
            pending
            for pending in self._pending
            if pending.retry_at_s > now_s or not self._try(pending)
        ]

    def _try(self, pending: _Pending) -> bool:
        try:
            pending.carry_out()
        except Refusal as refusal:
            # The world has moved on since the event: what was to be done is no longer wanted.
            log.info("reaction refused", reaction=pending.name, code=refusal.code)
        except Exception as error:
            # Whatever failed outside fails for a while; the class says enough for an operator.
            pending.failures += 1
            delay_s = min(RETRY_DELAY_MAX_S, RETRY_DELAY_MIN_S * 2 ** (pending.failures - 1))
            pending.retry_at_s = self._monotonic_s() + delay_s
            log.warning(
                "reaction failed",
                reaction=pending.name,
                position=pending.position,
                error=type(error).__name__,
                retry_in_s=delay_s,
            )
            return False
        return True

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> None:
        """Execute a command, or do a deed and record what came of it. May be called twice."""
        match wanted:
            case DeleteObjects():
                self._delete(wanted, owner_id, key)
            case PurgeObject():
                self._outside.objects.delete([wanted.object_key])
                self._studio.execute(RecordPurged(wanted.asset_id), owner_id=owner_id, key=key)
            case RefetchVerification():
                decision = self._outside.identity.decision(wanted.verification_id)
                found = verification_answer(wanted.verification_id, decision, cause=key)
                if found is not None:
                    self._studio.execute(found.command, owner_id=owner_id, key=found.key)
            case RefetchPayment():
                payment = self._outside.payment.payment(wanted.purchase_id)
                paid = payment_answer(wanted.purchase_id, payment)
                if paid is not None:
                    self._studio.execute(paid.command, owner_id=owner_id, key=paid.key)
            case _:
                self._studio.execute(wanted, owner_id=owner_id, key=key)

    def _delete(self, intent: DeleteObjects, owner_id: UUID, key: UUID) -> None:
        count = sum(self._outside.objects.delete_prefix(prefix) for prefix in intent.prefixes)
        self._outside.objects.delete(intent.keys)
        if intent.twin_id is not None:
            report = RecordDeletion(intent.twin_id, intent.places, count + len(intent.keys))
            self._studio.execute(report, owner_id=owner_id, key=key)
