"""Which bytes of an object are meant: by two numbers, and by the header of a request."""

import re

from commands.ports.object_store import SpanAbsent

CHUNK_BYTES = 256 * 1024
"""What is in memory of an object that is read bit by bit."""

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


def span_within(size_bytes: int, first_byte: int, last_byte: int | None) -> tuple[int, int]:
    """The first byte and the number of bytes of a span, cut where the object ends.

    Raises `SpanAbsent` where it ends before, and ValueError where the span runs backwards.
    """
    if first_byte < 0 or (last_byte is not None and last_byte < first_byte):
        raise ValueError("a span runs from 0 or more upwards")
    if first_byte >= size_bytes and (first_byte, last_byte) != (0, None):
        raise SpanAbsent(size_bytes)
    last = size_bytes - 1 if last_byte is None else min(last_byte, size_bytes - 1)
    return first_byte, last - first_byte + 1


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
