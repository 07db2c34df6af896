"""Output released → delete the copies that other screenings of it have signed."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain import object_keys
from domain.asset import Asset


def react(event: Asset.Released, owner_id: UUID) -> tuple[Intended, ...]:
    """All but the released files; nothing where the asset lies in the place of before."""
    place = object_keys.gallery_prefix(event.originator_id)
    kept = tuple(rendition.object_key for rendition in event.renditions)
    if not all(key.startswith(place) for key in kept):
        return ()
    others = DeleteObjects(places=(place,), kept=kept)
    return (
        Intended(others, "now"),
        Intended(others, "later", due_at=event.timestamp + LATEST_WRITE),
    )
