"""Consent withdrawn → hide what was released under it."""

from uuid import UUID

from commands.gallery.hide_assets import HideAssets
from domain.twin import Twin


def react(event: Twin.ConsentWithdrawn, owner_id: UUID) -> HideAssets:
    """The event carries the new epoch; the one that ended is the one before."""
    return HideAssets(twin_id=event.originator_id, epoch=event.epoch - 1)
