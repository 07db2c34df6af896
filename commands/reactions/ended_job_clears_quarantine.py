"""Job ended → delete what nobody will look at any more."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from domain import object_keys
from domain.engines import ENGINES
from domain.job import Job
from domain.kernel.identity import asset_id

OUTPUTS_MAX = max(
    max(entry.count.maximum, entry.training.sample_count) for entry in ENGINES.values()
)
"""No job has more outputs."""


def after_completion(event: Job.Completed, owner_id: UUID) -> DeleteObjects:
    """The signed copies stay; what they were made from goes."""
    return DeleteObjects(places=(object_keys.quarantine_prefix(event.originator_id),))


def after_no_result(event: Job.Failed | Job.Cancelled, owner_id: UUID) -> DeleteObjects:
    """Nothing was released, so signed copies that the screener had begun to write go too."""
    job = event.originator_id
    assets = [asset_id(job, item) for item in range(OUTPUTS_MAX)]
    copies = (object_keys.gallery_prefix(asset) for asset in assets)
    of_before = (object_keys.first_gallery_key(owner_id, asset) for asset in assets)
    return DeleteObjects(places=(object_keys.quarantine_prefix(job), *copies, *of_before))
