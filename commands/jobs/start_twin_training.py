"""A creator has their twin trained: authorise, reserve and request in one save."""

from dataclasses import dataclass
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
from commands.work import Work
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_kinds import job_kind
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.rating import Rating
from domain.refusals import PhotosNotAccepted
from domain.settings import resolve_training
from domain.twin import Twin
from domain.wallet import Wallet


@dataclass(frozen=True)
class StartTwinTraining:
    """`price_version` is that of the quote. `session_jurisdiction` is where the request comes from,
    "XX" in the sandbox; both it and the verified document's country have to allow this.
    """

    twin_id: UUID
    engine: str
    price_version: int
    session_jurisdiction: str


def handle(command: StartTwinTraining, work: Work) -> JobOpened:
    """Open a training. Raises what twin, policy, price list or wallet refuse."""
    return open_training(command, work, retried=None)


def open_training(command: StartTwinTraining, work: Work, *, retried: Job | None) -> JobOpened:
    """Open a training, as the retry of `retried` where that is given, in one save with it."""
    entry = available_engine(command.engine, JobKind.TRAINING, work)
    load_ahead(work, command.twin_id)
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    person.require_verified(at=work.now)
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    policy = policy_of(work)
    job = new_job_id(work)
    # The samples that a training draws are pictures of the twin, so they need what pictures need.
    policy.permit(
        entry.id,
        Rating.GENERAL,
        job_kind(JobKind.TRAINING).screening,
        document_country=person.country,
        session_country=command.session_jurisdiction,
    )
    twin.authorise_training(
        job, person=person, entry=entry, policy_version=policy.policy_version, at=work.now
    )
    accepted = twin.accepted
    if accepted is None:
        raise PhotosNotAccepted()
    settings = resolve_training(entry, len(accepted.photos))
    quoted = quote(work, engine_id=entry.id, settings=settings, price_version=command.price_version)
    wallet.reserve(job, quoted.millicredits, at=work.now)
    requested = Job.request(
        job,
        owner_id=work.owner_id,
        kind=JobKind.TRAINING,
        engine=entry.id,
        rating=Rating.GENERAL,
        settings=settings,
        items=job_items(job, count=settings.samples, seed=seed_of(job)),
        price_version=quoted.price_version,
        quoted_millicredits=quoted.millicredits,
        cancel_share_thousandths=quoted.cancel_share_thousandths,
        policy_version=policy.policy_version,
        twin_id=twin.id,
        epoch=twin.epoch,
        retried_from=None if retried is None else retried.id,
        photos=accepted.photos,
        submission_id=accepted.submission_id,
        scopes=twin.scopes_of(job),
        at=work.now,
    )
    again = record_retry(retried, job, at=work.now)
    work.save(twin, wallet, requested, *again, unchanged=[person, policy])
    return JobOpened(job, quoted.millicredits, quoted.price_version)
