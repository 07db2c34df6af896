"""Picture released → delete the copies that other screenings of it have signed."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain import object_keys
from domain.asset import Asset


def react(event: Asset.Released, owner_id: UUID) -> tuple[Intended, ...]:
    """All but the released one; nothing where the asset lies in the place of before."""
    place = object_keys.gallery_prefix(event.originator_id)
    if not event.object_key.startswith(place):
        return ()
    others = DeleteObjects(places=(place,), kept=(event.object_key,))
    return (
        Intended(others, "now"),
        Intended(others, "later", due_at=event.timestamp + LATEST_WRITE),
    )
