"""Whether announced work still waits for somebody: asked before it is announced once more."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.identity import publish_packs_id, source_photos_id
from domain.publish_pack import PublishPacks
from domain.source_photo import SourceState
from domain.source_photos import SourcePhotos
from domain.twin import Twin


@dataclass(frozen=True)
class AttemptWaits:
    """A question: whether this attempt waits for a worker."""

    job_id: UUID
    attempt: int


@dataclass(frozen=True)
class ScreeningWaits:
    """A question: whether the outputs of this attempt wait for the screener."""

    job_id: UUID
    attempt: int


@dataclass(frozen=True)
class PhotosWait:
    """A question: whether this photo set waits to be judged."""

    twin_id: UUID
    submission_id: UUID


@dataclass(frozen=True)
class SourcePhotoWaits:
    """A question: whether this photo to begin with waits to be judged."""

    photo_id: UUID


@dataclass(frozen=True)
class PublishPackWaits:
    """A question: whether this pack waits to be made."""

    pack_id: UUID


def attempt_waits(question: AttemptWaits, work: Work) -> bool:
    """Nobody has claimed it, and its job is open."""
    job = work.find(Job, question.job_id)
    return job is not None and job.waits and job.attempt == question.attempt


def screening_waits(question: ScreeningWaits, work: Work) -> bool:
    """They are rendered, and nothing was decided about them."""
    job = work.find(Job, question.job_id)
    return job is not None and job.state is JobState.RENDERED and job.attempt == question.attempt


def photos_wait(question: PhotosWait, work: Work) -> bool:
    """No other set has taken its place, and its consent is in force."""
    twin = work.find(Twin, question.twin_id)
    waiting = None if twin is None else twin.submitted
    return waiting is not None and waiting.submission_id == question.submission_id


def source_photo_waits(question: SourcePhotoWaits, work: Work) -> bool:
    """It is there, and nothing was decided about it."""
    photos = work.find(SourcePhotos, source_photos_id(work.owner_id))
    photo = None if photos is None else photos.kept.get(question.photo_id)
    return photo is not None and photo.state is SourceState.SUBMITTED


def publish_pack_waits(question: PublishPackWaits, work: Work) -> bool:
    """It is there, and nobody has made it."""
    packs = work.find(PublishPacks, publish_packs_id(work.owner_id))
    pack = None if packs is None else packs.kept.get(question.pack_id)
    return pack is not None and not pack.is_made
