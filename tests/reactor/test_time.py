"""Time decides what nobody else does, each thing in its time, and asks before it decides."""

from datetime import timedelta

import pytest

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from commands.jobs.cancel_job import CancelJob
from commands.ports.identity_provider import ProviderDecision
from commands.ports.payment_provider import ProviderPayment
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.grant_promotion import GrantPromotion
from commands.wallet.note_payment_hint import NotePaymentHint
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.refusals import TooManyPurchases
from domain.wallet import PURCHASES_OPEN_MAX, Wallet
from domain.wallet_state import PurchaseState
from tests.commands import journey
from tests.commands.studio_spec import ADA
from tests.reactor.checkouts import Check, Checkout
from tests.reactor.reactor_spec import ReactorSpec


def wallet_of_ada(spec: ReactorSpec) -> Wallet:
    """As it is stored now."""
    wallet = spec.load(Wallet, wallet_id(ADA))
    assert isinstance(wallet, Wallet)
    return wallet


def state_of(spec: ReactorSpec, checkout: Checkout) -> PurchaseState:
    """Where a purchase stands."""
    return wallet_of_ada(spec).purchase(checkout.purchase_id).state


def promoted(spec: ReactorSpec, millicredits: int, **valid_for: float) -> None:
    """Ada was given credits that expire."""
    expires_at = spec.clock() + timedelta(**valid_for)
    spec.does(GrantPromotion(millicredits=millicredits, expires_at=expires_at))


@pytest.fixture
def ada(spec: ReactorSpec) -> ReactorSpec:
    """Ada has signed up."""
    journey.registered(spec)
    return spec


def test_twenty_abandoned_checkouts_are_over_after_a_day(ada: ReactorSpec) -> None:
    for _ in range(PURCHASES_OPEN_MAX):
        Checkout(ada)
    with pytest.raises(TooManyPurchases):
        ada.does(BuyCredits(package="starter", provider="sandbox"))
    ada.passes(hours=24)
    ada.does(BuyCredits(package="starter", provider="sandbox"))


def test_a_payment_whose_webhook_was_lost_is_credited(ada: ReactorSpec) -> None:
    checkout = Checkout(ada)
    checkout.ends(CheckoutStatus.PAID)
    ada.passes(minutes=9)
    assert wallet_of_ada(ada).available == 0
    ada.passes(minutes=1)
    assert wallet_of_ada(ada).available == checkout.millicredits
    assert ada.pending() == []


def test_a_provider_is_asked_ever_later_and_no_more_than_nine_times(ada: ReactorSpec) -> None:
    checkout = Checkout(ada)
    ada.passes(hours=23, minutes=59)
    assert state_of(ada, checkout) is PurchaseState.STARTED
    assert ada.payment.asked == 8
    ada.passes(minutes=1)
    assert state_of(ada, checkout) is PurchaseState.FAILED
    assert ada.payment.asked == 9


def test_no_purchase_expires_before_its_provider_has_answered(ada: ReactorSpec) -> None:
    checkout = Checkout(ada)
    ada.payment.is_down = True
    ada.passes(days=3)
    assert state_of(ada, checkout) is PurchaseState.STARTED
    checkout.ends(CheckoutStatus.PAID)
    ada.payment.is_down = False
    ada.passes(hours=1)
    assert wallet_of_ada(ada).available == checkout.millicredits


def test_a_payment_that_comes_after_a_purchase_expired_still_credits(ada: ReactorSpec) -> None:
    checkout = Checkout(ada)
    ada.passes(hours=24)
    assert state_of(ada, checkout) is PurchaseState.FAILED
    checkout.ends(CheckoutStatus.PAID)
    ada.does(NotePaymentHint(checkout.purchase_id))
    ada.settles()
    assert wallet_of_ada(ada).available == checkout.millicredits


def test_a_late_payment_credits_even_where_its_webhook_was_lost(ada: ReactorSpec) -> None:
    checkout = Checkout(ada)
    ada.passes(hours=24)
    checkout.ends(CheckoutStatus.PAID)
    ada.passes(days=8)
    assert wallet_of_ada(ada).available == checkout.millicredits
    assert ada.pending() == []


def test_a_hint_that_comes_a_little_before_the_payment_shows_is_followed(
    ada: ReactorSpec,
) -> None:
    checkout = Checkout(ada)
    ada.does(NotePaymentHint(checkout.purchase_id))
    ada.settles()
    checkout.ends(CheckoutStatus.PAID)
    ada.passes(seconds=10)
    assert wallet_of_ada(ada).available == checkout.millicredits


def test_a_hint_that_nothing_follows_is_dropped_and_counts_as_no_failure(
    ada: ReactorSpec,
) -> None:
    checkout = Checkout(ada)
    ada.does(NotePaymentHint(checkout.purchase_id))
    ada.passes(minutes=30)
    followed = ada.intent_of("payment-hint-is-followed")
    assert (followed.intent.outcome, followed.intent.attempts) == ("undecided", 0)


def test_money_that_is_not_what_was_asked_for_is_shown_to_a_person(
    ada: ReactorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(ada)
    paid = ProviderPayment("paid", "a reference", 1, "EUR")
    monkeypatch.setattr(ada.payment, "payment", lambda purchase: paid)
    ada.passes(hours=6)
    assert state_of(ada, checkout) is PurchaseState.STARTED
    [parked] = ada.intents.parked(limit=10)
    assert (parked.intent.reaction, parked.last_error) == (
        "purchase-is-followed",
        "PaymentUnexplained",
    )


def test_a_verification_whose_webhook_was_lost_is_recorded(ada: ReactorSpec) -> None:
    Check(ada).ends(SandboxChoice.APPROVED)
    ada.passes(minutes=10)
    assert ada.load(Person, ADA).verified_adult(at=ada.clock())
    assert ada.pending() == []


def test_an_abandoned_check_is_expired_after_a_week(ada: ReactorSpec) -> None:
    Check(ada)
    ada.passes(days=6, hours=23)
    assert ada.events(Person.VerificationDeclined) == []
    ada.passes(hours=1)
    [declined] = ada.events(Person.VerificationDeclined)
    assert declined.outcome == "expired"
    assert ada.pending() == []


def test_a_check_that_may_be_repeated_is_followed_until_it_is_decided(ada: ReactorSpec) -> None:
    check = Check(ada)
    check.ends(SandboxChoice.RESUBMISSION)
    ada.passes(days=8)
    assert [event.outcome for event in ada.events(Person.VerificationDeclined)] == [
        "resubmission",
        "expired",
    ]
    assert ada.pending() == []


def test_a_check_is_followed_although_each_answer_tells_of_another_document(
    ada: ReactorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same outcome about another document is another answer, and not the end of asking."""
    check = Check(ada)
    answers = (
        ProviderDecision("resubmission", document_digest=digest) for digest in ("first", "second")
    )
    approved = ProviderDecision(
        "approved", adult=True, country="XX", valid_until=ada.clock() + timedelta(days=365)
    )
    monkeypatch.setattr(ada.identity, "decision", lambda asked: next(answers, approved))
    ada.passes(days=8)
    assert ada.load(Person, ADA).verified_adult(at=ada.clock())
    assert ada.pending() == []
    assert check.verification_id


def test_no_check_expires_before_its_provider_has_answered(ada: ReactorSpec) -> None:
    check = Check(ada)
    ada.identity.is_down = True
    ada.passes(days=8)
    check.ends(SandboxChoice.APPROVED)
    ada.identity.is_down = False
    ada.passes(hours=1)
    assert ada.load(Person, ADA).verified_adult(at=ada.clock())


def test_a_promotion_goes_back_on_its_day(ada: ReactorSpec) -> None:
    promoted(ada, 500, days=30)
    ada.passes(days=29)
    assert wallet_of_ada(ada).available == 500
    ada.passes(days=1)
    assert wallet_of_ada(ada).available == 0
    assert ada.pending() == []


def with_a_job_from_a_promotion(spec: ReactorSpec) -> Job:
    """A job that was paid from a promotion which expires in an hour."""
    journey.verified(spec)
    promoted(spec, 1_000, hours=1)
    job = spec.does(journey.A_LIGHTHOUSE).job_id
    loaded = spec.load(Job, job)
    assert isinstance(loaded, Job)
    return loaded


def test_what_comes_back_of_an_expired_promotion_goes_back_too(spec: ReactorSpec) -> None:
    job = with_a_job_from_a_promotion(spec)
    spec.passes(hours=2)
    assert wallet_of_ada(spec).available == 0
    assert wallet_of_ada(spec).reserved == job.quoted_millicredits
    spec.does(CancelJob(job.id))
    assert wallet_of_ada(spec).available == job.quoted_millicredits
    spec.settles()
    assert wallet_of_ada(spec).available == 0


def test_what_comes_back_of_a_promotion_that_is_valid_stays(spec: ReactorSpec) -> None:
    job = with_a_job_from_a_promotion(spec)
    spec.does(CancelJob(job.id))
    spec.settles()
    assert wallet_of_ada(spec).available == 1_000
    spec.passes(hours=1)
    assert wallet_of_ada(spec).available == 0


def test_a_job_that_has_not_ended_after_a_day_fails_and_costs_nothing(spec: ReactorSpec) -> None:
    job = with_a_job_from_a_promotion(spec)
    journey.claimed(spec, job.id)
    spec.passes(hours=23, minutes=59)
    assert spec.load(Job, job.id).state is JobState.STARTED
    spec.passes(minutes=1)
    assert spec.load(Job, job.id).state is JobState.FAILED
    [failed] = spec.events(Job.Failed)
    assert failed.reason == "deadline-passed"
    assert len(spec.events(Wallet.Expired)) == 1
    # It was paid from a promotion that is over.
    assert (wallet_of_ada(spec).reserved, wallet_of_ada(spec).available) == (0, 0)


def test_a_job_that_ended_in_time_is_left_alone(spec: ReactorSpec) -> None:
    job = with_a_job_from_a_promotion(spec)
    journey.rendered(spec, job.id)
    spec.does(journey.screening_of(spec, job.id))
    spec.passes(days=2)
    assert spec.load(Job, job.id).state is JobState.COMPLETED
    assert spec.intent_of("job-has-a-deadline").intent.outcome == "refused:JOB_ENDED"
