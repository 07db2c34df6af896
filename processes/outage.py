"""Which errors say that something is away or busy for a while, and nothing about what was handled.

They are never a reason to park: the same work succeeds later, for everybody.
"""

import psycopg

from commands.ports.event_store import ConcurrentChange, OutcomeUnknown, OwnerBusy
from commands.ports.object_store import StoreFull
from commands.ports.webhooks import ProviderUnavailable
from topics.transport import PublishFailed, TransportUnreachable

BUSY: tuple[type[Exception], ...] = (ConcurrentChange, OwnerBusy)
"""One owner has too much at once: nobody else waits for that."""

_OUTAGES: tuple[type[Exception], ...] = (
    *BUSY,
    OutcomeUnknown,
    # A pool's time-out is one of these.
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PublishFailed,
    TransportUnreachable,
    StoreFull,
    ProviderUnavailable,
    ConnectionError,
)

_LIMIT_EXCEEDED = "54"
"""PostgreSQL's class of limits that a value broke: they are the value's fault, for ever."""


def is_outage(error: BaseException) -> bool:
    """Whether to try again later, whatever was being handled."""
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(_LIMIT_EXCEEDED):
        return False
    return isinstance(error, _OUTAGES)
