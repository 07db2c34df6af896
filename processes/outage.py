"""Which errors say that something is away or busy for a while, and nothing about what was handled.

They are never a reason to park: the same work succeeds later, for everybody.
"""

from commands.ports.event_store import ConcurrentChange, OutcomeUnknown, OwnerBusy
from commands.ports.object_store import StoreFull, StoreUnavailable
from commands.ports.webhooks import ProviderUnavailable
from projections.outage import is_database_outage
from topics.transport import PublishFailed, TransportUnreachable

BUSY: tuple[type[Exception], ...] = (OwnerBusy, ConcurrentChange)
"""One owner has too much at once. Whatever can wait elsewhere does, so that nobody waits for it."""

_OUTAGES: tuple[type[Exception], ...] = (
    *BUSY,
    OutcomeUnknown,
    PublishFailed,
    TransportUnreachable,
    StoreFull,
    StoreUnavailable,
    ProviderUnavailable,
    ConnectionError,
)


def is_outage(error: BaseException) -> bool:
    """Whether to try again later, whatever was being handled."""
    return isinstance(error, _OUTAGES) or is_database_outage(error)
