"""Which bytes of one aggregate nobody needs any more: asked before the store is swept.

Of what is still being made nothing is unneeded; whoever asks asks for old bytes only.
"""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset
from domain.covered_places import covered_places, covered_sources
from domain.job import Job
from domain.kernel.identity import source_photos_id
from domain.object_keys import adapters_of_job_prefix
from domain.source_photos import SourcePhotos
from domain.twin import Twin


@dataclass(frozen=True)
class UnneededOfJob:
    """A question: which of these keys in quarantine are over."""

    job_id: UUID
    keys: tuple[str, ...]


@dataclass(frozen=True)
class UnneededOfAsset:
    """A question: which of these copies are not what was released."""

    asset_id: UUID
    keys: tuple[str, ...]


@dataclass(frozen=True)
class UnneededOfTwin:
    """A question: which of these photos, measurements and adapters rest on no consent."""

    twin_id: UUID
    keys: tuple[str, ...]


def of_job(question: UnneededOfJob, work: Work) -> tuple[str, ...]:
    """All of them, once the job has ended. Raises `NotFound`."""
    return question.keys if work.load(Job, question.job_id).ended else ()


def of_asset(question: UnneededOfAsset, work: Work) -> tuple[str, ...]:
    """Those that are no file of what was released.

    All of them where nothing was released, or the owner has had it deleted. Raises `NotFound`.
    """
    asset = work.load(Asset, question.asset_id)
    if asset.purged:
        return question.keys
    kept = {rendition.object_key for rendition in asset.renditions}
    return tuple(key for key in question.keys if key not in kept)


def of_twin(question: UnneededOfTwin, work: Work) -> tuple[str, ...]:
    """Those that the consent in force does not cover. Raises `NotFound`.

    What is checked of an adapter stays while its training is open, however old it looks: a studio
    may have been shut for long, and a store may have another clock.
    """
    twin = work.load(Twin, question.twin_id)
    open_jobs = twin.snapshot_state().open_jobs.items()
    in_the_making = (
        adapters_of_job_prefix(twin.id, job.epoch, job_id) for job_id, job in open_jobs
    )
    photos = work.find(SourcePhotos, source_photos_id(work.owner_id))
    covered = covered_places(twin).union(in_the_making, covered_sources(photos, twin))
    prefixes = tuple(place for place in covered if place.endswith("/"))
    return tuple(
        key for key in question.keys if key not in covered and not key.startswith(prefixes)
    )
