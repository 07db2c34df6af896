"""What something would cost: the function that charges, without the charge."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from commands.jobs.drawing import Drawn, read_drawn
from commands.jobs.opening import available_engine, quote
from commands.jobs.request_images import resolved_images
from commands.jobs.request_video import resolved_clips
from commands.jobs.sources import Source
from commands.ports.attendance import NEVER
from commands.work import Work
from domain.asked_settings import AskedClips, AskedImages
from domain.engines import EngineEntry
from domain.job_kind import JobKind
from domain.kernel.personal_text import PersonalText
from domain.photo_set import PHOTOS_MAX, PHOTOS_MIN
from domain.prompt_reading import PromptRead, read_negative_prompt
from domain.refusals import PhotoCountOutOfRange
from domain.settings import resolve_training
from domain.twin import Twin


@dataclass(frozen=True)
class QuoteTraining:
    """A training on `photo_count` photos; of a twin with an accepted set, on that set."""

    engine: str
    twin_id: UUID | None = None
    photo_count: int = PHOTOS_MIN


@dataclass(frozen=True)
class QuoteImages(AskedImages):
    """Pictures with these settings. Prompts and a source do not change the price."""

    engine: str
    count: int
    prompt: PersonalText | None = None
    negative_prompt: PersonalText | None = None
    names_twin: bool = False
    source_asset_id: UUID | None = None
    source_photo_id: UUID | None = None
    source_strength: float | None = None


@dataclass(frozen=True)
class QuoteClips(AskedClips):
    """Clips with these settings, or in the shape of a picture that they begin with."""

    engine: str
    count: int = 1
    prompt: PersonalText | None = None
    negative_prompt: PersonalText | None = None
    names_twin: bool = False
    source_asset_id: UUID | None = None
    source_photo_id: UUID | None = None
    source_strength: float | None = None


class Waits(msgspec.Struct, frozen=True):
    """Nobody is there to draw with this engine: a job would wait. `since` is None for ever."""

    since: datetime | None


class Quoted(msgspec.Struct, frozen=True):
    """The price. A command that names `price_version` is charged by the same list.

    `prompt` and `negative_prompt` are how the engine would read those that were named. `waits` is
    None where somebody is there to begin with it.
    """

    millicredits: int
    price_version: int
    waits: Waits | None
    prompt: PromptRead | None = None
    negative_prompt: PromptRead | None = None


def quote_training(question: QuoteTraining, work: Work) -> Quoted:
    """Raises `UnknownEngine`, `EngineUnavailable`, `PhotoCountOutOfRange`, `NotFound`."""
    entry = available_engine(question.engine, JobKind.TRAINING, work)
    count = _photo_count(question, work)
    if not PHOTOS_MIN <= count <= PHOTOS_MAX:
        raise PhotoCountOutOfRange(PHOTOS_MIN, PHOTOS_MAX, count)
    quoted = quote(work, engine_id=entry.id, settings=resolve_training(entry, count))
    return Quoted(quoted.millicredits, quoted.price_version, _waits(entry, work))


def quote_images(question: QuoteImages, work: Work) -> Quoted:
    """Raises what `RequestImages` would raise for these settings and this source."""
    entry = available_engine(question.engine, JobKind.IMAGES, work)
    settings, source = resolved_images(question, entry, work)
    return _drawn(question, settings, source, entry, work)


def quote_clips(question: QuoteClips, work: Work) -> Quoted:
    """Raises what `RequestVideo` would raise for these settings and this source."""
    entry = available_engine(question.engine, JobKind.VIDEO, work)
    settings, source = resolved_clips(question, entry, work)
    return _drawn(question, settings, source, entry, work)


def _waits(entry: EngineEntry, work: Work) -> Waits | None:
    there = work.attendance.draws.get(entry.id, NEVER)
    return None if there.alive else Waits(there.last_at)


def _drawn(
    question: QuoteImages | QuoteClips,
    settings: Drawn,
    source: Source | None,
    entry: EngineEntry,
    work: Work,
) -> Quoted:
    # What begins with a twin's picture draws that twin, whether or not it was named as well.
    names_twin = question.names_twin or (source is not None and source.shows is not None)
    quoted = quote(work, engine_id=entry.id, settings=settings, count=question.count)
    prompt, negative_prompt = question.prompt, question.negative_prompt
    return Quoted(
        quoted.millicredits,
        quoted.price_version,
        _waits(entry, work),
        None
        if prompt is None
        else read_drawn(entry, settings, prompt.value, names_twin=names_twin),
        None if negative_prompt is None else read_negative_prompt(entry, negative_prompt.value),
    )


def _photo_count(question: QuoteTraining, work: Work) -> int:
    if question.twin_id is None:
        return question.photo_count
    accepted = work.load(Twin, question.twin_id).accepted
    return question.photo_count if accepted is None else len(accepted.photos)


__all__ = [
    "PromptRead",
    "QuoteClips",
    "QuoteImages",
    "QuoteTraining",
    "Quoted",
    "quote_clips",
    "quote_images",
    "quote_training",
]
