"""A creator asks for clips, from words or from a picture: authorised and reserved in one save."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from commands.jobs.asked_settings import asked_clips
from commands.jobs.drawing import open_drawing
from commands.jobs.opening import JobOpened, available_engine
from commands.jobs.sources import (
    AskedWithSource,
    Source,
    asked_source,
    ratio_of_source,
    require_a_step,
)
from commands.work import Work
from domain.asked_settings import AskedClips
from domain.engines import EngineEntry
from domain.job import Job
from domain.job_kind import JobKind
from domain.kernel.personal_text import PersonalText
from domain.rating import Rating
from domain.refusals import SourceMissing
from domain.video_settings import VideoSettings, clip_options, require_clip_count, resolve_video


@dataclass(frozen=True)
class RequestVideo(AskedClips):
    """None means the engine's default, for `seed` one that comes from the job's id.

    Clip number `i` has the seed `seed + i`. `source_asset_id` is the picture of the owner's gallery
    that a clip begins with, or `source_photo_id` the photo of theirs, and `source_strength` how
    much of it is drawn anew: 1 keeps nothing. What shows a twin is animated as that twin.
    `rating_cap` is the strongest rating the clips may have. `price_version` is that of the quote.
    `session_jurisdiction` is where the request comes from, "XX" in the sandbox.
    """

    engine: str
    prompt: PersonalText
    price_version: int
    session_jurisdiction: str
    count: int = 1
    negative_prompt: PersonalText | None = None
    seed: int | None = None
    twin_id: UUID | None = None
    source_asset_id: UUID | None = None
    source_photo_id: UUID | None = None
    source_strength: float | None = None
    rating_cap: Rating = Rating.GENERAL


def handle(command: RequestVideo, work: Work) -> JobOpened:
    """Open a video job. Raises what settings, source, twin, policy, prices or wallet refuse."""
    return open_clips(command, work, retried=None)


def open_clips(command: RequestVideo, work: Work, *, retried: Job | None) -> JobOpened:
    """Open a video job, as the retry of `retried` where that is given, in one save with it."""
    entry = available_engine(command.engine, JobKind.VIDEO, work)
    settings, source = resolved_clips(command, entry, work)
    return open_drawing(command, settings, work, source=source, retried=retried)


class AskedForClips(AskedWithSource, Protocol):
    """What a request and its quote say of the settings and of the picture to begin with."""

    @property
    def count(self) -> int: ...


def resolved_clips(
    asked: AskedForClips, entry: EngineEntry, work: Work
) -> tuple[VideoSettings, Source | None]:
    """Settings of clips that are counted, in the shape of their source where they have one.

    Raises what `asked_source`, `ratio_of_source`, `resolve_video` and `require_clip_count` raise,
    and `SourceMissing`.
    """
    clips = clip_options(entry)
    source = asked_source(asked, work, allowed=clips.source_strength)
    if source is None and clips.needs_source:
        raise SourceMissing(entry.id)
    named = AskedClips(**asked_clips(asked))
    ratio = ratio_of_source(entry, named.aspect_ratio, source)
    settings = resolve_video(entry, replace(named, aspect_ratio=ratio))
    require_a_step(settings.num_inference_steps, source)
    require_clip_count(entry, settings, asked.count)
    return settings, source
