"""Histories of a studio in the sizes that benchmarks fold."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID, uuid5

from tests.projections.studio_history import ADA, StudioHistory, a_whole_journey
from topics.messages.fact import Fact

PROMOTION_MILLICREDITS = 1_000_000_000


def one_busy_owner(jobs: int) -> StudioHistory:
    """One person who never stops asking for pictures: some 13 facts a job."""
    history = a_whole_journey()
    person, wallet = history.person(ADA), history.wallet(ADA)
    twin = history.twin(uuid5(ADA, "twin Countess"))
    expires_at = history.now + timedelta(days=30)
    wallet.grant_promotion(uuid5(ADA, "plenty"), PROMOTION_MILLICREDITS, expires_at, at=history.now)
    history.save(ADA, wallet)
    for number in range(jobs):
        job = history.requested_pictures(person, twin, wallet, f"lighthouse {number} in fog")
        history.finished(job, twin, wallet)
    return history


def many_owners(owners: int) -> StudioHistory:
    """So many people from sign-up to pictures in the gallery."""
    history = StudioHistory()
    for number in range(owners):
        a_whole_journey(uuid5(ADA, str(number)), history)
    return history


def at_the_same_time(facts: Sequence[Fact]) -> list[Fact]:
    """As if all owners had come at once: everybody's first fact, then everybody's second.

    Positions are given anew, in this order.
    """
    of_owners: dict[UUID, list[Fact]] = defaultdict(list)
    for fact in facts:
        of_owners[fact.owner_id].append(fact)
    in_turns = [
        fact for turn in zip_longest(*of_owners.values()) for fact in turn if fact is not None
    ]
    return [
        Fact(
            position,
            fact.owner_id,
            fact.originator_id,
            fact.originator_version,
            fact.event_type,
            fact.data,
            fact.recorded_at,
        )
        for position, fact in enumerate(in_turns, 1)
    ]
