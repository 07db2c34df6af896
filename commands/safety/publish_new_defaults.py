"""A release that can do more puts its prices and rows beside those in force. Owner: `SYSTEM`."""

from dataclasses import dataclass
from datetime import timedelta

from commands.digest import changing_default
from commands.work import Work
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import POLICY_ID, PRICE_LIST_ID, SYSTEM
from domain.policy import DEFAULT_ROWS, FIRST_ROWS, Policy, PolicyRow
from domain.price_list import DEFAULT_ENTRIES, PriceEntry, PriceList
from domain.refusals import NotFound

QUOTES_ACCEPTED_FOR = timedelta(days=1)
"""Whoever was quoted before still pays what they were told."""


@dataclass(frozen=True)
class PublishNewDefaults:
    """What this release ships. Asked at every start, and carried out once a release."""

    entries: tuple[PriceEntry, ...] = changing_default(DEFAULT_ENTRIES)
    rows: tuple[PolicyRow, ...] = changing_default(DEFAULT_ROWS)


def handle(command: PublishNewDefaults, work: Work) -> None:
    """Price what has no price yet, and allow what a policy that nobody has changed now allows.

    Prices in force stay as they are, and the quotes of before stay accepted for a while. Rows that
    an operator has chosen are theirs: such a policy changes by `suite policy publish` alone. Where
    nothing was ever published there is nothing to do. Raises `NotFound` for any owner but `SYSTEM`.
    """
    if work.owner_id != SYSTEM:
        raise NotFound()
    changed: list[Aggregate] = []
    prices = work.find(PriceList, PRICE_LIST_ID)
    current = None if prices is None else prices.current
    if prices is not None and current is not None and (new := prices.lacks(command.entries)):
        prices.publish(
            prices.next_version,
            (*current.entries, *new),
            work.now + QUOTES_ACCEPTED_FOR,
            packages=current.packages,
            at=work.now,
        )
        changed.append(prices)
    policy = work.find(Policy, POLICY_ID)
    if policy is not None and policy.rows == FIRST_ROWS != command.rows:
        policy.publish(policy.policy_version + 1, command.rows, (), at=work.now)
        changed.append(policy)
    if changed:
        work.save(*changed)
