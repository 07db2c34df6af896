"""What a job costs at its end: one function, for every kind of job."""

from domain.job_kinds import Delivery, kind_of
from domain.job_state import CancelledBy, JobState
from domain.settings import JobSettings

THOUSANDTHS = 1_000


def charge_for(
    state: JobState,
    *,
    settings: JobSettings,
    quoted_millicredits: int,
    cancel_share_thousandths: int,
    items: int,
    delivery: Delivery,
    state_before: JobState | None,
    cancelled_by: CancelledBy | None,
) -> int:
    """What a job that ended in `state` costs, in millicredits; the rest of its reservation returns.

    Completed: the share of what was delivered, as its kind counts it. Cancelled by its owner while
    a worker was at it: the share that the price list named at the quote. All else costs nothing,
    also what was rendered and could not be screened, or not in time for its owner. Rounded down.
    """
    if state is JobState.COMPLETED:
        share = kind_of(settings).share(settings, items, delivery)
        return quoted_millicredits * share.part // share.whole if items else quoted_millicredits
    running = state_before is JobState.STARTED
    if state is JobState.CANCELLED and cancelled_by is CancelledBy.OWNER and running:
        return quoted_millicredits * cancel_share_thousandths // THOUSANDTHS
    return 0
