"""`suite.jobs.{training,image,video,screening}.v1`: there is work. Thin: no prompt, no URL."""

from uuid import UUID

import msgspec

from topics.messages.bounds import Attempt, BatchKey, EngineId
from topics.messages.work import WorkKind


class JobQueued(msgspec.Struct, frozen=True, tag="job.queued"):
    """An attempt waits for a worker.

    `batch_key` groups what may share a batch, `twin` is for affinity, `owner` for fairness. For
    screening, `attempt` is the attempt whose outputs are screened; a photo set is attempt 1 of the
    job whose id is the submission's. A pack is attempt 1 of the job of its id, and `packs` stands
    for all packs of its owner.
    """

    job: UUID
    attempt: Attempt
    kind: WorkKind
    engine: EngineId
    batch_key: BatchKey
    owner: UUID
    twin: UUID | None = None
    packs: UUID | msgspec.UnsetType = msgspec.UNSET
