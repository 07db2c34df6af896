"""Consent withdrawn → tell every worker to forget the likeness: in memory and in its files."""

from uuid import UUID

from commands.reactions.deeds import AnnounceForgetting
from domain.twin import Twin


def react(event: Twin.ConsentWithdrawn, owner_id: UUID) -> AnnounceForgetting:
    """What rests on a consent that is given later stays."""
    return AnnounceForgetting(twin_id=event.originator_id, epoch=event.epoch)
