"""Hints are never believed; what the provider itself says is taken once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from commands.account.note_verification_hint import (
    NoteVerificationHint,
    verification_hint_key,
)
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from commands.wallet.expire_promotion import ExpirePromotion
from commands.wallet.fail_purchase import FailPurchase
from commands.wallet.grant_promotion import GrantPromotion
from commands.wallet.note_payment_hint import NotePaymentHint, payment_hint_key
from domain.job import Job
from domain.job_state import CancelledBy
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.refusals import (
    AlreadyDecided,
    InsufficientCredits,
    NotFound,
    NotVerified,
    PaymentMismatch,
    PromotionStillValid,
    PurchaseNotFound,
    UnderAge,
    UnknownPackage,
)
from domain.twin import Twin
from domain.wallet import Wallet
from domain.wallet_state import PurchaseFailure
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, MONDAY, StudioSpec


def _verified(spec: StudioSpec) -> bool:
    person: Person = spec.load(Person, ADA)
    return person.verified_adult(at=spec.clock())


def _available(spec: StudioSpec) -> int:
    available: int = spec.load(Wallet, wallet_id(ADA)).available
    return available


def test_signing_up_opens_person_and_wallet_once(spec: StudioSpec) -> None:
    spec.when(RegisterPerson()).then("person.registered", "wallet.opened")
    spec.when(RegisterPerson()).then()


@pytest.mark.parametrize(
    ("outcome", "adult"),
    [
        ("approved", False),
        ("approved", None),
        ("declined", True),
        ("resubmission", True),
        ("expired", True),
        ("unknown", True),
        ("a word of tomorrow", True),
    ],
)
def test_nothing_but_an_approved_adult_is_verified(
    spec: StudioSpec, *, outcome: str, adult: bool | None
) -> None:
    journey.registered(spec)
    started = spec.does(StartVerification("sandbox"))
    decision = journey.approval(spec, started.verification_id)
    spec.when(replace(decision, outcome=outcome, adult=adult)).then("person.verification-declined")
    assert not _verified(spec)


def test_whoever_was_found_under_age_is_never_verified_again(spec: StudioSpec) -> None:
    journey.registered(spec)
    first = spec.does(StartVerification("sandbox")).verification_id
    second = spec.does(StartVerification("sandbox")).verification_id
    spec.given(replace(journey.approval(spec, first), adult=False))
    spec.when(StartVerification("sandbox")).then_refused(UnderAge)
    spec.when(journey.approval(spec, second)).then_refused(UnderAge)
    assert not _verified(spec)


def test_a_verified_person_who_is_found_under_age_loses_what_rested_on_their_consent(
    spec: StudioSpec,
) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    again = spec.does(StartVerification("sandbox")).verification_id
    spec.given(replace(journey.approval(spec, again), adult=False))
    assert not _verified(spec)
    deleted = react(spec)
    assert any(place.startswith(f"adapters/{twin}/") for place in deleted)
    assert not spec.load(Twin, twin).consented
    assert spec.load(Job, job).cancelled_by is CancelledBy.CONSENT_WITHDRAWN
    spec.when(journey.A_LIGHTHOUSE).then_refused(NotVerified)


def test_a_proof_of_age_runs_out(spec: StudioSpec) -> None:
    journey.verified(spec)
    assert _verified(spec)
    spec.clock.pass_by(days=366)
    assert not _verified(spec)


def test_a_check_that_this_person_never_started_is_not_found(spec: StudioSpec) -> None:
    journey.registered(spec)
    journey.registered(spec, GRACE)
    hers = spec.does(StartVerification("sandbox"), owner=GRACE).verification_id
    spec.when(NoteVerificationHint(hers)).then_refused(NotFound)
    spec.when(journey.approval(spec, hers)).then_refused(NotFound)


def test_a_replayed_hint_is_the_same_command(spec: StudioSpec) -> None:
    journey.registered(spec)
    check = spec.does(StartVerification("sandbox")).verification_id
    key = verification_hint_key(check, "webhook-1")
    spec.when(NoteVerificationHint(check), key=key).then("person.verification-hinted")
    spec.when(NoteVerificationHint(check), key=key).then()
    assert not _verified(spec)


def test_a_payment_is_credited_once_however_often_it_is_confirmed(spec: StudioSpec) -> None:
    journey.registered(spec)
    bought = spec.does(BuyCredits("starter", "sandbox"))
    spec.when(journey.payment_of(bought)).then("wallet.credited")
    spec.when(journey.payment_of(bought)).then()
    assert _available(spec) == 10_000


def test_a_hint_credits_nothing(spec: StudioSpec) -> None:
    journey.registered(spec)
    bought = spec.does(BuyCredits("starter", "sandbox"))
    key = payment_hint_key(bought.purchase_id, "webhook-1")
    spec.when(NotePaymentHint(bought.purchase_id), key=key).then("wallet.payment-hinted")
    spec.when(NotePaymentHint(bought.purchase_id), key=key).then()
    assert _available(spec) == 0


@pytest.mark.parametrize(("amount_minor_units", "currency"), [(899, "EUR"), (900, "USD")])
def test_a_payment_of_another_amount_is_refused(
    spec: StudioSpec, amount_minor_units: int, currency: str
) -> None:
    journey.registered(spec)
    bought = spec.does(BuyCredits("starter", "sandbox"))
    paid = ConfirmPayment(bought.purchase_id, "a payment", amount_minor_units, currency)
    spec.when(paid).then_refused(PaymentMismatch)


def test_one_payment_pays_one_purchase(spec: StudioSpec) -> None:
    journey.registered(spec)
    first = spec.does(BuyCredits("starter", "sandbox"))
    second = spec.does(BuyCredits("starter", "sandbox"))
    spec.given(ConfirmPayment(first.purchase_id, "one payment", 900, "EUR"))
    spec.when(ConfirmPayment(second.purchase_id, "one payment", 900, "EUR")).then_refused(
        PaymentMismatch
    )


def test_a_second_payment_of_one_purchase_needs_a_person(spec: StudioSpec) -> None:
    journey.registered(spec)
    bought = spec.does(BuyCredits("starter", "sandbox"))
    spec.given(journey.payment_of(bought))
    again = replace(journey.payment_of(bought), payment_reference="another payment")
    spec.when(again).then_refused(AlreadyDecided)


def test_somebody_elses_purchase_is_not_found(spec: StudioSpec) -> None:
    journey.registered(spec)
    journey.registered(spec, GRACE)
    hers = spec.does(BuyCredits("starter", "sandbox"), owner=GRACE)
    spec.when(journey.payment_of(hers)).then_refused(PurchaseNotFound)


def test_messages_out_of_order_still_credit_what_was_paid(spec: StudioSpec) -> None:
    journey.registered(spec)
    bought = spec.does(BuyCredits("starter", "sandbox"))
    failed = FailPurchase(bought.purchase_id, PurchaseFailure.EXPIRED)
    spec.when(failed).then("wallet.purchase-failed")
    spec.when(failed).then()
    spec.when(journey.payment_of(bought)).then("wallet.credited")
    spec.when(failed).then_refused(AlreadyDecided)


def test_a_package_that_is_not_on_sale_is_refused(spec: StudioSpec) -> None:
    journey.registered(spec)
    spec.when(BuyCredits("castle", "sandbox")).then_refused(UnknownPackage)


def test_a_promotion_is_spent_until_its_day_and_then_goes_back(spec: StudioSpec) -> None:
    journey.verified(spec)
    granted = spec.does(GrantPromotion(500, expires_at=MONDAY + timedelta(days=7)))
    spec.when(ExpirePromotion(granted.grant_id)).then_refused(PromotionStillValid)
    spec.clock.pass_by(days=8)
    spec.when(journey.A_LIGHTHOUSE).then_refused(InsufficientCredits)
    spec.when(ExpirePromotion(granted.grant_id)).then("wallet.promotion-expired")
    assert _available(spec) == 0


def test_a_promotion_that_never_was_does_not_expire(spec: StudioSpec) -> None:
    journey.registered(spec)
    spec.when(ExpirePromotion(UUID(int=1))).then_refused(NotFound)
