"""What may be ticked now: what every engine and the policy in force leave."""

from collections.abc import Sequence
from dataclasses import dataclass

from commands.work import Work
from domain.consent_scopes import RATINGS, scopes_offered
from domain.consent_text import ConsentScope
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import POLICY_ID
from domain.policy import Policy


@dataclass(frozen=True)
class Offer:
    """`rests_on` is named in the save of whoever relies on it: the policy, where it was asked."""

    scopes: tuple[ConsentScope, ...]
    rests_on: tuple[Aggregate, ...] = ()


def offer(work: Work, ticked: Sequence[ConsentScope]) -> Offer:
    """The policy is asked only where a rating above `GENERAL` was ticked. Raises `NotFound`."""
    if not RATINGS.keys() & set(ticked):
        return Offer(scopes_offered(()))
    policy = work.load_shared(Policy, POLICY_ID)
    allowed = ((row.engine, row.rating) for row in policy.rows)
    return Offer(scopes_offered(allowed), (policy,))
