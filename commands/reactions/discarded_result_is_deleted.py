"""Late result discarded → delete its bytes."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from domain import object_keys
from domain.job import Job


def react(event: Job.ResultDiscarded, owner_id: UUID) -> DeleteObjects:
    """The claim wrote to a place of its own: nothing that counts lies there."""
    place = object_keys.quarantine_claim_prefix(event.originator_id, event.attempt, event.claim_id)
    return DeleteObjects(places=(place,))
