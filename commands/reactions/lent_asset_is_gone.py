"""A picture is purged or reported → end the jobs that were to begin with it."""

from uuid import UUID

from commands.jobs.end_without_source import EndWithoutSource
from commands.reactions.reaction import Intended
from domain.asset import Asset


def react(event: Asset.PurgeRequested | Asset.Hidden, owner_id: UUID) -> tuple[Intended, ...]:
    """Of those that have read it, or ended, nothing comes."""
    return tuple(Intended(EndWithoutSource(job), target=str(job)) for job in event.lent_to)
