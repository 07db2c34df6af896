"""Keyset pages, newest first: what lands meanwhile never moves what was already read."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

PAGE_SIZE_MAX = 100
"""One page is one answer on a phone; more is a script, which can page."""

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """Where something stands in its list: by position, then by id. A cursor in clear."""

    position: int
    id: UUID


NEWEST = Place(position=2**63 - 1, id=UUID(int=2**128 - 1))
"""Before everything: the start of a list that is read newest first."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, newest first. `next` is where the following page starts, None at the end."""

    items: tuple[T, ...]
    next: Place | None


def page_size(first: int) -> int:
    """`first`, kept within 1 … `PAGE_SIZE_MAX`."""
    return max(1, min(first, PAGE_SIZE_MAX))


def page_of(rows: Sequence[T], first: int, place: Callable[[T], Place]) -> Page[T]:
    """A page of `first` from rows that were read with one to spare."""
    size = page_size(first)
    items = tuple(rows[:size])
    return Page(items, place(items[-1]) if len(rows) > size else None)
