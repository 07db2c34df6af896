"""What a claim of a job that draws is granted: all but its prompts, read with `ReadPrompt`."""

from typing import Any
from uuid import UUID

import msgspec

from commands.jobs.grants.parts import (
    GrantedAdapter,
    GrantedItem,
    GrantedSource,
    adapter_of,
    items_of,
    source_of,
)
from domain.job import Job
from domain.settings import ImageSettings
from domain.twin import Twin
from domain.video_settings import VideoSettings


class _DrawnGrant(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    items: tuple[GrantedItem, ...]
    adapter: GrantedAdapter | None
    source: GrantedSource | None = None


class ImagesGrant(_DrawnGrant, frozen=True, tag="images"):
    """The pictures of a job."""

    settings: ImageSettings


class VideoGrant(_DrawnGrant, frozen=True, tag="video"):
    """The clips of a job."""

    settings: VideoSettings


def grant_images(
    job: Job, twin: Twin | None, claim_id: UUID, settings: ImageSettings
) -> ImagesGrant:
    """For the claim that started the attempt."""
    return ImagesGrant(settings, **_drawn(job, twin, claim_id))


def grant_clips(job: Job, twin: Twin | None, claim_id: UUID, settings: VideoSettings) -> VideoGrant:
    """As `grant_images`."""
    return VideoGrant(settings, **_drawn(job, twin, claim_id))


def _drawn(job: Job, twin: Twin | None, claim_id: UUID) -> dict[str, Any]:
    return {
        "items": items_of(job, claim_id),
        "adapter": adapter_of(job, twin),
        "source": source_of(job),
    }
