"""The parts that grants are made of. Keys are to be presigned; nothing here is personal text."""

from uuid import UUID

import msgspec

from domain import object_keys
from domain.engines import engine
from domain.job import Job
from domain.job_input import InputRole, input_of
from domain.job_kinds import job_kind
from domain.twin import Twin


class GrantedItem(msgspec.Struct, frozen=True):
    """One output: its seed and the place in quarantine where its one file goes."""

    item: int
    seed: int
    upload_key: str


class GrantedPhoto(msgspec.Struct, frozen=True):
    """One clean photo to learn from."""

    photo_id: UUID
    object_key: str


class GrantedAdapter(msgspec.Struct, frozen=True):
    """The LoRA of the twin, as it was delivered."""

    object_key: str
    sha256: str
    size_bytes: int


class GrantedSource(msgspec.Struct, frozen=True):
    """The picture to begin with. `strength` is how much of it is drawn anew, from 0 to 1."""

    object_key: str
    sha256: str
    strength: float


def items_of(job: Job, claim_id: UUID) -> tuple[GrantedItem, ...]:
    """What the claim that started the attempt may upload."""
    suffix = job_kind(job.kind).raw.suffix
    return tuple(
        GrantedItem(
            item=item.item,
            seed=item.seed,
            upload_key=object_keys.quarantine_item_key(
                job.id, job.attempt, claim_id, item.item, suffix=suffix
            ),
        )
        for item in job.items
    )


def adapter_of(job: Job, twin: Twin | None) -> GrantedAdapter | None:
    """What draws the twin; None for a job without one, or whose source shows it and is kept."""
    if twin is None:
        return None
    keeps = engine(job.engine).keeps(job.kind, has_source=source_of(job) is not None)
    if keeps and not twin.is_trained_on(job.engine):
        return None
    adapter = twin.adapter(job.engine)
    return GrantedAdapter(adapter.object_key, adapter.sha256, adapter.size_bytes)


def source_of(job: Job) -> GrantedSource | None:
    """The picture to begin with; None where the job begins with none."""
    read = input_of(job.inputs, InputRole.SOURCE)
    return None if read is None else GrantedSource(read.object_key, read.sha256, read.strength)
