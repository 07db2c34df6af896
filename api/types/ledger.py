"""What an auditor sees of everybody: balances at a position, and what must hold of them."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.scalars import Millicredits, Position
from queries.wallet.equations import LedgerRule, Slice
from queries.wallet.ledger import Accounts, LedgerPlace
from queries.wallet.ledger import LedgerAccount as AccountRow
from queries.wallet.ledger_diff import ENTRIES_COUNTED_MAX, Held
from queries.wallet.ledger_diff import LedgerChange as ChangeRow
from queries.wallet.ledger_diff import LedgerDiff as DiffRows
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
    description="Balances as of a position, computed from the entries: those of some owners."
)
class Ledger:
    as_of: Position
    at: datetime | None = strawberry.field(
        description="When the last entry up to that position was recorded. Null before the first."
    )
    head: Position = strawberry.field(description="The position of the newest entry of all.")
    accounts: list[LedgerAccount]
    more_behind: UUID | None = strawberry.field(
        description="The owner behind whom the next ones come. Null where there are none."
    )


@strawberry.type(
    description="Something that must be the same in two ways of adding up, over a slice of "
    "entries. In millicredits; in entries where the rule is ENTRIES_BALANCE or NOTHING_IS_NEGATIVE."
)
class LedgerSides:
    rule: LedgerRule
    left: Millicredits
    right: Millicredits


@strawberry.type(
    description="What the entries behind one position and up to another come to. Numbers and sides "
    "add up over slices. At a position a rule of its last slice holds where the sums of both its "
    "sides are the same."
)
class LedgerSlice:
    up_to: Position = strawberry.field(description="The next slice begins behind it.")
    is_last: bool
    entries: int
    owners: int = strawberry.field(description="Those whose first entry is among them.")
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    sides: list[LedgerSides]


@strawberry.type(description="What an owner had at a position.")
class LedgerBalance:
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits


@strawberry.type(description="One owner who has entries between two positions.")
class LedgerChange:
    owner: UUID
    entries: int
    entries_are_least: bool = strawberry.field(description="There are that many or more.")
    before: LedgerBalance
    now: LedgerBalance


@strawberry.type(description="Whose balances changed between two positions: some of the owners.")
class LedgerDiff:
    since: Position
    until: Position
    changes: list[LedgerChange]
    more_behind: UUID | None = strawberry.field(
        description="The owner behind whom the next ones come. Null where there are none."
    )


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
    found: Accounts, *, as_of: int, at: LedgerPlace | None, newest: LedgerPlace | None
) -> Ledger:
    """The auditor's ledger."""
    return Ledger(
        as_of=Position(as_of),
        at=at.recorded_at if at else None,
        head=Position(newest.position if newest else 0),
        accounts=[_account(row) for row in found.accounts],
        more_behind=found.more_behind,
    )


def _account(row: AccountRow) -> LedgerAccount:
    return LedgerAccount(
        owner=row.owner_id,
        available=Millicredits(row.available),
        reserved=Millicredits(row.reserved),
        spent=Millicredits(row.spent),
        position=Position(row.position),
    )


def ledger_slice(found: Slice) -> LedgerSlice:
    """A slice of it."""
    return LedgerSlice(
        up_to=Position(found.up_to),
        is_last=found.is_last,
        entries=found.entries,
        owners=found.owners,
        available=Millicredits(found.available),
        reserved=Millicredits(found.reserved),
        spent=Millicredits(found.spent),
        sides=[
            LedgerSides(rule=one.rule, left=Millicredits(one.left), right=Millicredits(one.right))
            for one in found.sides
        ],
    )


def ledger_diff(found: DiffRows, *, since: int, until: int) -> LedgerDiff:
    """Its changes between two positions."""
    return LedgerDiff(
        since=Position(since),
        until=Position(until),
        changes=[_change(row) for row in found.changes],
        more_behind=found.more_behind,
    )


def _change(row: ChangeRow) -> LedgerChange:
    return LedgerChange(
        owner=row.owner_id,
        entries=row.entries,
        entries_are_least=row.entries >= ENTRIES_COUNTED_MAX,
        before=_balance(row.before),
        now=_balance(row.now),
    )


def _balance(held: Held) -> LedgerBalance:
    return LedgerBalance(
        available=Millicredits(held.available),
        reserved=Millicredits(held.reserved),
        spent=Millicredits(held.spent),
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
