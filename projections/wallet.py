"""Balances, and the statement with the balances after each entry."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from domain.wallet import Wallet
from domain.wallet_state import Account, Posting
from projections.feed import wallet_changed
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

wallet = ReadModel("wallet")

_MOVED: LiteralString = """
WITH c AS (
    SELECT * FROM json_populate_recordset(NULL::statement, %(rows)s)
), moved AS (
    INSERT INTO balances AS b (owner_id, available, reserved, spent, position)
    SELECT owner_id, available_change, reserved_change, spent_change, position FROM c
    ON CONFLICT (owner_id) DO UPDATE
       SET available = b.available + excluded.available,
           reserved = b.reserved + excluded.reserved,
           spent = b.spent + excluded.spent,
           position = excluded.position
    RETURNING owner_id, available, reserved, spent
)
INSERT INTO statement (owner_id, position, entry, available_change, reserved_change, spent_change,
                       available, reserved, spent, job_id, purchase_id, postings, recorded_at)
SELECT owner_id, c.position, c.entry, c.available_change, c.reserved_change, c.spent_change,
       moved.available, moved.reserved, moved.spent, c.job_id, c.purchase_id, c.postings,
       c.recorded_at
  FROM c JOIN moved USING (owner_id)
"""


@wallet.on(Wallet.Opened)
def _opened(event: Wallet.Opened, fact: Fact) -> list[Change]:
    return [
        Change(
            """
            INSERT INTO balances (owner_id, available, reserved, spent, position)
            SELECT owner_id, 0, 0, 0, position
              FROM json_populate_recordset(NULL::balances, %(rows)s)
            """,
            {"owner_id": fact.owner_id, "position": fact.position},
        ),
        wallet_changed(fact),
    ]


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
    values = {
        "owner_id": fact.owner_id,
        "position": fact.position,
        "entry": fact.event_type,
        "available_change": _on(Account.AVAILABLE, postings),
        "reserved_change": _on(Account.RESERVED, postings),
        "spent_change": _on(Account.REVENUE, postings),
        "job_id": job_id,
        "purchase_id": purchase_id,
        "postings": postings,
        "recorded_at": fact.recorded_at,
    }
    return [Change(_MOVED, values), wallet_changed(fact)]


def _on(account: Account, postings: Sequence[Posting]) -> int:
    return sum(posting.millicredits for posting in postings if posting.account is account)
