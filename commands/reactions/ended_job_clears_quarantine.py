"""Job ended → delete what nobody will look at any more."""

from datetime import timedelta
from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.reaction import Intended
from domain import object_keys
from domain.engines import ENGINES
from domain.job import Job
from domain.kernel.identity import asset_id

OUTPUTS_MAX = max(
    max(
        entry.count.maximum,
        0 if entry.training is None else entry.training.sample_count,
        0 if entry.clips is None else entry.clips.count.maximum,
    )
    for entry in ENGINES.values()
)
"""No job has more outputs."""


LAST_FORM_OVER = timedelta(
    seconds=max(max(entry.attempt_limit_s.values()) for entry in ENGINES.values())
)
"""A worker's forms hold until its attempt's deadline, whatever became of the job meanwhile."""


def after_completion(event: Job.Completed, owner_id: UUID) -> tuple[Intended, ...]:
    """The signed copies stay; what they were made from goes."""
    return _twice(event, ())


def after_no_result(event: Job.Failed | Job.Cancelled, owner_id: UUID) -> tuple[Intended, ...]:
    """Nothing was released, so signed copies that the screener had begun to write go too."""
    assets = [asset_id(event.originator_id, item) for item in range(OUTPUTS_MAX)]
    copies = (object_keys.gallery_prefix(asset) for asset in assets)
    of_before = (object_keys.first_gallery_key(owner_id, asset) for asset in assets)
    return _twice(event, (*copies, *of_before))


def _twice(
    event: Job.Completed | Job.Failed | Job.Cancelled, copies: tuple[str, ...]
) -> tuple[Intended, ...]:
    """At once, and when nobody can write to the quarantine any more."""
    quarantine = object_keys.quarantine_prefix(event.originator_id)
    deletion = DeleteObjects(places=(quarantine, *copies))
    return (
        Intended(deletion),
        Intended(deletion, "later", due_at=event.timestamp + LAST_FORM_OVER),
    )
