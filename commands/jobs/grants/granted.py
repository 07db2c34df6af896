"""What each kind of job grants."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import UUID

from commands.jobs.grants.drawn import ImagesGrant, VideoGrant, grant_clips, grant_images
from commands.jobs.grants.training import TrainingGrant, grant_training
from domain.job import Job
from domain.job_kind import JobKind
from domain.twin import Twin

Grant: TypeAlias = ImagesGrant | TrainingGrant | VideoGrant

_BY_KIND: Mapping[JobKind, Callable[[Job, Twin | None, UUID, Any], Grant]] = MappingProxyType(
    {
        JobKind.TRAINING: grant_training,
        JobKind.IMAGES: grant_images,
        JobKind.VIDEO: grant_clips,
    }
)


def grant_of(job: Job, twin: Twin | None, claim_id: UUID) -> Grant:
    """The work of the current attempt, for the claim that started it."""
    return _BY_KIND[job.kind](job, twin, claim_id, job.settings)
