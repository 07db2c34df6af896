"""A creator asks for pictures, from words or a picture: authorised and reserved in one save."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from commands.jobs.asked_settings import asked
from commands.jobs.drawing import open_drawing
from commands.jobs.opening import JobOpened, available_engine
from commands.jobs.sources import (
    AskedWithSource,
    Source,
    asked_source,
    ratio_of_source,
    require_a_step,
)
from commands.jobs.variations import require_variation
from commands.work import Work
from domain.asked_settings import AskedImages
from domain.engines import EngineEntry
from domain.job import Job
from domain.job_kind import JobKind
from domain.kernel.personal_text import PersonalText
from domain.rating import Rating
from domain.settings import ImageSettings, require_count, resolve_images


@dataclass(frozen=True)
class RequestImages(AskedImages):
    """None means the engine's default, for `seed` one that comes from the job's id.

    Picture number `i` has the seed `seed + i`. `source_asset_id` is the picture of the owner's
    gallery that is drawn anew, or `source_photo_id` the photo of theirs, and `source_strength` how
    much of it: 1 keeps nothing. What shows a twin is drawn as that twin. `variation_of` is one that
    was asked for in these very words and settings, with another seed. `rating_cap` is the strongest
    rating the pictures may have. `price_version` is that of the quote. `session_jurisdiction` is
    where the request comes from, "XX" in the sandbox.
    """

    engine: str
    prompt: PersonalText
    count: int
    price_version: int
    session_jurisdiction: str
    negative_prompt: PersonalText | None = None
    seed: int | None = None
    twin_id: UUID | None = None
    source_asset_id: UUID | None = None
    source_photo_id: UUID | None = None
    source_strength: float | None = None
    variation_of: UUID | None = None
    rating_cap: Rating = Rating.GENERAL


def handle(command: RequestImages, work: Work) -> JobOpened:
    """Open an image job. Raises what settings, source, twin, policy, prices or wallet refuse."""
    entry = available_engine(command.engine, JobKind.IMAGES, work)
    settings, source = resolved_images(command, entry, work)
    varies = (
        None
        if command.variation_of is None
        else require_variation(work, command.variation_of, command, settings, source)
    )
    return open_drawing(command, settings, work, source=source, varies=varies)


def open_images_again(
    command: RequestImages, work: Work, *, varies: UUID | None, retried: Job
) -> JobOpened:
    """Open an image job as the retry of `retried`, in one save with it.

    `varies` is what that one varied, which is not looked at again: nothing of it is read, and it
    may be gone.
    """
    entry = available_engine(command.engine, JobKind.IMAGES, work)
    settings, source = resolved_images(command, entry, work)
    return open_drawing(command, settings, work, source=source, varies=varies, retried=retried)


class AskedForImages(AskedWithSource, Protocol):
    """What a request and its quote say of the settings and of the picture to begin with."""

    @property
    def count(self) -> int: ...


def resolved_images(
    question: AskedForImages, entry: EngineEntry, work: Work
) -> tuple[ImageSettings, Source | None]:
    """Settings of pictures that are counted, in the shape of their source where they have one.

    Raises what `asked_source`, `ratio_of_source`, `resolve_images` and `require_count` raise.
    """
    source = asked_source(question, work, allowed=entry.source_strength)
    named = AskedImages(**asked(question))
    ratio = ratio_of_source(entry, named.aspect_ratio, source)
    settings = resolve_images(entry, replace(named, aspect_ratio=ratio))
    require_a_step(settings.num_inference_steps, source)
    require_count(entry, question.count)
    return settings, source
