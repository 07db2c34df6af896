"""The table of faults says what was lost, doubled and repeated, and not what was hoped for."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.job import Job
from tests.diary import ADA, GRACE, MORNING
from tests.faults.effects import doubled_effects
from tests.kafka.fault_count import FaultCount, count_of_facts
from topics.messages.fact import Fact

JOB = uuid5(ADA, "job")
OWNERS = {1: ADA, 2: GRACE, 3: ADA, 4: ADA}


def fact(position: int) -> Fact:
    owner = OWNERS[position]
    return Fact(position, owner, uuid5(owner, "notes"), 1, "diary.line-written", b"{}", MORNING)


@pytest.mark.parametrize(
    ("stood", "lost", "repeated"),
    [
        ((1, 2, 3, 4), 0, 0),
        ((2, 1, 3, 4), 0, 0),
        ((1, 3, 1, 3, 2, 2, 4), 0, 3),
        ((1, 2, 4), 1, 0),
        ((1, 2, 4, 3), 1, 0),
        ((), 4, 0),
    ],
    ids=["in order", "owners apart", "again", "one missing", "one too late", "none"],
)
def test_a_fact_that_never_came_or_came_behind_a_newer_one_of_its_owner_is_lost(
    stood: tuple[int, ...], lost: int, repeated: int
) -> None:
    found = count_of_facts("any", 7, OWNERS, [fact(position) for position in stood])
    assert found == FaultCount("any", 7, lost=lost, doubled=0, repeated=repeated)


def screened(version: int, attempt: int) -> tuple[UUID, Job.Screened]:
    screened: Any = Job.Screened
    event = screened(
        originator_id=JOB,
        originator_version=version,
        timestamp=MORNING,
        attempt=attempt,
        verdicts=(),
    )
    return ADA, event


def test_an_effect_that_took_place_twice_is_named() -> None:
    assert doubled_effects([screened(4, 1), screened(7, 2)]) == []
    assert doubled_effects([screened(4, 1), screened(5, 1)]) == [("screening", JOB, 1)]
