"""Thrown away → purge it once its time in the trash is over."""

from uuid import UUID

from commands.gallery.purge_trashed import PurgeTrashed
from commands.reactions.reaction import Intended
from domain.asset import Asset


def react(event: Asset.Trashed, owner_id: UUID) -> tuple[Intended, ...]:
    """Refused where it was fetched back, which is as well."""
    purge = PurgeTrashed(event.originator_id, event.purge_at)
    return (Intended(purge, due_at=event.purge_at),)
