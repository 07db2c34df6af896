"""A twin and what it still needs."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry

from api.ids import global_id
from api.scalars import Position
from api.types.enums import TwinStatus
from api.types.node import Node
from commands.catalogue import consent_version
from queries.twins.photos import Photo as PhotoRow
from queries.twins.twins import Twin as TwinRow


@strawberry.type(description="What the owner agreed to, and whether it still holds.")
class Consent:
    epoch: int
    granted: bool
    text_sha256: str | None
    text_version: int | None
    scopes: list[str]


@strawberry.enum(description="What was found of one photo alone.")
class PhotoVerdict(Enum):
    WAITING = "waiting"
    GOOD = "good"
    FLAWED = "flawed"
    WITHDRAWN = "withdrawn"


@strawberry.type(
    description="One photo of the latest set and what is wrong with it. What the file was called "
    "never leaves the machine that it was chosen on: the form of its upload named its `id`."
)
class Photo:
    id: strawberry.ID
    index: int = strawberry.field(description="Its place in the set as submitted, from 0.")
    state: str
    verdict: PhotoVerdict = strawberry.field(
        description="`GOOD` also where its set was rejected for others, or as a whole."
    )
    flaws: list[str]


@strawberry.type(description="A set that may be uploaded and handed in until then.")
class OpenUploads:
    submission: strawberry.ID
    until: datetime


@strawberry.type(description="The newest trained adapter.")
class TrainedTwin:
    engine: str
    similarity: float
    step: int
    at: datetime


@strawberry.type(description="A checkpoint of the newest training for an engine.")
class TwinCheckpoint:
    engine: str
    step: int
    similarity: float
    chosen: bool = strawberry.field(description="Whether it draws the twin now.")


@strawberry.type(description="A digital twin of its owner.")
class Twin(Node):
    name: str | None
    status: TwinStatus
    biometric_release_signed: bool
    consent: Consent
    open_uploads: list[OpenUploads]
    photos: list[Photo]
    submission: strawberry.ID | None = strawberry.field(
        description="The set that `photos` are of. Null until one was submitted."
    )
    set_flaws: list[str]
    reusable_photos: list[strawberry.ID] = strawberry.field(
        description="Photos that were found good and are there still, of the accepted set and of "
        "the one that was refused last: a new set may hold them without another upload."
    )
    trained: TrainedTwin | None
    checkpoints: list[TwinCheckpoint] = strawberry.field(
        description="What may be chosen to draw it, by step; empty where there is no choice."
    )
    created_at: datetime
    position: Position


def twin(row: TwinRow, photos: Sequence[PhotoRow]) -> Twin:
    """The twin of a row, with the photos of its latest set."""
    newest = max(row.adapters, key=lambda adapter: adapter.delivered_at, default=None)
    return Twin(
        id=global_id("Twin", row.twin_id),
        name=row.name,
        status=TwinStatus(row.state),
        biometric_release_signed=row.released_at is not None,
        consent=Consent(
            epoch=row.consent_epoch,
            granted=row.consent_at is not None and row.consent_withdrawn_at is None,
            text_sha256=row.consent_text_sha256,
            text_version=consent_version(row.consent_text_sha256),
            scopes=list(row.consent_scope),
        ),
        open_uploads=[
            OpenUploads(submission=global_id("Submission", submission), until=until)
            for submission, until in zip(row.open_uploads, row.open_uploads_until, strict=True)
        ],
        photos=[
            Photo(
                id=global_id("Photo", photo.photo_id),
                index=photo.ordinal,
                state=photo.state,
                verdict=_verdict(photo),
                flaws=list(photo.flaws),
            )
            for photo in photos
        ],
        submission=global_id("Submission", row.submission_id) if row.submission_id else None,
        set_flaws=list(row.set_flaws),
        reusable_photos=[global_id("Photo", photo) for photo in row.reusable_photos],
        trained=None
        if newest is None
        else TrainedTwin(
            engine=newest.engine,
            similarity=newest.similarity,
            step=newest.step,
            at=newest.delivered_at,
        ),
        checkpoints=[
            TwinCheckpoint(
                engine=one.engine, step=one.step, similarity=one.similarity, chosen=one.chosen
            )
            for one in row.checkpoints
        ],
        created_at=row.created_at,
        position=Position(row.position),
    )


def _verdict(photo: PhotoRow) -> PhotoVerdict:
    match photo.state:
        case "submitted":
            return PhotoVerdict.WAITING
        case "withdrawn":
            return PhotoVerdict.WITHDRAWN
        case _:
            return PhotoVerdict.FLAWED if photo.flaws else PhotoVerdict.GOOD
