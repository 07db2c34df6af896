"""A job as it goes."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

import msgspec
import strawberry

from api.ids import global_id
from api.progress import HowFar, ProgressBoard
from api.scalars import Millicredits, Position
from api.types.asset import Asset, asset
from api.types.enums import JobKind, JobState, Phase
from api.types.node import Node
from api.types.refused_item import RefusedItem, refused_items
from api.types.source_photo import source_id
from queries.gallery.gallery import Asset as AssetRow
from queries.jobs.jobs import Job as JobRow
from queries.jobs.queue import QueuePlace as QueueRow


@strawberry.type(description="One checkpoint that a training has passed.")
class TrainingCheckpoint:
    step: int
    similarity: float = strawberry.field(description="Its samples' likeness: a cosine, up to 1.")
    samples_png: str | None = strawberry.field(
        description="A data URL: its samples side by side, made without the decoder. Null where "
        "the engine allows no previews, and where it was passed before this was heard."
    )


@strawberry.type(description="How far a running attempt is. Latest wins; it has no position.")
class JobProgress:
    phase: Phase
    step: int
    steps_total: int
    preview_png: str | None = strawberry.field(
        description="A data URL of at most 16 KiB of PNG, where the engine allows previews: what "
        "is being drawn side by side; of a clip its middle frame."
    )
    preview_items: list[int] = strawberry.field(
        description="Which items the preview shows, left to right. Empty where it is one of them."
    )
    at: datetime
    time_left_s: int | None = strawberry.field(
        description="What its steps will still take from `at`, in seconds, at the pace that was "
        "measured. Null until there is one. Uploading and screening come after it."
    )
    checkpoints: list[TrainingCheckpoint] = strawberry.field(
        description="Those that a training has passed, by step."
    )


@strawberry.type(
    description="Where a job stands among everybody's that wait, in the order in which they were "
    "asked for, or moved among their owner's. Reckoned, not promised: owners take turns."
)
class QueuePlace:
    turn: Position = strawberry.field(
        description="Of one owner's jobs the one with the smaller turn comes first."
    )
    place: int = strawberry.field(description="1 is next.")
    place_is_least: bool = strawberry.field(description="It is that or more.")
    starts_in_s: int | None = strawberry.field(
        description="In seconds, from what such jobs took lately. Null where none was ever done."
    )
    takes_s: int | None = strawberry.field(
        description="What jobs like this one took lately. Null where none was ever done."
    )


@strawberry.type(description="The resolved parameters of a job that draws pictures or clips.")
class JobSettings:
    width: int
    height: int
    aspect_ratio: str
    style: str
    num_inference_steps: int
    guidance_scale: float
    twin_strength: float
    count: int
    motion: str | None = strawberry.field(default=None, description="Null for pictures.")
    duration_ms: int | None = strawberry.field(default=None, description="Null for pictures.")
    source_strength: float | None = strawberry.field(
        default=None, description="How much of the source was drawn anew. Null without one."
    )


@strawberry.type(description="One piece of work, from the request to its single end.")
class Job(Node):
    kind: JobKind
    engine: str
    twin: strawberry.ID | None
    state: JobState
    attempt: int
    prompt: str | None
    negative_prompt: str | None
    settings: JobSettings | None
    quoted: Millicredits
    captured: Millicredits
    released: Millicredits
    failure: str | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    retried_from: strawberry.ID | None
    source: strawberry.ID | None = strawberry.field(
        description="The gallery item or the photo that it begins with."
    )
    refused_count: int = strawberry.field(
        description="How many items screening refused. They cost nothing."
    )
    refused: list[RefusedItem] = strawberry.field(description="Those, each with its reason.")
    assets: list[Asset]
    progress: JobProgress | None
    queue: QueuePlace | None = strawberry.field(description="Null unless it waits for a worker.")
    position: Position


def job(
    row: JobRow,
    assets: Sequence[AssetRow],
    board: ProgressBoard,
    *,
    place: QueueRow | None,
    settled_at: int | None,
) -> Job:
    """The job of a row, with its released pictures, the latest word and its place in line.

    `settled_at` is where the ledger says what it cost.
    """
    latest = board.of_job(row.job_id, row.attempt) if row.state == "started" else None
    return Job(
        id=global_id("Job", row.job_id),
        kind=JobKind(row.kind),
        engine=row.engine,
        twin=global_id("Twin", row.twin_id) if row.twin_id else None,
        state=JobState(row.state),
        attempt=row.attempt,
        prompt=row.prompt,
        negative_prompt=row.negative_prompt,
        settings=_settings(row),
        quoted=Millicredits(row.quoted_millicredits),
        captured=Millicredits(row.captured_millicredits),
        released=Millicredits(row.released_millicredits),
        failure=row.failure_reason,
        requested_at=row.requested_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        retried_from=global_id("Job", row.retried_from) if row.retried_from else None,
        source=_source(row),
        refused_count=sum(item.state == "refused" for item in row.items),
        refused=refused_items(row, settled_at),
        assets=[asset(found) for found in assets if found.state == "released"],
        progress=progress(latest) if latest else None,
        queue=queue_place(place) if place else None,
        position=Position(row.position),
    )


def progress(found: HowFar) -> JobProgress:
    """The latest word on a job, and what is left of it."""
    latest = found.word
    return JobProgress(
        phase=latest.phase,
        step=latest.step,
        steps_total=latest.steps_total,
        preview_png=_data_url(latest.preview_png),
        preview_items=[] if latest.preview_items is msgspec.UNSET else list(latest.preview_items),
        at=datetime.fromtimestamp(latest.at_s, UTC),
        time_left_s=None if found.left_s is None else ceil(found.left_s),
        checkpoints=checkpoints(found),
    )


def checkpoints(found: HowFar) -> list[TrainingCheckpoint]:
    """The checkpoints of a training, each with its samples where they were heard of."""
    passed = () if found.word.checkpoints is msgspec.UNSET else found.word.checkpoints
    return [
        TrainingCheckpoint(
            step=one.step,
            similarity=one.similarity,
            samples_png=_data_url(found.samples[one.step].preview_png)
            if one.step in found.samples
            else None,
        )
        for one in passed
    ]


def _data_url(png: bytes | None) -> str | None:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}" if png else None


def queue_place(row: QueueRow) -> QueuePlace:
    """A place in line, in whole seconds."""
    return QueuePlace(
        turn=Position(row.turn),
        place=row.place,
        place_is_least=row.is_least,
        starts_in_s=None if row.starts_in_s is None else ceil(row.starts_in_s),
        takes_s=None if row.takes_s is None else ceil(row.takes_s),
    )


def _source(row: JobRow) -> strawberry.ID | None:
    return None if row.source is None else source_id(row.source)


def _settings(row: JobRow) -> JobSettings | None:
    if "aspect_ratio" not in row.settings:
        return None
    strength = None if row.source is None else row.source.strength
    besides = {"count": row.item_count, "source_strength": strength}
    return msgspec.convert({**row.settings, **besides}, JobSettings)
