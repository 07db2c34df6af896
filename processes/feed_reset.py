"""A new era of the feed, opened by an operator who has restored a backup."""

from datetime import UTC, datetime, timedelta

from adapters.postgres.connect import connect
from processes.database_at_hand import database_at_hand
from processes.settings import Settings
from processes.wiring.clock import system_clock
from projections.feed_reset import begin_era
from queries.feed.era import POSITIONS_PER_ERA

FIRST_ERA = datetime(2026, 1, 1, tzinfo=UTC)
ERA_STEP = timedelta(minutes=10)
"""Eras are counted by the clock: the same backup restored twice must not give the same era twice.
A position has room for 175 years of them.
"""


def reset(settings: Settings) -> int:
    """Begin an era; returns the position it begins behind. May be repeated."""
    start = era_start(system_clock())
    with (
        database_at_hand(settings) as url,
        connect(url, "projector", application="feed reset") as writing,
        writing.cursor() as cursor,
    ):
        return begin_era(cursor, start=start, positions_per_era=POSITIONS_PER_ERA)


def era_start(at: datetime) -> int:
    """Where the era of a time begins."""
    return max(1, (at - FIRST_ERA) // ERA_STEP) * POSITIONS_PER_ERA
