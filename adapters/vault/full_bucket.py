"""When a bucket of tries is full, and how long whoever finds it full has to wait."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from commands.ports.tries import Bucket
from domain.refusals import TooManyRequests


def require_room(buckets: Iterable[tuple[Bucket, datetime]], *, at: datetime) -> None:
    """Each bucket with the time at which it is empty again. Raises `TooManyRequests`."""
    beyond = [empty_at - at - bucket.holds for bucket, empty_at in buckets]
    longest = max(beyond, default=timedelta())
    if longest > timedelta():
        raise TooManyRequests(math.ceil(longest.total_seconds()))
