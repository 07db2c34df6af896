"""Adapter delivered → delete the copies that other screenings of the training have written."""

from pathlib import PurePosixPath
from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain.twin import Twin


def react(event: Twin.AdapterDelivered, owner_id: UUID) -> tuple[Intended, ...]:
    """All of the same training but the delivered one and the checkpoints that may be chosen;
    nothing for one in the place of before."""
    place = PurePosixPath(event.object_key).parent
    if place.name != str(event.job_id):
        return ()
    kept = (event.object_key, *(checkpoint.object_key for checkpoint in event.checkpoints))
    others = DeleteObjects(places=(f"{place}/",), kept=kept)
    return (
        Intended(others, "now"),
        Intended(others, "later", due_at=event.timestamp + LATEST_WRITE),
    )
