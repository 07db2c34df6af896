"""Items listed for a change → change them."""

from datetime import timedelta
from uuid import UUID

from commands.gallery.carry_out_chunk import CarryOutChunk
from commands.reactions.reaction import Intended
from domain.bulk_change import BulkChunk

SPACING = timedelta(milliseconds=40)
"""About as long as a chunk takes: whatever else the owner asks for meanwhile comes in between."""


def react(event: BulkChunk.Listed, owner_id: UUID) -> tuple[Intended, ...]:
    """One after another. Refused where that was done at once."""
    carry_out = CarryOutChunk(event.originator_id, event.change_id)
    return (Intended(carry_out, due_at=event.timestamp + event.chunk * SPACING),)
