"""Which bytes of an object are meant by the header of a request."""

import re

from commands.ports.object_store import SpanAbsent

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


def requested_span(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte of a `Range` header, or None where all of the object is to be sent.

    None also for what this server does not do: several ranges, other units, nonsense. That is what
    RFC 9110 wants of it. Raises `SpanAbsent`.
    """
    found = None if header is None else _ONE_RANGE.fullmatch(header.strip())
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        if not int(suffix) or not size_bytes:
            raise SpanAbsent(size_bytes)
        return max(0, size_bytes - int(suffix)), size_bytes - 1
    begin = int(first)
    if last and int(last) < begin:
        return None
    if begin >= size_bytes:
        raise SpanAbsent(size_bytes)
    return begin, min(int(last), size_bytes - 1) if last else size_bytes - 1
