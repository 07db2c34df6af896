"""W3C Trace Context, and where the trace of a job is found: at its id.

The trace of a job, or of a photo set, is not carried in any event. Its id is the job's id, which
every message, command and row already holds; so an attempt that follows an hour later, or a result
that comes late, is in the same trace, and an operator finds it by the id in a log line. Which span
caused which, `traceparent` says from message to message.
"""

import re
from typing import NamedTuple
from uuid import UUID

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_SPAN_BITS = 64


class Place(NamedTuple):
    """One span in one trace."""

    trace_id: int
    span_id: int

    @property
    def traceparent(self) -> str:
        """As a message carries it, sampled."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-01"


def root_of(subject: UUID) -> Place:
    """Where the trace of a job or a photo set begins: the mutation that opened it."""
    # An id of RFC 9562 has its variant there, so that neither half is ever zero.
    return Place(subject.int, subject.int & ((1 << _SPAN_BITS) - 1))


def place_in(traceparent: str | None, subject: UUID) -> Place | None:
    """The place that a message names; None where it names none, or one in another trace."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    place = Place(int(found[1], 16), int(found[2], 16))
    # Whoever sends a message may write anything there; it is believed within its own trace only.
    return place if place.trace_id == subject.int and place.span_id else None
