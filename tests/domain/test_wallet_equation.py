"""Whatever is asked of a wallet, in whatever order: nothing appears, vanishes or is overdrawn."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.refusal import Refusal
from domain.wallet import Wallet
from domain.wallet_state import Account, WalletState
from tests.domain.people import ADA, MONDAY, buy, named, wallet_of
from tests.domain.stored import events_of, replayed, settled, stored

Decision = Callable[[Wallet, datetime], None]

_amounts = st.integers(min_value=-5, max_value=900)
_jobs = st.integers(min_value=0, max_value=5).map(lambda n: named(f"job {n}"))
_grants = st.integers(min_value=0, max_value=4).map(lambda n: named(f"grant {n}"))


def _bought(number: int, millicredits: int) -> Decision:
    return lambda wallet, at: buy(wallet, f"purchase {number}", max(1, millicredits), at)


def _promoted(grant: UUID, millicredits: int, hours: int) -> Decision:
    return lambda wallet, at: wallet.grant_promotion(
        grant, millicredits, at + timedelta(hours=hours), at=at
    )


def _expired(grant: UUID) -> Decision:
    return lambda wallet, at: wallet.expire_promotion(grant, at=at)


def _reserved(job: UUID, millicredits: int) -> Decision:
    return lambda wallet, at: wallet.reserve(job, millicredits, at=at)


def _settled(job: UUID, millicredits: int) -> Decision:
    return lambda wallet, at: wallet.settle(job, millicredits, at=at)


def _returned(job: UUID) -> Decision:
    return lambda wallet, at: wallet.expire_reservation(job, at=at)


decisions = st.one_of(
    st.builds(_bought, st.integers(min_value=0, max_value=6), _amounts),
    st.builds(_promoted, _grants, _amounts, st.integers(min_value=1, max_value=48)),
    st.builds(_expired, _grants),
    st.builds(_reserved, _jobs, _amounts),
    st.builds(_settled, _jobs, _amounts),
    st.builds(_returned, _jobs),
)
histories = st.lists(st.tuples(decisions, st.integers(min_value=0, max_value=12)), max_size=30)


def live_through(history: list[tuple[Decision, int]]) -> Wallet:
    """A wallet of which all this was asked, with so many hours before each."""
    wallet, at = wallet_of(0), MONDAY
    for decision, hours in history:
        at += timedelta(hours=hours)
        try:
            decision(wallet, at)
        except Refusal:
            continue
        assert_in_balance(wallet)
    return wallet


def assert_in_balance(wallet: Wallet) -> None:
    """credited = available + reserved + spent, no account of the owner below zero."""
    balances: Counter[Account] = Counter()
    for event in events_of(wallet):
        postings = getattr(event, "postings", ())
        assert sum(posting.millicredits for posting in postings) == 0
        for posting in postings:
            balances[posting.account] += posting.millicredits
    assert wallet.available == balances[Account.AVAILABLE] >= 0
    assert wallet.reserved == balances[Account.RESERVED] >= 0
    assert wallet.spent == balances[Account.REVENUE] >= 0
    credited = -(balances[Account.ISSUED] + balances[Account.PROMOTIONAL])
    assert credited == wallet.available + wallet.reserved + wallet.spent
    assert all(lot.millicredits >= 0 for lot in wallet.lots)


@settings(max_examples=150, deadline=None)
@given(histories)
def test_credited_is_available_and_reserved_and_spent_after_any_history(
    history: list[tuple[Decision, int]],
) -> None:
    assert_in_balance(live_through(history))


@settings(max_examples=60, deadline=None)
@given(histories, st.integers(min_value=0, max_value=100))
def test_a_wallet_from_its_bytes_is_the_wallet(
    history: list[tuple[Decision, int]], percent: int
) -> None:
    wallet = live_through(history)
    rows = stored(wallet, ADA)
    assert settled(replayed(rows)) == settled(wallet)

    cut = 1 + (len(rows) - 1) * percent // 100
    early: Wallet = replayed(rows[:cut])
    state = snapshot_through_bytes(early.snapshot_state())
    resumed = Wallet.from_snapshot(wallet.id, early.version, state)
    assert settled(replayed(rows[cut:], resumed)) == settled(wallet)


def snapshot_through_bytes(state: WalletState) -> WalletState:
    """A snapshot as it comes back from the store."""
    return msgspec.json.decode(msgspec.json.encode(state), type=WalletState)
