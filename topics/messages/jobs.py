"""`suite.jobs.{training,image,video,screening}.v1`: there is work. Thin: no prompt, no URL."""

from uuid import UUID

import msgspec

from topics.messages.bounds import Attempt, BatchKey, EngineId, ItemCount, Position
from topics.messages.work import WorkKind


class JobQueued(msgspec.Struct, frozen=True, tag="job.queued"):
    """An attempt waits for a worker.

    `batch_key` groups what may share a batch, `twin` is for affinity, `owner` for fairness. For
    screening, `attempt` is the attempt whose outputs are screened; a photo set is attempt 1 of the
    job whose id is the submission's. A pack is attempt 1 of the job of its id, and `packs` stands
    for all packs of its owner.

    `items` is how many there are to draw: jobs of one key may be drawn together, as many as fit.
    It is absent where the attempt is to be drawn alone, as after one that failed.

    `turn` orders the jobs of one owner: the smaller comes first. Between owners it says nothing.
    """

    job: UUID
    attempt: Attempt
    kind: WorkKind
    engine: EngineId
    batch_key: BatchKey
    owner: UUID
    twin: UUID | None = None
    packs: UUID | msgspec.UnsetType = msgspec.UNSET
    items: ItemCount | msgspec.UnsetType = msgspec.UNSET
    turn: Position | msgspec.UnsetType = msgspec.UNSET
