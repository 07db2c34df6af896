"""Keyset connections: a cursor carries its sort key, so nothing drifts while rows land."""

import base64
import binascii
from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

import strawberry

from api.limits import PAGE_SIZE_MAX
from api.refusals import InputInvalid
from queries.paging import NEWEST, Page, Place

N = TypeVar("N")
R = TypeVar("R")

CURSOR_LENGTH_MAX = 120


@strawberry.type(description="Where a page ends.")
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[N]):
    cursor: str
    node: N


@strawberry.type
class Connection(Generic[N]):
    page_info: PageInfo
    edges: list[Edge[N]]


def connection(page: Page[R], place: Callable[[R], Place], node: Callable[[R], N]) -> Connection[N]:
    """A page of rows as a connection."""
    edges = [Edge(cursor=cursor_of(place(row)), node=node(row)) for row in page.items]
    return Connection(
        page_info=PageInfo(
            has_next_page=page.next is not None, end_cursor=edges[-1].cursor if edges else None
        ),
        edges=edges,
    )


def cursor_of(place: Place) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(f"{place.position}:{place.id}".encode()).decode()


def place_after(cursor: str | None) -> Place:
    """Where a page starts. Raises `InputInvalid`."""
    if cursor is None:
        return NEWEST
    try:
        if len(cursor) > CURSOR_LENGTH_MAX:
            raise ValueError
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
        position, _, own = text.partition(":")
        return Place(int(position), UUID(own))
    except (binascii.Error, UnicodeError, ValueError):
        raise InputInvalid("after", "This cursor is not one of ours.") from None


def page_size(first: int) -> int:
    """`first` as asked. Raises `InputInvalid` outside 1 … `PAGE_SIZE_MAX`."""
    if not 1 <= first <= PAGE_SIZE_MAX:
        raise InputInvalid("first", f"A page has 1 to {PAGE_SIZE_MAX} entries.")
    return first
