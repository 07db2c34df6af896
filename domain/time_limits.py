"""How long things may stay open before time decides them, and how often is asked until then."""

from datetime import datetime, timedelta
from math import ceil

ASKED_FIRST_AFTER = timedelta(minutes=10)
"""Webhooks come within seconds: after so long one is lost, or nothing was decided yet."""

PURCHASE_OPEN_MAX = timedelta(hours=24)
"""A checkout page that nobody paid on for a day was left; its place is for the next purchase."""

EXPIRED_PURCHASE_LAST_ASKED_AFTER = timedelta(days=7)
"""Money may be days on its way to the provider. It credits whenever it comes, so look once more."""

UPLOADS_OPEN_MAX = timedelta(hours=1)
"""Whoever has not submitted photos an hour after they said which ones has gone: faces go too."""

PHOTO_SET_OPEN_MAX = timedelta(hours=24)
"""The gate judges a set in seconds. After a day it will not, and faces do not wait for ever."""

GOOD_PHOTOS_KEPT_MAX = timedelta(hours=24)
"""Whoever replaces what is wrong with a set does so the same day. Then the good ones go, too."""

VERIFICATION_OPEN_MAX = timedelta(days=7)
"""Providers keep a started check for a week; people come back to one with another document."""

JOB_OPEN_MAX = timedelta(hours=24)
"""The longest job runs an hour. Whoever waits for a day is better served by their credits."""

SOURCE_PHOTO_KEPT_MAX = timedelta(days=30)
"""What nothing began with for a month is not needed, and is a face that lies there."""

PACK_OPEN_MAX = timedelta(hours=1)
"""A pack is made in seconds. Whoever waits for an hour asks again."""

PACK_KEPT_MAX = timedelta(hours=24)
"""What was made to be published is fetched the same day."""

TRASH_KEPT_MAX = timedelta(days=30)
"""What was thrown away by mistake is missed within a month."""

UNDO_MAX = timedelta(hours=24)
"""A change of many items can be undone for a day."""


def asked_again_at(since: datetime, now: datetime, end: datetime) -> datetime:
    """When to ask again about what is open since then: ever later, and once at its end."""
    return min(end, now + max(now - since, ASKED_FIRST_AFTER))


def seconds_until(due_at: datetime, now: datetime) -> int:
    """Whole seconds to wait for something that is not done yet: at least one, also when late."""
    return max(1, ceil((due_at - now).total_seconds()))
