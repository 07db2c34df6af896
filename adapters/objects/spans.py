"""Which bytes of an object are meant by two numbers."""

from commands.ports.object_store import SpanAbsent

CHUNK_BYTES = 256 * 1024
"""What is in memory of an object that is read bit by bit."""


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
