"""What belongs into the save that ends a job: its reservation ends, and its twin is free of it."""

from datetime import datetime

from domain.job import Job
from domain.twin import Twin
from domain.wallet import Wallet


def settle(job: Job, wallet: Wallet, twin: Twin | None, *, at: datetime) -> None:
    """Charge what the ended job costs and return the rest."""
    wallet.settle(job.id, job.charge_millicredits, at=at)
    _leave_twin(job, twin, at=at)


def expire(job: Job, wallet: Wallet, twin: Twin | None, *, at: datetime) -> None:
    """Return all of the reservation of a job whose deadline passed."""
    wallet.expire_reservation(job.id, at=at)
    _leave_twin(job, twin, at=at)


def _leave_twin(job: Job, twin: Twin | None, *, at: datetime) -> None:
    if twin is not None:
        twin.end_job(job.id, at=at)
