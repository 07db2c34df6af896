"""What something would cost: the function that charges, without the charge."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.asked_images import AskedImages, asked
from commands.jobs.opening import available_engine, quote
from commands.work import Work
from domain.job_kind import JobKind
from domain.photo_set import PHOTOS_MAX, PHOTOS_MIN
from domain.refusals import PhotoCountOutOfRange
from domain.settings import require_count, resolve_images, resolve_training
from domain.twin import Twin


@dataclass(frozen=True)
class QuoteTraining:
    """A training on `photo_count` photos; of a twin with an accepted set, on that set."""

    engine: str
    twin_id: UUID | None = None
    photo_count: int = PHOTOS_MIN


@dataclass(frozen=True)
class QuoteImages(AskedImages):
    """Pictures with these settings."""

    engine: str
    count: int


class Quoted(msgspec.Struct, frozen=True):
    """The price. A command that names `price_version` is charged by the same list."""

    millicredits: int
    price_version: int


def quote_training(question: QuoteTraining, work: Work) -> Quoted:
    """Raises `UnknownEngine`, `EngineUnavailable`, `PhotoCountOutOfRange`, `NotFound`."""
    entry = available_engine(question.engine, JobKind.TRAINING)
    count = _photo_count(question, work)
    if not PHOTOS_MIN <= count <= PHOTOS_MAX:
        raise PhotoCountOutOfRange(PHOTOS_MIN, PHOTOS_MAX, count)
    quoted = quote(work, engine_id=entry.id, settings=resolve_training(entry, count))
    return Quoted(quoted.millicredits, quoted.price_version)


def quote_images(question: QuoteImages, work: Work) -> Quoted:
    """Raises what `RequestImages` would raise for these settings."""
    entry = available_engine(question.engine, JobKind.IMAGES)
    settings = resolve_images(entry, **asked(question))
    count = require_count(entry, question.count)
    quoted = quote(work, engine_id=entry.id, settings=settings, count=count)
    return Quoted(quoted.millicredits, quoted.price_version)


def _photo_count(question: QuoteTraining, work: Work) -> int:
    if question.twin_id is None:
        return question.photo_count
    accepted = work.load(Twin, question.twin_id).accepted
    return question.photo_count if accepted is None else len(accepted.photos)
