"""What passes by itself, and what a client is told meanwhile."""

from psycopg_pool import PoolTimeout

from commands.ports.event_store import ConcurrentChange, OutcomeUnknown, OwnerBusy
from commands.ports.webhooks import ProviderUnavailable
from domain.kernel.refusal import Refusal
from domain.refusals import TooMuchAtOnce, TryAgain

RETRY_AFTER_S = 5
"""Whoever crowds a database that is short of connections has had an answer by then, or none."""

BUSY = (OwnerBusy, PoolTimeout, ConcurrentChange, OutcomeUnknown, ProviderUnavailable)
"""Raised where nothing is wrong with the request. Asking again under the same key settles it."""


def refusal_for(busy: BaseException) -> Refusal:
    """The typed answer to one of `BUSY`."""
    if isinstance(busy, OwnerBusy):
        return TooMuchAtOnce(busy.retry_after_s)
    return TryAgain(RETRY_AFTER_S)
