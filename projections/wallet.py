"""Balances, and the statement with the balances after each entry."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from domain.wallet import Account, Posting, Wallet
from projections.feed import wallet_changed
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

wallet = ReadModel("wallet")

_MOVED: LiteralString = """
WITH moved AS (
    INSERT INTO balances AS b (owner_id, available, reserved, spent, position)
    VALUES (%(owner_id)s, %(available)s, %(reserved)s, %(spent)s, %(position)s)
    ON CONFLICT (owner_id) DO UPDATE
       SET available = b.available + excluded.available,
           reserved = b.reserved + excluded.reserved,
           spent = b.spent + excluded.spent,
           position = excluded.position
    RETURNING available, reserved, spent
)
INSERT INTO statement (owner_id, position, entry, available_change, reserved_change, spent_change,
                       available, reserved, spent, job_id, purchase_id, postings, recorded_at)
SELECT %(owner_id)s, %(position)s, %(entry)s, %(available)s, %(reserved)s, %(spent)s,
       available, reserved, spent, %(job_id)s, %(purchase_id)s, %(postings)s, %(recorded_at)s
  FROM moved
"""


@wallet.on(Wallet.Opened)
def _opened(event: Wallet.Opened, fact: Fact) -> list[Change]:
    return [
        Change(
            """
            INSERT INTO balances (owner_id, available, reserved, spent, position)
            VALUES (%(owner_id)s, 0, 0, 0, %(position)s)
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
        "available": _on(Account.AVAILABLE, postings),
        "reserved": _on(Account.RESERVED, postings),
        "spent": _on(Account.REVENUE, postings),
        "job_id": job_id,
        "purchase_id": purchase_id,
        "postings": Jsonb(msgspec.to_builtins(postings)),
        "recorded_at": fact.recorded_at,
    }
    return [Change(_MOVED, values), wallet_changed(fact)]


def _on(account: Account, postings: Sequence[Posting]) -> int:
    return sum(posting.millicredits for posting in postings if posting.account is account)
