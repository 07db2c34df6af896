"""A creator asks for pictures: authorise, reserve and request in one save."""

from dataclasses import dataclass
from uuid import UUID

from commands.jobs.asked_images import AskedImages, asked
from commands.jobs.drawing import open_drawing
from commands.jobs.opening import JobOpened, available_engine
from commands.work import Work
from domain.job import Job
from domain.job_kind import JobKind
from domain.kernel.personal_text import PersonalText
from domain.rating import Rating
from domain.settings import require_count, resolve_images


@dataclass(frozen=True)
class RequestImages(AskedImages):
    """None means the engine's default, for `seed` one that comes from the job's id.

    Picture number `i` has the seed `seed + i`. `rating_cap` is the strongest rating the pictures
    may have. `price_version` is that of the quote. `session_jurisdiction` is where the request
    comes from, "XX" in the sandbox.
    """

    engine: str
    prompt: PersonalText
    count: int
    price_version: int
    session_jurisdiction: str
    negative_prompt: PersonalText | None = None
    seed: int | None = None
    twin_id: UUID | None = None
    rating_cap: Rating = Rating.GENERAL


def handle(command: RequestImages, work: Work) -> JobOpened:
    """Open an image job. Raises what settings, prompt, twin, policy, prices or wallet refuse."""
    return open_images(command, work, retried=None)


def open_images(command: RequestImages, work: Work, *, retried: Job | None) -> JobOpened:
    """Open an image job, as the retry of `retried` where that is given, in one save with it."""
    entry = available_engine(command.engine, JobKind.IMAGES)
    settings = resolve_images(entry, **asked(command))
    require_count(entry, command.count)
    return open_drawing(command, settings, work, retried=retried)
