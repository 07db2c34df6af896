"""A creator asks for pictures: authorise, reserve and request in one save."""

from dataclasses import dataclass
from uuid import UUID

from commands.jobs.asked_images import AskedImages, asked
from commands.jobs.opening import (
    JobOpened,
    available_engine,
    job_items,
    new_job_id,
    policy_of,
    quote,
    record_retry,
    seed_of,
)
from commands.work import Work
from domain.engines import EngineEntry
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_kinds import job_kind
from domain.kernel.identity import wallet_id
from domain.kernel.personal_text import PersonalText
from domain.person import Person
from domain.policy import Policy
from domain.prompt_reading import read_negative_prompt, read_prompt, require_read
from domain.prompt_screening import screen_negative_prompt, screen_prompt
from domain.rating import Rating
from domain.settings import (
    ImageSettings,
    draws_twin,
    require_count,
    require_prompts,
    require_seed,
    resolve_images,
)
from domain.twin import Twin
from domain.wallet import Wallet


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
    person = work.load(Person, work.owner_id)
    person.require_verified(at=work.now)
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    policy = policy_of(work)
    policy.permit(
        entry.id,
        command.rating_cap,
        job_kind(JobKind.IMAGES).screening,
        document_country=person.country,
        session_country=command.session_jurisdiction,
    )
    settings = checked_settings(command, entry)
    job = new_job_id(work)
    twin = None if command.twin_id is None else work.load(Twin, command.twin_id)
    if not draws_twin(settings):
        # Nobody in particular is drawn then, and judged as such.
        twin = None
    _authorise(command, work, job, entry, person, twin, policy)
    quoted = quote(
        work,
        engine_id=entry.id,
        settings=settings,
        count=command.count,
        price_version=command.price_version,
    )
    wallet.reserve(job, quoted.millicredits, at=work.now)
    seed = seed_of(job) if command.seed is None else command.seed
    requested = Job.request(
        job,
        owner_id=work.owner_id,
        kind=JobKind.IMAGES,
        engine=entry.id,
        rating=command.rating_cap,
        settings=settings,
        items=job_items(job, count=command.count, seed=seed),
        price_version=quoted.price_version,
        quoted_millicredits=quoted.millicredits,
        cancel_share_thousandths=quoted.cancel_share_thousandths,
        policy_version=policy.policy_version,
        twin_id=None if twin is None else twin.id,
        epoch=None if twin is None else twin.epoch,
        retried_from=None if retried is None else retried.id,
        prompt=command.prompt,
        negative_prompt=command.negative_prompt,
        at=work.now,
    )
    again = record_retry(retried, job, at=work.now)
    if twin is None:
        work.save(person, wallet, requested, *again, unchanged=[policy])
    else:
        work.save(twin, wallet, requested, *again, unchanged=[person, policy])
    return JobOpened(job, quoted.millicredits, quoted.price_version)


def checked_settings(command: RequestImages, entry: EngineEntry) -> ImageSettings:
    """Every setting checked and filled in, and the prompts screened.

    Raises the first of `AspectRatioUnsupported`, `UnknownStyle`, `SettingOutOfRange`,
    `CountOutOfRange`, `PromptEmpty`, `PromptTooLong`, `NegativePromptUnsupported`,
    `PromptNotAllowed`, `PromptHasTooManyWords`, `PromptWeightsUnsupported`.
    """
    settings = resolve_images(entry, **asked(command))
    require_count(entry, command.count)
    if command.seed is not None:
        require_seed(command.seed)
    negative_prompt = "" if command.negative_prompt is None else command.negative_prompt.value
    require_prompts(entry, settings, prompt=command.prompt.value, negative_prompt=negative_prompt)
    screen_prompt(command.prompt.value, command.rating_cap)
    screen_negative_prompt(negative_prompt)
    names_twin = command.twin_id is not None and draws_twin(settings)
    read = read_prompt(entry, command.prompt.value, style=settings.style, names_twin=names_twin)
    require_read(read)
    require_read(read_negative_prompt(entry, negative_prompt))
    return settings


def _authorise(
    command: RequestImages,
    work: Work,
    job: UUID,
    entry: EngineEntry,
    person: Person,
    twin: Twin | None,
    policy: Policy,
) -> None:
    if twin is None:
        person.authorise_generation(
            job,
            entry=entry,
            rating=command.rating_cap,
            jurisdiction=command.session_jurisdiction,
            policy_version=policy.policy_version,
            at=work.now,
        )
    else:
        twin.authorise_generation(
            job,
            person=person,
            entry=entry,
            rating=command.rating_cap,
            jurisdiction=command.session_jurisdiction,
            policy_version=policy.policy_version,
            at=work.now,
        )
