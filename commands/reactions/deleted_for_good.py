"""How places are deleted to which nothing may be written again: at once, and once more later."""

from datetime import datetime, timedelta

from commands.reactions.deeds import DeleteObjects
from commands.reactions.reaction import Intended

LATEST_WRITE = timedelta(hours=1)
"""By then every form for these places is over, and a process that stood still has ended itself."""


def deleted_for_good(places: tuple[str, ...], *, since: datetime) -> tuple[Intended, ...]:
    """The first closes the places where the store can; the second is for a store that cannot."""
    deletion = DeleteObjects(places=places, for_good=True)
    return (Intended(deletion), Intended(deletion, "later", due_at=since + LATEST_WRITE))
