"""What is drawn is asked for in one way: authorise, reserve and request in one save."""

from typing import Protocol, TypeAlias
from uuid import UUID

from commands.jobs.opening import (
    JobOpened,
    available_engine,
    job_items,
    load_ahead,
    new_job_id,
    policy_of,
    quote,
    record_retry,
    seed_of,
)
from commands.jobs.sources import Source
from commands.work import Work
from domain.engines import EngineEntry
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_kinds import kind_of
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import wallet_id
from domain.kernel.personal_text import PersonalText
from domain.person import Person
from domain.policy import Policy
from domain.prompt_reading import PromptRead, read_negative_prompt, read_prompt, require_read
from domain.prompt_screening import screen_negative_prompt, screen_prompt
from domain.rating import Rating
from domain.refusals import EngineUnavailable, SourceShowsAnotherTwin
from domain.settings import ImageSettings, draws_twin, require_prompts, require_seed
from domain.twin import Twin
from domain.video_settings import VideoSettings
from domain.wallet import Wallet


class DrawingRequest(Protocol):
    """What every request for something drawn says, besides its settings and what it begins with."""

    @property
    def engine(self) -> str: ...
    @property
    def prompt(self) -> PersonalText: ...
    @property
    def negative_prompt(self) -> PersonalText | None: ...
    @property
    def count(self) -> int: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def twin_id(self) -> UUID | None: ...
    @property
    def rating_cap(self) -> Rating: ...
    @property
    def price_version(self) -> int: ...
    @property
    def session_jurisdiction(self) -> str: ...


Drawn: TypeAlias = ImageSettings | VideoSettings


def open_drawing(
    asked: DrawingRequest,
    settings: Drawn,
    work: Work,
    *,
    source: Source | None = None,
    varies: UUID | None = None,
    retried: Job | None = None,
) -> JobOpened:
    """Open a job with these settings, which are resolved and counted, in one save with `retried`.

    What begins with a picture of a twin draws that twin: it is authorised, and its consent asked
    for. `varies` is a picture that is named and not read. Raises what prompt, twin, policy, prices
    or wallet refuse, and `SourceShowsAnotherTwin`.
    """
    kind = kind_of(settings)
    entry = available_engine(asked.engine, kind.kind, work)
    load_ahead(work, asked.twin_id)
    person = work.load(Person, work.owner_id)
    person.require_verified(at=work.now)
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    policy = policy_of(work)
    policy.permit(
        entry.id,
        asked.rating_cap,
        kind.screening,
        document_country=person.country,
        session_country=asked.session_jurisdiction,
    )
    twin = _drawn_twin(asked, settings, entry, work, source)
    _check_words(asked, settings, entry, names_twin=twin is not None)
    job = new_job_id(work)
    _authorise(asked, work, job, kind.kind, entry, person, twin, policy, source)
    quoted = quote(
        work,
        engine_id=entry.id,
        settings=settings,
        count=asked.count,
        price_version=asked.price_version,
    )
    wallet.reserve(job, quoted.millicredits, at=work.now)
    requested = Job.request(
        job,
        owner_id=work.owner_id,
        kind=kind.kind,
        engine=entry.id,
        rating=asked.rating_cap,
        settings=settings,
        items=job_items(
            job, count=asked.count, seed=seed_of(job) if asked.seed is None else asked.seed
        ),
        price_version=quoted.price_version,
        quoted_millicredits=quoted.millicredits,
        cancel_share_thousandths=quoted.cancel_share_thousandths,
        policy_version=policy.policy_version,
        twin_id=None if twin is None else twin.id,
        epoch=None if twin is None else twin.epoch,
        retried_from=None if retried is None else retried.id,
        prompt=asked.prompt,
        negative_prompt=asked.negative_prompt,
        inputs=() if source is None else (source.stored,),
        varies=varies,
        scopes={} if twin is None else twin.scopes_of(job),
        at=work.now,
    )
    lent: list[Aggregate] = []
    if source is not None:
        source.lend(job, at=work.now)
        lent.append(source.lender)
    again = record_retry(retried, job, at=work.now)
    if twin is None:
        work.save(person, wallet, requested, *lent, *again, unchanged=[policy])
    else:
        work.save(twin, wallet, requested, *lent, *again, unchanged=[person, policy])
    return JobOpened(job, quoted.millicredits, quoted.price_version)


def _drawn_twin(
    asked: DrawingRequest, settings: Drawn, entry: EngineEntry, work: Work, source: Source | None
) -> Twin | None:
    """Raises `SourceShowsAnotherTwin`, and `EngineUnavailable` for an engine that draws none."""
    shown = None if source is None else source.shows
    if shown is not None:
        if asked.twin_id not in (None, shown.id):
            raise SourceShowsAnotherTwin()
        return shown
    if asked.twin_id is not None and entry.training is None:
        raise EngineUnavailable(entry.id, ("twin",))
    # Without strength nobody in particular is drawn, and judged as such.
    named = None if asked.twin_id is None else work.load(Twin, asked.twin_id)
    return named if draws_twin(settings) else None


def _check_words(
    asked: DrawingRequest, settings: Drawn, entry: EngineEntry, *, names_twin: bool
) -> None:
    """Seed and prompts. Raises the first of `SettingOutOfRange`, `PromptEmpty`, `PromptTooLong`,
    `NegativePromptUnsupported`, `PromptNotAllowed`, `PromptHasTooManyWords`,
    `PromptWeightsUnsupported`, `PromptWeightOutOfRange`.
    """
    if asked.seed is not None:
        require_seed(asked.seed)
    prompt = asked.prompt.value
    negative_prompt = "" if asked.negative_prompt is None else asked.negative_prompt.value
    require_prompts(entry, settings, prompt=prompt, negative_prompt=negative_prompt)
    screen_prompt(prompt, asked.rating_cap)
    screen_negative_prompt(negative_prompt)
    require_read(read_drawn(entry, settings, prompt, names_twin=names_twin))
    require_read(read_negative_prompt(entry, negative_prompt))


def read_drawn(entry: EngineEntry, settings: Drawn, prompt: str, *, names_twin: bool) -> PromptRead:
    """How the engine reads a prompt with what is chosen besides: twin, style, motion."""
    named = names_twin and draws_twin(settings)
    motion = kind_of(settings).motion(settings)
    return read_prompt(entry, prompt, style=settings.style, names_twin=named, motion=motion)


def _authorise(
    asked: DrawingRequest,
    work: Work,
    job: UUID,
    kind: JobKind,
    entry: EngineEntry,
    person: Person,
    twin: Twin | None,
    policy: Policy,
    source: Source | None,
) -> None:
    shows = source is not None and source.shows is not None
    if twin is None:
        person.authorise_generation(
            job,
            entry=entry,
            rating=asked.rating_cap,
            jurisdiction=asked.session_jurisdiction,
            policy_version=policy.policy_version,
            at=work.now,
        )
    else:
        twin.authorise_generation(
            job,
            person=person,
            entry=entry,
            kind=kind,
            rating=asked.rating_cap,
            jurisdiction=asked.session_jurisdiction,
            policy_version=policy.policy_version,
            at=work.now,
            stands_in_source=entry.keeps(kind, has_source=shows),
        )
