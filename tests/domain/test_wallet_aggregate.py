"""The wallet, decision by decision."""

from datetime import timedelta

import pytest

from domain.refusals import (
    AlreadyDecided,
    AmountNotPositive,
    CaptureTooLarge,
    InsufficientCredits,
    NotFound,
    PaymentMismatch,
    PromotionStillValid,
    PurchaseNotFound,
    TooManyOpenJobs,
    TooManyPurchases,
)
from domain.wallet import JOBS_OPEN_MAX, PURCHASES_OPEN_MAX, Wallet
from domain.wallet_state import Draw, Posting, PurchaseFailure, PurchaseState
from tests.domain.aggregate_spec import given
from tests.domain.people import (
    LIGHTHOUSE_JOB,
    MONDAY,
    NEXT_YEAR,
    SANDBOX,
    STARTER,
    TRAINING_JOB,
    TUESDAY,
    buy,
    named,
    wallet_of,
)

PURCHASE = named("first purchase")
WELCOME = named("welcome credits")
SPRING = named("spring credits")
WEDNESDAY = TUESDAY + timedelta(days=1)


def pay(wallet: Wallet, reference: str = "payment 1", amount: int = 900) -> None:
    wallet.confirm_purchase(PURCHASE, reference, amount, "EUR", at=MONDAY)


def with_purchase_started() -> Wallet:
    wallet = wallet_of(0)
    wallet.start_purchase(PURCHASE, STARTER, SANDBOX, at=MONDAY)
    return wallet


def with_promotions() -> Wallet:
    """100 until Tuesday, 200 until next year, 1,000 purchased."""
    wallet = wallet_of(1_000)
    wallet.grant_promotion(SPRING, 200, NEXT_YEAR, at=MONDAY)
    wallet.grant_promotion(WELCOME, 100, TUESDAY, at=MONDAY)
    return wallet


def test_a_confirmed_payment_credits_the_package_once() -> None:
    wallet = with_purchase_started()
    given(wallet).when(pay).then(Wallet.Credited)
    assert wallet.available == STARTER.millicredits
    given(wallet).when(pay).then_refused(AlreadyDecided)
    assert wallet.available == STARTER.millicredits


def test_a_payment_of_another_amount_credits_nothing() -> None:
    wallet = with_purchase_started()
    given(wallet).when(lambda w: pay(w, amount=899)).then_refused(PaymentMismatch)
    assert wallet.available == 0


def test_a_payment_without_a_reference_credits_nothing() -> None:
    given(with_purchase_started()).when(lambda w: pay(w, "")).then_refused(PaymentMismatch)


def test_one_payment_does_not_pay_for_two_purchases() -> None:
    wallet = with_purchase_started()
    pay(wallet)
    second = named("second purchase")
    wallet.start_purchase(second, STARTER, SANDBOX, at=MONDAY)
    given(wallet).when(
        lambda w: w.confirm_purchase(second, "payment 1", 900, "EUR", at=MONDAY)
    ).then_refused(PaymentMismatch)


def test_an_unknown_purchase_is_not_credited() -> None:
    given(wallet_of(0)).when(pay).then_refused(PurchaseNotFound)


def test_a_purchase_that_failed_can_still_be_paid() -> None:
    wallet = with_purchase_started()
    given(wallet).when(
        lambda w: w.fail_purchase(PURCHASE, PurchaseFailure.EXPIRED, at=MONDAY)
    ).then(Wallet.PurchaseFailed)
    given(wallet).when(pay).then(Wallet.Credited)
    assert wallet.purchase(PURCHASE).state is PurchaseState.CREDITED


def test_a_credited_purchase_cannot_fail() -> None:
    wallet = with_purchase_started()
    pay(wallet)
    given(wallet).when(
        lambda w: w.fail_purchase(PURCHASE, PurchaseFailure.DECLINED, at=MONDAY)
    ).then_refused(AlreadyDecided)


def test_a_hint_has_the_provider_asked_until_the_credits_are_there() -> None:
    wallet = with_purchase_started()
    given(wallet).when(lambda w: w.note_payment_hint(PURCHASE, at=MONDAY)).then(
        Wallet.PaymentHinted
    )
    assert wallet.available == 0
    pay(wallet)
    given(wallet).when(lambda w: w.note_payment_hint(PURCHASE, at=MONDAY)).then_nothing()


def test_a_purchase_is_started_once_whatever_became_of_it() -> None:
    def start_again(wallet: Wallet) -> None:
        wallet.start_purchase(PURCHASE, STARTER, SANDBOX, at=TUESDAY)

    given(with_purchase_started()).when(start_again).then_refused(AlreadyDecided)
    credited, failed = with_purchase_started(), with_purchase_started()
    pay(credited)
    failed.fail_purchase(PURCHASE, PurchaseFailure.EXPIRED, at=MONDAY)
    for wallet in (credited, failed):
        given(wallet).when(start_again).then_refused(AlreadyDecided)
    assert credited.purchase(PURCHASE).state is PurchaseState.CREDITED


def test_open_purchases_have_a_limit() -> None:
    wallet = wallet_of(0)
    for number in range(PURCHASES_OPEN_MAX):
        wallet.start_purchase(named(f"purchase {number}"), STARTER, SANDBOX, at=MONDAY)
    given(wallet).when(
        lambda w: w.start_purchase(PURCHASE, STARTER, SANDBOX, at=MONDAY)
    ).then_refused(TooManyPurchases)


def test_a_reservation_of_the_whole_balance_is_granted() -> None:
    wallet = wallet_of(1_000)
    given(wallet).when(lambda w: w.reserve(LIGHTHOUSE_JOB, 1_000, at=MONDAY)).then(Wallet.Reserved)
    assert (wallet.available, wallet.reserved) == (0, 1_000)


def test_a_reservation_one_millicredit_beyond_the_balance_is_refused() -> None:
    refusal = (
        given(wallet_of(1_000))
        .when(lambda w: w.reserve(LIGHTHOUSE_JOB, 1_001, at=MONDAY))
        .then_refused(InsufficientCredits)
    )
    assert (refusal.needed, refusal.available) == (1_001, 1_000)


def test_jobs_that_have_not_ended_have_a_limit() -> None:
    wallet = wallet_of(JOBS_OPEN_MAX + 1)
    for number in range(JOBS_OPEN_MAX):
        wallet.reserve(named(f"job {number}"), 1, at=MONDAY)
    refusal = (
        given(wallet)
        .when(lambda w: w.reserve(LIGHTHOUSE_JOB, 1, at=MONDAY))
        .then_refused(TooManyOpenJobs)
    )
    assert refusal.maximum == JOBS_OPEN_MAX
    wallet.settle(named("job 0"), 1, at=MONDAY)
    given(wallet).when(lambda w: w.reserve(LIGHTHOUSE_JOB, 1, at=MONDAY)).then(Wallet.Reserved)


@pytest.mark.parametrize("millicredits", [0, -5])
def test_a_reservation_has_to_be_of_something(millicredits: int) -> None:
    given(wallet_of(1_000)).when(
        lambda w: w.reserve(LIGHTHOUSE_JOB, millicredits, at=MONDAY)
    ).then_refused(AmountNotPositive)


def test_one_job_has_one_reservation() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 10, at=MONDAY)
    given(wallet).when(lambda w: w.reserve(LIGHTHOUSE_JOB, 10, at=MONDAY)).then_refused(
        AlreadyDecided
    )


def test_what_was_delivered_is_captured_and_the_rest_comes_back() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    given(wallet).when(lambda w: w.settle(LIGHTHOUSE_JOB, 300, at=TUESDAY)).then(
        Wallet.Captured, Wallet.Released
    )
    assert (wallet.available, wallet.reserved, wallet.spent) == (700, 0, 300)


def test_a_job_that_delivered_everything_costs_all_of_it() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    given(wallet).when(lambda w: w.settle(LIGHTHOUSE_JOB, 400, at=TUESDAY)).then(Wallet.Captured)
    assert (wallet.available, wallet.reserved, wallet.spent) == (600, 0, 400)


def test_a_job_that_delivered_nothing_costs_nothing() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    given(wallet).when(lambda w: w.settle(LIGHTHOUSE_JOB, 0, at=TUESDAY)).then(Wallet.Released)
    assert (wallet.available, wallet.reserved, wallet.spent) == (1_000, 0, 0)


def test_a_reservation_is_settled_once() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    wallet.settle(LIGHTHOUSE_JOB, 100, at=TUESDAY)
    given(wallet).when(lambda w: w.settle(LIGHTHOUSE_JOB, 100, at=TUESDAY)).then_refused(
        AlreadyDecided
    )
    given(wallet).when(lambda w: w.expire_reservation(LIGHTHOUSE_JOB, at=TUESDAY)).then_refused(
        AlreadyDecided
    )
    assert wallet.spent == 100


def test_no_more_is_captured_than_was_reserved() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    given(wallet).when(lambda w: w.settle(LIGHTHOUSE_JOB, 401, at=TUESDAY)).then_refused(
        CaptureTooLarge
    )


def test_a_negative_capture_is_refused() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    given(wallet).when(lambda w: w.settle(LIGHTHOUSE_JOB, -1, at=TUESDAY)).then_refused(
        AmountNotPositive
    )


def test_when_the_deadline_passed_everything_comes_back() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    given(wallet).when(lambda w: w.expire_reservation(LIGHTHOUSE_JOB, at=TUESDAY)).then(
        Wallet.Expired
    )
    assert (wallet.available, wallet.reserved, wallet.spent) == (1_000, 0, 0)


def test_promotions_are_drawn_by_earliest_expiry_and_purchased_credits_last() -> None:
    [reserved] = (
        given(with_promotions())
        .when(lambda w: w.reserve(LIGHTHOUSE_JOB, 350, at=MONDAY))
        .then(Wallet.Reserved)
    )
    assert isinstance(reserved, Wallet.Reserved)
    assert reserved.draws == (Draw(WELCOME, 100), Draw(SPRING, 200), Draw(None, 50))


def test_an_expired_promotion_cannot_be_spent_even_before_it_went_back() -> None:
    wallet = with_promotions()
    assert wallet.available == 1_300
    assert wallet.spendable(at=WEDNESDAY) == 1_200
    refusal = (
        given(wallet)
        .when(lambda w: w.reserve(LIGHTHOUSE_JOB, 1_201, at=WEDNESDAY))
        .then_refused(InsufficientCredits)
    )
    assert refusal.available == 1_200


def test_released_credits_return_to_the_promotion_they_came_from() -> None:
    wallet = with_promotions()
    wallet.reserve(LIGHTHOUSE_JOB, 350, at=MONDAY)
    wallet.settle(LIGHTHOUSE_JOB, 120, at=MONDAY)
    left = {lot.grant_id: lot.millicredits for lot in wallet.lots}
    assert left == {WELCOME: 0, SPRING: 180}
    assert wallet.available == 1_180


def test_what_returns_to_an_expired_promotion_is_taken_back_the_next_time() -> None:
    wallet = with_promotions()
    wallet.reserve(LIGHTHOUSE_JOB, 60, at=MONDAY)
    given(wallet).when(lambda w: w.expire_promotion(WELCOME, at=WEDNESDAY)).then(
        Wallet.PromotionExpired
    )
    assert wallet.available == 1_200
    wallet.settle(LIGHTHOUSE_JOB, 0, at=WEDNESDAY)
    assert wallet.available == 1_260
    given(wallet).when(lambda w: w.expire_promotion(WELCOME, at=WEDNESDAY)).then(
        Wallet.PromotionExpired
    )
    assert wallet.available == 1_200
    given(wallet).when(lambda w: w.expire_promotion(WELCOME, at=WEDNESDAY)).then_refused(
        AlreadyDecided
    )


def test_a_promotion_does_not_expire_early() -> None:
    given(with_promotions()).when(lambda w: w.expire_promotion(WELCOME, at=MONDAY)).then_refused(
        PromotionStillValid
    )


def test_a_promotion_nobody_granted_does_not_expire() -> None:
    given(wallet_of(0)).when(lambda w: w.expire_promotion(WELCOME, at=MONDAY)).then_refused(
        NotFound
    )


def test_a_promotion_is_granted_once() -> None:
    given(with_promotions()).when(
        lambda w: w.grant_promotion(WELCOME, 100, TUESDAY, at=MONDAY)
    ).then_refused(AlreadyDecided)


def test_two_jobs_are_settled_apart() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 400, at=MONDAY)
    wallet.reserve(TRAINING_JOB, 500, at=MONDAY)
    wallet.settle(LIGHTHOUSE_JOB, 400, at=MONDAY)
    assert wallet.reserved_for(LIGHTHOUSE_JOB) == 0
    assert wallet.reserved_for(TRAINING_JOB) == 500


def test_every_event_that_moves_credits_balances() -> None:
    wallet = with_promotions()
    buy(wallet, "another purchase", 70)
    wallet.reserve(LIGHTHOUSE_JOB, 350, at=MONDAY)
    wallet.settle(LIGHTHOUSE_JOB, 120, at=MONDAY)
    wallet.reserve(TRAINING_JOB, 30, at=MONDAY)
    wallet.expire_reservation(TRAINING_JOB, at=MONDAY)
    moved = [event for event in wallet.collect_events() if hasattr(event, "postings")]
    assert len(moved) == 9
    for event in moved:
        postings: tuple[Posting, ...] = event.postings
        assert sum(posting.millicredits for posting in postings) == 0


def test_time_runs_forward_in_a_ledger_also_where_the_clock_is_set_back() -> None:
    wallet = wallet_of(1_000)
    wallet.reserve(LIGHTHOUSE_JOB, 300, at=TUESDAY)
    wallet.reserve(TRAINING_JOB, 300, at=MONDAY)
    times = [event.timestamp for event in wallet.pending_events]
    assert times == sorted(times)
    assert wallet.reserved == 600
