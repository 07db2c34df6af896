"""Carries out what was intended: commands, deletions, questions to providers.

Everything here may be done twice, since a crash may fall between a deed and its mark.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from commands.gallery.record_purged import RecordPurged
from commands.gallery.unneeded_bytes import UnneededOfAsset
from commands.ports.clock import Clock
from commands.ports.identity_provider import IdentityProvider
from commands.ports.object_store import ObjectStore, StoreFull
from commands.ports.payment_provider import PaymentProvider
from commands.reactions.deeds import (
    AnnounceForgetting,
    AnnounceStop,
    AnnounceTurn,
    AnnounceWork,
    DeleteObjects,
    FollowPurchase,
    FollowVerification,
    PurgeObject,
    ReadEvent,
    RefetchPayment,
    RefetchVerification,
)
from commands.reactions.provider_answers import (
    ProviderAnswer,
    payment_answer,
    purchase_expired,
    verification_answer,
    verification_expired,
)
from commands.studio import Studio
from commands.twin.record_deletion import RecordDeletion
from domain.kernel.stored_form import StoredForm
from domain.object_keys import asset_of
from domain.refusals import PaymentMismatch
from domain.time_limits import PURCHASE_OPEN_MAX, VERIFICATION_OPEN_MAX, asked_again_at
from processes.reactor.announcing import Announcer
from processes.reactor.answers import answered
from processes.reactor.outcome import Done, NotYet, Outcome
from topics.messages.fact import Fact

log = structlog.get_logger()

HINT_ASKED_AGAIN_AFTER = timedelta(seconds=10)
HINT_PATIENCE = timedelta(minutes=10)
"""A provider may hint at what its own answers show a little later."""


@dataclass(frozen=True)
class Outside:
    """The outside that deeds reach."""

    objects: ObjectStore
    identity: IdentityProvider
    payment: PaymentProvider


class PaymentUnexplained(Exception):
    """Money was taken that is not what was asked for. No refusal that settles it: it is shown as
    parked until a person has looked at it.
    """


class FactSource(Protocol):
    """The event log, as far as a reactor reads it."""

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """At most `limit` facts after a position, in order."""
        ...


class Deeds:
    """What executors call. Safe to share between threads."""

    def __init__(
        self,
        studio: Studio,
        outside: Outside,
        announcer: Announcer,
        events: FactSource,
        form: StoredForm,
        clock: Clock,
    ) -> None:
        self._studio = studio
        self._announcer = announcer
        self._outside = outside
        self._events = events
        self._form = form
        self._clock = clock
        self._deeds: dict[type, Callable[..., Outcome]] = {
            DeleteObjects: self._delete,
            PurgeObject: self._purge,
            RefetchVerification: self._refetch_verification,
            RefetchPayment: self._refetch_payment,
            FollowVerification: self._follow_verification,
            FollowPurchase: self._follow_purchase,
            AnnounceWork: announcer.announce,
            AnnounceStop: self._stop,
            AnnounceTurn: self._turn,
            AnnounceForgetting: self._forget,
            ReadEvent: self._read,
        }

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> Outcome:
        """Execute a command, or do a deed and record what came of it. May be called twice.

        Raises `Refusal` where it is no longer wanted, and whatever the outside raises.
        """
        deed = self._deeds.get(type(wanted))
        if deed is not None:
            return deed(wanted, owner_id, key)
        return self._execute(wanted, owner_id, key)

    def _execute(self, command: object, owner_id: UUID, key: UUID) -> Done:
        try:
            self._studio.execute(command, owner_id=owner_id, key=key)
        except PaymentMismatch as mismatch:
            raise PaymentUnexplained from mismatch
        return Done()

    def _delete(self, deed: DeleteObjects, owner_id: UUID, key: UUID) -> Done:
        if deed.twin_id is not None and self._studio.was_executed(owner_id=owner_id, key=key):
            # Reported before a crash. What lies there now came with a later consent.
            return Done()
        count = (
            self._delete_for_good(deed, owner_id)
            if deed.for_good
            else self._delete_once(deed, owner_id)
        )
        if deed.twin_id is None:
            return Done()
        report = RecordDeletion(deed.twin_id, deed.places, count + len(deed.keys))
        return self._execute(report, owner_id, key)

    def _delete_for_good(self, deed: DeleteObjects, owner_id: UUID) -> int:
        objects, count = self._outside.objects, 0
        try:
            # Closed first: what is on its way is refused or comes before the deletion.
            objects.close(deed.places)
        except StoreFull:
            # Where there is no room to note it, the deletion makes some.
            count = self._delete_once(deed, owner_id)
            try:
                objects.close(deed.places)
            except StoreFull:
                # Nothing can be written there either, and what is later goes with the deletion
                # that comes an hour after every one of these.
                log.warning("places not closed", places=len(deed.places))
        return count + self._delete_once(deed, owner_id)

    def _delete_once(self, deed: DeleteObjects, owner_id: UUID) -> int:
        count = sum(self._delete_below(prefix, deed.kept, owner_id) for prefix in deed.prefixes)
        self._outside.objects.delete(deed.keys)
        return count

    def _delete_below(self, prefix: str, kept: tuple[str, ...], owner_id: UUID) -> int:
        objects = self._outside.objects
        if not any(key.startswith(prefix) for key in kept):
            return objects.delete_prefix(prefix)
        others = tuple(key for key in objects.keys(prefix) if key not in kept)
        asset_id = asset_of(prefix)
        if asset_id is not None:
            # What it has got since this was intended, thumbnails made later, stays as well.
            question = UnneededOfAsset(asset_id, others)
            others = self._studio.preview(question, owner_id=owner_id, key=uuid4())
        objects.delete(others)
        return len(others)

    def _purge(self, deed: PurgeObject, owner_id: UUID, key: UUID) -> Done:
        self._delete_for_good(DeleteObjects(deed.places, for_good=True), owner_id)
        return self._execute(RecordPurged(deed.asset_id), owner_id, key)

    def _refetch_verification(
        self, deed: RefetchVerification, owner_id: UUID, key: UUID
    ) -> Outcome:
        decision = self._outside.identity.decision(deed.verification_id)
        found = verification_answer(deed.verification_id, decision, cause=key)
        return self._answered(found, deed.since, owner_id)

    def _refetch_payment(self, deed: RefetchPayment, owner_id: UUID, key: UUID) -> Outcome:
        payment = self._outside.payment.payment(deed.purchase_id)
        found = payment_answer(deed.purchase_id, payment)
        return self._answered(found, deed.since, owner_id)

    def _answered(self, found: ProviderAnswer | None, since: datetime, owner_id: UUID) -> Outcome:
        if found is not None:
            return self._execute(found.command, owner_id, found.key)
        waited = self._clock() - since
        if waited >= HINT_PATIENCE:
            # Forged, or far too early. Whoever follows the purchase or the check asks again.
            return Done(outcome="undecided")
        return NotYet(self._clock() + max(waited, HINT_ASKED_AGAIN_AFTER))

    def _follow_verification(self, deed: FollowVerification, owner_id: UUID, key: UUID) -> Outcome:
        decision = self._outside.identity.decision(deed.verification_id)
        found = verification_answer(deed.verification_id, decision, cause=key)
        if found is not None:
            self._execute(found.command, owner_id, found.key)
            if found.is_final:
                return Done()
        now, end = self._clock(), deed.since + VERIFICATION_OPEN_MAX
        if now < end:
            return NotYet(asked_again_at(deed.since, now, end))
        expired = verification_expired(deed.verification_id)
        return self._execute(expired.command, owner_id, expired.key)

    def _follow_purchase(self, deed: FollowPurchase, owner_id: UUID, key: UUID) -> Outcome:
        payment = self._outside.payment.payment(deed.purchase_id)
        found = payment_answer(deed.purchase_id, payment)
        now, end = self._clock(), deed.since + PURCHASE_OPEN_MAX
        if found is None and now < end:
            return NotYet(asked_again_at(deed.since, now, end))
        # Only now, after the provider has answered and still knew of no payment.
        found = found or purchase_expired(deed.purchase_id)
        return self._execute(found.command, owner_id, found.key)

    def _stop(self, deed: AnnounceStop, owner_id: UUID, key: UUID) -> Done:
        return self._announcer.stop(deed)

    def _turn(self, deed: AnnounceTurn, owner_id: UUID, key: UUID) -> Done:
        return self._announcer.turn(deed, owner_id, key)

    def _forget(self, deed: AnnounceForgetting, owner_id: UUID, key: UUID) -> Done:
        return self._announcer.forget(deed)

    def _read(self, deed: ReadEvent, owner_id: UUID, key: UUID) -> Done:
        [fact] = self._events.read(deed.position - 1, 1)
        return Done(then=answered(fact, self._form, now=self._clock()).intents)
