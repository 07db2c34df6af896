"""What a claim of a video job is granted."""

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
from domain.twin import Twin
from domain.video_settings import VideoSettings


class VideoGrant(msgspec.Struct, frozen=True, tag="video", omit_defaults=True):
    """A video job, all but its prompts: those are read with `ReadPrompt`."""

    settings: VideoSettings
    items: tuple[GrantedItem, ...]
    adapter: GrantedAdapter | None
    source: GrantedSource | None = None


def grant(job: Job, twin: Twin | None, claim_id: UUID, settings: VideoSettings) -> VideoGrant:
    """The clips of a job."""
    return VideoGrant(settings, items_of(job, claim_id), adapter_of(job, twin), source_of(job))
