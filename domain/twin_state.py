"""What a twin knows of its sets, adapters and jobs; all of it together is its snapshot."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from domain.consent_scopes import scopes_of_before
from domain.consent_text import FIRST_CONSENT, ConsentScope
from domain.job_kind import JobKind
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile
from domain.photo_places import PhotoPlaces


class UploadPlan(msgspec.Struct, frozen=True):
    """Photos that may be uploaded, and submitted as one set until the plan is forgotten."""

    photos: tuple[UUID, ...]
    planned_at: datetime


class PhotoSubmission(msgspec.Struct, frozen=True):
    """A photo set, judged under the consent of `epoch`.

    While it waits, `reused` says where those of its photos lie that were found good before, and
    `planned` which were to be uploaded; empty in what was stored before there was any of it.
    """

    submission_id: UUID
    engine: str
    photos: tuple[UUID, ...]
    epoch: int
    reused: dict[UUID, str] = {}
    planned: tuple[UUID, ...] = ()


class KeptPhotos(msgspec.Struct, frozen=True):
    """Good photos of a set that was refused for others, and where each lies."""

    submission_id: UUID
    places: dict[UUID, str]


class TrainedAdapter(msgspec.Struct, frozen=True):
    """What a training delivered: the LoRA that draws this twin on one engine."""

    job_id: UUID
    submission_id: UUID | None
    object_key: str
    sha256: str
    size_bytes: int
    rank: int


class OpenJob(msgspec.Struct, frozen=True):
    """A job that may run under `epoch`, and the photos that a training learns from.

    `scopes`, at their versions then, are empty in what was stored before there were any.
    """

    kind: JobKind
    engine: str
    epoch: int
    submission_id: UUID | None = None
    scopes: dict[ConsentScope, int] = {}

    @property
    def rests_on(self) -> dict[ConsentScope, int]:
        """Every scope that has to stay in force, at its version."""
        return self.scopes or scopes_of_before(self.kind)

    @property
    def learns(self) -> bool:
        """Whether an adapter comes of it."""
        return job_kind(self.kind).delivers_adapter


class NeededBy(StrEnum):
    """What may still need bytes that gave way to newer ones."""

    TRAINING = "training"
    """An open training that learns from the set."""

    ADAPTER = "adapter"
    """An adapter from the set, or a training that will be one: pictures are compared with it."""

    NOTHING = "nothing"


class FormerPlace(msgspec.Struct, frozen=True):
    """Bytes that gave way to newer ones. They go once nothing needs them any more."""

    place: str
    submission_id: UUID | None
    needed_by: NeededBy


class TwinState(msgspec.Struct, frozen=True):
    """All that a twin knows, for a snapshot. Holds no text.

    `over` are sets from before places were stored that were rejected, gave way or lost their
    consent; `places` are those of every other set whose bytes may be there. `gave_way` are places
    from before, outside the prefixes of the epoch, that are deleted an hour after they gave way.
    `scope_versions` are of scopes that were taken back: the version that each has if it is ticked
    again. `checkpoints` are, by engine, all adapters of the newest training, the one in use among
    them. `kept_photos` wait for the next set.
    """

    created_on: datetime
    modified_on: datetime
    owner_id: UUID
    epoch: int
    released_biometrics: bool
    scope: tuple[ConsentScope, ...]
    submitted: PhotoSubmission | None
    accepted: PhotoSubmission | None
    adapters: dict[str, TrainedAdapter]
    open_jobs: dict[UUID, OpenJob]
    to_delete: tuple[str, ...]
    over: tuple[UUID, ...] = ()
    plans: dict[UUID, UploadPlan] = {}
    places: dict[UUID, PhotoPlaces] = {}
    former: tuple[FormerPlace, ...] = ()
    gave_way: tuple[str, ...] = ()
    scope_versions: dict[ConsentScope, int] = {}
    consent_sha256: str = FIRST_CONSENT.sha256
    checkpoints: dict[str, tuple[AdapterFile, ...]] = {}
    kept_photos: KeptPhotos | None = None
