"""Picture refused → delete the signed copies, where a screener had written any."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain import object_keys
from domain.asset import Asset


def react(event: Asset.Refused, owner_id: UUID) -> tuple[Intended, ...]:
    """Nothing of a refused output is kept, whichever screening signed it."""
    asset = event.originator_id
    of_before = object_keys.first_gallery_key(owner_id, asset)
    copies = DeleteObjects((object_keys.gallery_prefix(asset), of_before), for_good=True)
    return (
        Intended(copies, "now"),
        Intended(copies, "later", due_at=event.timestamp + LATEST_WRITE),
    )
