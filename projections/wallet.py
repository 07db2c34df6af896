"""Balances, and the statement with the balances after each entry."""

from collections.abc import Sequence
from uuid import UUID

from domain.wallet import Wallet
from domain.wallet_state import Account, Posting
from projections.feed import wallet_changed
from projections.read_model import Change, ReadModel, inserted
from projections.rows import Rows
from projections.tables import BALANCES, STATEMENT
from topics.messages.fact import Fact

wallet = ReadModel("wallet")


@wallet.on(Wallet.Opened)
def _opened(event: Wallet.Opened, fact: Fact) -> list[Change]:
    return [inserted(BALANCES, fact, available=0, reserved=0, spent=0), wallet_changed(fact)]


@wallet.on(Wallet.Credited)
def _credited(event: Wallet.Credited, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings, purchase_id=event.purchase_id)


@wallet.on(Wallet.Promoted)
def _promoted(event: Wallet.Promoted, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings)


@wallet.on(Wallet.PromotionExpired)
def _promotion_expired(event: Wallet.PromotionExpired, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings)


@wallet.on(Wallet.Reserved)
def _reserved(event: Wallet.Reserved, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings, job_id=event.job_id)


@wallet.on(Wallet.Captured)
def _captured(event: Wallet.Captured, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings, job_id=event.job_id)


@wallet.on(Wallet.Released)
def _released(event: Wallet.Released, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings, job_id=event.job_id)


@wallet.on(Wallet.Expired)
def _expired(event: Wallet.Expired, fact: Fact) -> list[Change]:
    return _moved(fact, event.postings, job_id=event.job_id)


def _moved(
    fact: Fact,
    postings: Sequence[Posting],
    *,
    job_id: UUID | None = None,
    purchase_id: UUID | None = None,
) -> list[Change]:
    moved = {
        "available": _on(Account.AVAILABLE, postings),
        "reserved": _on(Account.RESERVED, postings),
        "spent": _on(Account.REVENUE, postings),
    }
    key = (fact.owner_id.int,)

    def move(rows: Rows) -> None:
        before = rows.get(BALANCES, key) or dict.fromkeys(moved, 0)
        after = {account: before[account] + change for account, change in moved.items()}
        rows.put(BALANCES, key, {"owner_id": fact.owner_id, **after, "position": fact.position})
        entry = {
            "owner_id": fact.owner_id,
            "position": fact.position,
            "entry": fact.event_type,
            **{f"{account}_change": change for account, change in moved.items()},
            **after,
            "job_id": job_id,
            "purchase_id": purchase_id,
            "postings": postings,
            "recorded_at": fact.recorded_at,
        }
        rows.add(STATEMENT, entry)

    return [Change(move, reads=((BALANCES, key),)), wallet_changed(fact, purchase_id)]


def _on(account: Account, postings: Sequence[Posting]) -> int:
    return sum(posting.millicredits for posting in postings if posting.account is account)
