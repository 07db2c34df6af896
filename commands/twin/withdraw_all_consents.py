"""A person was found to be under age: nothing may rest on any consent of theirs, or be made."""

from dataclasses import dataclass
from itertools import islice

from commands.jobs.ending import settle
from commands.work import Work
from domain.job import Job
from domain.job_state import CancelledBy
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.twin import Twin
from domain.wallet import Wallet

JOBS_PER_SAVE_MAX = 1_000
"""Two events each, in one save. What lies beyond is given to no worker and ends at its deadline."""


@dataclass(frozen=True)
class WithdrawAllConsents:
    """For every twin of the owner of this command, and for their jobs without a twin."""


def handle(command: WithdrawAllConsents, work: Work) -> None:
    """End the epoch of each twin, ask for the deletion of all that rests on it, and end the jobs
    that have no twin: their credits come back. All in one save.
    """
    twins = withdrawn_twins(work.load(Person, work.owner_id), work)
    work.save(*twins, *_ended_without_twin(work))


def withdrawn_twins(person: Person, work: Work) -> tuple[Twin, ...]:
    """Withdraw every consent of a person that is in force. Answers what is to be saved."""
    twins = [work.load(Twin, twin_id) for twin_id in person.twins]
    consented = tuple(twin for twin in twins if twin.consented)
    for twin in consented:
        twin.withdraw_consent(at=work.now)
    return consented


def _ended_without_twin(work: Work) -> tuple[Aggregate, ...]:
    """Those of a twin stop with its consent. Answers what is to be saved."""
    wallet = work.find(Wallet, wallet_id(work.owner_id))
    if wallet is None:
        return ()
    holding = (work.load(Job, job_id) for job_id in wallet.jobs_with_reservations)
    jobs = tuple(islice((job for job in holding if job.twin_id is None), JOBS_PER_SAVE_MAX))
    for job in jobs:
        job.cancel(CancelledBy.CONSENT_WITHDRAWN, at=work.now)
        settle(job, wallet, None, at=work.now)
    return (wallet, *jobs) if jobs else ()
