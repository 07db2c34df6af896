"""What an auditor sees of everybody: balances at a position, and what must hold of them."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.scalars import Millicredits, Position
from queries.wallet.equations import Equation, LedgerRule
from queries.wallet.ledger import Ledger as LedgerRows
from queries.wallet.ledger import LedgerPlace
from queries.wallet.statement import StatementEntry

strawberry.enum(LedgerRule)


@strawberry.type(description="One owner's balances, under a pseudonym.")
class LedgerAccount:
    owner: UUID
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    position: Position


@strawberry.type(
    description="Something that must be the same in two ways of adding up. In millicredits; in "
    "entries where the rule is ENTRIES_BALANCE or NOTHING_IS_NEGATIVE."
)
class LedgerEquation:
    rule: LedgerRule
    left: Millicredits
    right: Millicredits
    holds: bool


@strawberry.type(description="All balances as of a position, computed from the entries.")
class Ledger:
    as_of: Position
    at: datetime | None = strawberry.field(
        description="When the last entry up to that position was recorded. Null before the first."
    )
    head: Position = strawberry.field(description="The position of the newest entry of all.")
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    entries: int
    owners: int
    accounts: list[LedgerAccount]
    equations: list[LedgerEquation]


@strawberry.type(description="One side of an entry. The postings of an entry sum to zero.")
class LedgerPosting:
    account: str
    millicredits: Millicredits


@strawberry.type(description="One entry of an owner's, as an auditor sees it: amounts and ids.")
class LedgerEntry:
    position: Position
    kind: str = strawberry.field(description="The stored name of the event.")
    at: datetime
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    job: UUID | None
    purchase: UUID | None
    postings: list[LedgerPosting]


def ledger(
    found: LedgerRows,
    *,
    at: LedgerPlace | None,
    newest: LedgerPlace | None,
    rules: tuple[Equation, ...],
) -> Ledger:
    """The auditor's ledger."""
    return Ledger(
        as_of=Position(found.as_of),
        at=at.recorded_at if at else None,
        head=Position(newest.position if newest else 0),
        available=Millicredits(found.available),
        reserved=Millicredits(found.reserved),
        spent=Millicredits(found.spent),
        entries=found.entries,
        owners=found.owners,
        accounts=[
            LedgerAccount(
                owner=account.owner_id,
                available=Millicredits(account.available),
                reserved=Millicredits(account.reserved),
                spent=Millicredits(account.spent),
                position=Position(account.position),
            )
            for account in found.accounts
        ],
        equations=[
            LedgerEquation(
                rule=one.rule,
                left=Millicredits(one.left),
                right=Millicredits(one.right),
                holds=one.holds,
            )
            for one in rules
        ],
    )


def ledger_entry(row: StatementEntry) -> LedgerEntry:
    """The entry of a row."""
    return LedgerEntry(
        position=Position(row.position),
        kind=row.entry,
        at=row.recorded_at,
        available=Millicredits(row.available),
        reserved=Millicredits(row.reserved),
        spent=Millicredits(row.spent),
        job=row.job_id,
        purchase=row.purchase_id,
        postings=[
            LedgerPosting(account=one.account, millicredits=Millicredits(one.millicredits))
            for one in row.postings
        ],
    )
