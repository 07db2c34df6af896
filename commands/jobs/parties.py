"""Who takes part in a job: the job itself, its owner's wallet, and its twin where it has one."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.twin import Twin
from domain.wallet import Wallet


@dataclass(frozen=True)
class Parties:
    """The aggregates that every end of a job concerns."""

    job: Job
    wallet: Wallet
    twin: Twin | None

    @property
    def all(self) -> tuple[Aggregate, ...]:
        """Whom a save that ends the job names. A job without a twin concerns no twin."""
        return (*([self.twin] if self.twin else []), self.wallet, self.job)


def load_parties(work: Work, job_id: UUID) -> Parties:
    """Raises `NotFound`."""
    job = work.load(Job, job_id)
    return Parties(job, work.load(Wallet, wallet_id(work.owner_id)), twin_of(work, job))


def twin_of(work: Work, job: Job) -> Twin | None:
    """The twin that a job draws or trains."""
    return None if job.twin_id is None else work.load(Twin, job.twin_id)


def still_authorised(work: Work, job: Job, twin: Twin | None) -> bool:
    """Whether what a job was authorised on still holds: its twin's consent, or, for a job without a
    twin, that nobody has found its owner to be under age.

    Whoever relies on the answer names the twin in the save.
    """
    if twin is None:
        return not work.load(Person, job.owner_id).under_age
    return consent_holds(job, twin)


def consent_holds(job: Job, twin: Twin | None) -> bool:
    """Whether the consent under which a job was authorised is still in force.

    Whoever relies on the answer names the twin in the save.
    """
    return twin is None or twin.covers(job.epoch, job.scopes)
