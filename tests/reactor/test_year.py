"""A year of a studio in which providers, buyers and workers keep leaving things open."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid5

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from commands.jobs.cancel_job import CancelJob
from commands.wallet.grant_promotion import GrantPromotion
from commands.wallet.note_payment_hint import NotePaymentHint
from domain.job import Job
from domain.job_state import ENDED
from domain.kernel.identity import SYSTEM, wallet_id
from domain.kernel.refusal import Refusal
from domain.person import FINAL_OUTCOMES, Person
from domain.wallet import Wallet
from domain.wallet_state import PurchaseState
from tests.commands import journey
from tests.reactor.checkouts import Check, Checkout
from tests.reactor.reactor_spec import ReactorSpec

PEOPLE = tuple(uuid5(SYSTEM, f"person {number}") for number in range(12))
DAYS = 365


@dataclass
class Year:
    """Who does what on which day, by a die that always falls the same way."""

    spec: ReactorSpec
    die: random.Random = field(default_factory=lambda: random.Random(2026))
    later: list[tuple[float, Checkout]] = field(default_factory=list)
    paid: set[UUID] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    def begins(self) -> None:
        """Everybody signs up; their identity checks end as they may."""
        for person in PEOPLE:
            journey.registered(self.spec, person)
            abandoned = Check(self.spec, person)
            if self.die.random() < 0.5:
                abandoned.ends(self.die.choice([*SandboxChoice]))
            journey_check = Check(self.spec, person)
            journey_check.ends(SandboxChoice.APPROVED)
        self.spec.passes(hours=1)

    def day(self, number: int) -> None:
        """One day of everybody, and a provider that is down now and then."""
        self.spec.payment.is_down = self.die.random() < 0.05
        self.spec.identity.is_down = self.die.random() < 0.05
        for person in PEOPLE:
            if self.die.random() < 0.1:
                self._buys(person, number)
            if self.die.random() < 0.05:
                self._is_given(person)
            if self.die.random() < 0.15:
                self._asks(person)
            self.spec.passes(minutes=self.die.randrange(110))
        for due, checkout in [*self.later]:
            if due <= number:
                self.later.remove((due, checkout))
                self._pays(checkout)
        self.spec.payment.is_down = self.spec.identity.is_down = False
        self.spec.passes(minutes=self.die.randrange(110))

    def _buys(self, person: UUID, number: int) -> None:
        try:
            checkout = Checkout(self.spec, person)
        except Refusal as refusal:
            self.done[refusal.code] += 1
            return
        match self.die.choice(["paid", "late", "much later", "declined", "never", "hinted"]):
            case "paid":
                self._pays(checkout)
            case "late":
                self.later.append((number + 1, checkout))
            case "much later":
                self.later.append((number + 5, checkout))
            case "declined":
                checkout.ends(CheckoutStatus.FAILED)
            case "hinted":
                self._pays(checkout)
                self.spec.does(NotePaymentHint(checkout.purchase_id), owner=person)
            case _:
                self.done["never paid"] += 1

    def _pays(self, checkout: Checkout) -> None:
        checkout.ends(CheckoutStatus.PAID)
        self.paid.add(checkout.purchase_id)

    def _is_given(self, person: UUID) -> None:
        expires_at = self.spec.clock() + timedelta(days=self.die.randrange(1, 60))
        self.spec.does(GrantPromotion(millicredits=400, expires_at=expires_at), owner=person)
        self.done["promotions"] += 1

    def _asks(self, person: UUID) -> None:
        try:
            job = self.spec.does(journey.A_LIGHTHOUSE, owner=person).job_id
        except Refusal as refusal:
            self.done[refusal.code] += 1
            return
        match self.die.choice(["done", "cancelled", "waiting", "claimed", "rendered"]):
            case "done":
                journey.finished(self.spec, job, person)
            case "cancelled":
                self.spec.does(CancelJob(job), owner=person)
            case "claimed":
                journey.claimed(self.spec, job, person)
            case "rendered":
                journey.rendered(self.spec, job, person)
            case _:
                self.done["never claimed"] += 1


def reservations_outlive_no_job(spec: ReactorSpec) -> None:
    """Whatever is set aside is set aside for a job that has not ended."""
    ended = {
        event.originator_id
        for event in spec.events(Job.Completed)
        + spec.events(Job.Failed)
        + spec.events(Job.Cancelled)
    }
    for person in PEOPLE:
        wallet = spec.load(Wallet, wallet_id(person), owner=person)
        held = set(wallet.snapshot_state().reservations)
        assert not held & ended


def test_in_a_year_nothing_is_left_undone(spec: ReactorSpec) -> None:
    began_s = time.monotonic()
    year = Year(spec)
    year.begins()
    for number in range(DAYS):
        year.day(number)
        if number % 30 == 0:
            reservations_outlive_no_job(spec)
    spec.passes(days=70)
    took_s = time.monotonic() - began_s

    assert spec.pending() == []
    assert spec.intents.parked(1) == ()
    reservations_outlive_no_job(spec)
    credited = {event.purchase_id for event in spec.events(Wallet.Credited)}
    assert credited == year.paid
    for person in PEOPLE:
        wallet = spec.load(Wallet, wallet_id(person), owner=person)
        state = wallet.snapshot_state()
        assert state.reservations == {}
        assert {lot.millicredits for lot in state.lots} <= {0}
        assert {one.state for one in state.purchases.values()} <= {
            PurchaseState.CREDITED,
            PurchaseState.FAILED,
        }
        outcomes = spec.load(Person, person, owner=person)._outcomes
        assert len(outcomes) == 2
        assert set(outcomes.values()) <= FINAL_OUTCOMES
    jobs = spec.events(Job.Requested)
    assert {spec.load(Job, job.originator_id, owner=job.owner_id).state for job in jobs} <= ENDED
    outcomes_of_intents = Counter(state.intent.outcome for state in spec.intents.all())
    print(
        f"\na year in {took_s:.1f} s: {len(spec.store.rows())} events, "
        f"{len(jobs)} jobs, {len(credited)} payments, {dict(year.done)}; "
        f"{len(spec.intents.all())} intents: {dict(outcomes_of_intents)}"
    )
