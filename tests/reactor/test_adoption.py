"""A store from before there were intents is taken over once, and its owners lose nothing."""

from collections.abc import Sequence
from threading import Event
from uuid import UUID, uuid5

import pytest

from adapters.intents.in_memory import InMemoryIntents
from adapters.payment.sandbox import CheckoutStatus
from commands.account.note_verification_hint import NoteVerificationHint
from commands.ports.event_store import RecordedCommand
from commands.ports.intents import Intent
from commands.reactions.deeds import AnnounceStop, AnnounceWork
from commands.reactions.registry import answers_to
from commands.twin.grant_consent import GrantConsent
from commands.wallet.buy_credits import BuyCredits
from domain import object_keys
from domain.consent_text import CONSENT
from domain.events import STORED_FORM
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.identity import SYSTEM
from domain.kernel.refusal import Refusal
from domain.person import Person
from domain.twin import Twin
from domain.wallet import PURCHASES_OPEN_MAX, Wallet
from processes.reactor import adoption
from processes.reactor.adoption import DONE_BEFORE, Adoption
from tests.commands import journey
from tests.commands.studio_spec import ADA, GRACE
from tests.reactor.checkouts import Check, Checkout
from tests.reactor.reactor_spec import ReactorSpec
from topics.messages.fact import Fact

BOB = uuid5(SYSTEM, "Bob")


NEW = (AnnounceWork, AnnounceStop)


def old_reactor(spec: ReactorSpec, *, fails_for: UUID | None = None) -> None:
    """What the reactor of 21ddf35 did: it answered, and kept the position before what failed."""
    position, settled = spec.intents.position(), None
    while facts := spec.log.read(position, 100):
        for fact in facts:
            position = fact.position
            event = spec.store.decode(spec.store.rows(position - 1)[0])
            for answer in answers_to(event, fact.owner_id):
                if answer.due_at is not None or isinstance(answer.wanted, NEW):
                    # It knew nothing of time, and the relay announced work.
                    continue
                if fact.owner_id == fails_for:
                    settled = settled or position - 1
                    continue
                try:
                    spec.deeds.carry_out(answer.wanted, fact.owner_id, answer.key)
                except Refusal:
                    continue
    spec.intents.record([], read_to=position if settled is None else settled, now=spec.clock())


def adopted(spec: ReactorSpec) -> ReactorSpec:
    """The release with intents has started on it."""
    Adoption(spec.log, spec.intents, STORED_FORM, spec.clock).run(Event())
    return spec.started()


def with_bytes(spec: ReactorSpec, twin: UUID, epoch: int) -> set[str]:
    """Every kind of object that the consent of an epoch covers, put there now."""
    keys = {
        f"photos/{twin}/{epoch}/s/p.png",
        f"templates/{twin}/{epoch}/s.json",
        object_keys.adapter_key(twin, epoch, twin, twin),
    }
    for key in keys:
        spec.objects.put(key, b"bytes", media_type="application/octet-stream")
    return keys


def withdraws_as_before(spec: ReactorSpec, twin_id: UUID, owner: UUID = ADA) -> None:
    """21ddf35 had everything of the twin deleted, also what a later consent might bring."""
    twin = spec.load(Twin, twin_id, owner=owner)
    twin.trigger_event(
        Twin.ConsentWithdrawn, epoch=twin.epoch + 1, open_jobs=(), timestamp=spec.clock()
    )
    places = tuple(f"{kind}/{twin_id}/" for kind in ("photos", "templates", "adapters"))
    twin.trigger_event(Twin.DeletionRequested, prefixes=places, timestamp=spec.clock())
    key = uuid5(twin_id, f"withdrawal at version {twin.version}")
    with spec.store.transaction(owner) as transaction:
        transaction.insert(
            twin.collect_events(), unchanged=[], command=RecordedCommand(key, b"", b"{}")
        )


def withdrawn_and_consented_again(spec: ReactorSpec) -> set[str]:
    """Bob's reaction fails; Ada withdrew, all was deleted, and she consented again.

    Answers the bytes of her new consent.
    """
    journey.registered(spec, BOB)
    check = Check(spec, BOB)
    spec.does(NoteVerificationHint(check.verification_id), owner=BOB)
    twin = journey.trained_twin(spec)
    with_bytes(spec, twin, 1)
    withdraws_as_before(spec, twin)
    old_reactor(spec, fails_for=BOB)
    assert list(spec.objects.keys("photos/")) == []
    spec.does(GrantConsent(twin, CONSENT.sha256, journey.EVERYTHING))
    return with_bytes(spec, twin, 2)


def test_a_recorded_deletion_is_never_done_again(spec: ReactorSpec) -> None:
    kept = withdrawn_and_consented_again(spec)
    adopted(spec).settles()
    assert kept <= set(spec.objects.keys(""))
    assert len(spec.events(Twin.Deleted)) == 1
    deletion = spec.intent_of("deletion-is-carried-out")
    assert deletion.intent.outcome == DONE_BEFORE


def test_a_deletion_that_is_not_on_record_is_carried_out(spec: ReactorSpec) -> None:
    kept = withdrawn_and_consented_again(spec)
    twin = journey.trained_twin(spec, GRACE)
    hers = with_bytes(spec, twin, 1)
    withdraws_as_before(spec, twin, GRACE)
    adopted(spec).settles()
    assert kept <= set(spec.objects.keys(""))
    assert not hers & set(spec.objects.keys(""))
    assert len(spec.events(Twin.Deleted)) == 2


def test_what_failed_before_is_done_after(spec: ReactorSpec) -> None:
    withdrawn_and_consented_again(spec)
    adopted(spec).settles()
    assert spec.intent_of("verification-hint-is-followed").done_at is None
    spec.passes(days=8)
    assert [event.originator_id for event in spec.events(Person.VerificationDeclined)] == [BOB]


def left_open_and_ended(spec: ReactorSpec) -> tuple[Checkout, UUID]:
    """Much that ended, and a late payment, an abandoned check and a job that waits."""
    journey.trained_twin(spec)
    journey.registered(spec, BOB)
    Check(spec, BOB)
    late = Checkout(spec)
    for _ in range(PURCHASES_OPEN_MAX - 1):
        Checkout(spec)
    waiting = spec.does(journey.A_LIGHTHOUSE).job_id
    old_reactor(spec)
    assert spec.intents.position() == len(spec.store.rows())
    late.ends(CheckoutStatus.PAID)
    spec.clock.pass_by(days=30)
    return late, waiting


def test_what_was_left_open_gets_its_time(spec: ReactorSpec) -> None:
    late, waiting = left_open_and_ended(spec)
    adopted(spec).settles()
    assert spec.load(Job, waiting).state is JobState.FAILED
    assert [event.originator_id for event in spec.events(Person.VerificationDeclined)] == [BOB]
    spec.does(BuyCredits(package="starter", provider="sandbox"))
    credited = {event.purchase_id for event in spec.events(Wallet.Credited)}
    assert late.purchase_id in credited


def test_what_had_ended_and_what_was_done_before_is_not_intended_again(
    spec: ReactorSpec,
) -> None:
    left_open_and_ended(spec)
    adopted(spec)
    # Events of before plan no uploads; what is swept once more later harms nobody.
    wanted = [
        state.intent.reaction
        for state in spec.intents.all()
        if state.intent.target != "later"
        and state.intent.reaction != "planned-uploads-are-forgotten"
    ]
    assert sorted(set(wanted)) == [
        "job-has-a-deadline",
        "purchase-is-followed",
        "requested-job-is-announced",
        "verification-is-followed",
    ]
    assert len(wanted) == PURCHASES_OPEN_MAX + 3


def test_a_second_start_takes_nothing_over(spec: ReactorSpec) -> None:
    left_open_and_ended(spec)
    adopted(spec).settles()
    before = spec.intents.all()
    Adoption(Unreadable(), spec.intents, STORED_FORM, spec.clock).run(Event())
    spec.settles()
    assert spec.intents.all() == before


def test_a_new_store_is_taken_over_in_no_time(spec: ReactorSpec) -> None:
    adopted(spec).settles()
    assert spec.intents.adopted()
    assert spec.intents.all() == ()


class Unreadable:
    """A log that nobody may read."""

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """See `FactSource.read`."""
        raise AssertionError("read")


class Killed(Exception):
    """The process is gone."""


class Killing:
    """The tail's side of intents, in a process that is killed at the n-th write."""

    def __init__(self, kept: InMemoryIntents, writes: int) -> None:
        self._kept = kept
        self._left = writes
        self.position = kept.position
        self.record = kept.record
        self.adopted = kept.adopted

    def adopt(self, intents: Sequence[Intent]) -> None:
        """See `IntentTail.adopt`."""
        self._write()
        self._kept.adopt(intents)

    def end_adoption(self) -> None:
        """See `IntentTail.end_adoption`."""
        self._write()
        self._kept.end_adoption()

    def _write(self) -> None:
        if self._left == 0:
            raise Killed()
        self._left -= 1


def test_it_may_be_killed_anywhere_and_begins_anew(
    spec: ReactorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "BATCH_MAX", 7)
    withdrawn_and_consented_again(spec)
    left_open_and_ended(spec)
    whole = InMemoryIntents()
    whole.record([], read_to=spec.intents.position(), now=spec.clock())
    Adoption(spec.log, whole, STORED_FORM, spec.clock).run(Event())
    kills = 0
    while not spec.intents.adopted():
        try:
            killed = Killing(spec.intents, kills)
            Adoption(spec.log, killed, STORED_FORM, spec.clock).run(Event())
        except Killed:
            kills += 1
    assert kills > 4
    assert {state.intent.intent_id: state for state in spec.intents.all()} == {
        state.intent.intent_id: state for state in whole.all()
    }


def test_it_stops_when_it_is_told_to(spec: ReactorSpec) -> None:
    left_open_and_ended(spec)
    stop = Event()
    stop.set()
    Adoption(spec.log, spec.intents, STORED_FORM, spec.clock).run(stop)
    assert not spec.intents.adopted()
