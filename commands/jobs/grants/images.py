"""What a claim of an image job is granted."""

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


class ImagesGrant(msgspec.Struct, frozen=True, tag="images", omit_defaults=True):
    """An image job, all but its prompts: those are read with `ReadPrompt`."""

    settings: ImageSettings
    items: tuple[GrantedItem, ...]
    adapter: GrantedAdapter | None
    source: GrantedSource | None = None


def grant(job: Job, twin: Twin | None, claim_id: UUID, settings: ImageSettings) -> ImagesGrant:
    """The pictures of a job."""
    return ImagesGrant(settings, items_of(job, claim_id), adapter_of(job, twin), source_of(job))
