"""Late result discarded → delete its bytes."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.ended_job_clears_quarantine import OUTPUTS_MAX
from domain import object_keys
from domain.job import Job
from domain.kernel.identity import asset_id


def react(event: Job.ResultDiscarded, owner_id: UUID) -> DeleteObjects:
    """The claim wrote to places of its own: nothing that counts.

    A worker's report reaches what workers write and no more, whichever claim it names: the copies
    of a screening go only where its own report came late.
    """
    job, claim = event.originator_id, event.claim_id
    signed = (
        object_keys.gallery_claim_prefix(asset_id(job, item), claim)
        for item in range(OUTPUTS_MAX if event.signed else 0)
    )
    rendered = object_keys.quarantine_claim_prefix(job, event.attempt, claim)
    return DeleteObjects(places=(rendered, *signed))
