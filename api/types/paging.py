"""Keyset connections: a cursor carries its sort key, so nothing drifts while rows land."""

from collections.abc import Callable
from typing import Generic, TypeVar

import strawberry

from api.limits import PAGE_SIZE_DEFAULT
from api.scalars import Cursor, PageSize
from queries.paging import NEWEST, Page, Place

N = TypeVar("N")
R = TypeVar("R")

DEFAULT_PAGE = PageSize(PAGE_SIZE_DEFAULT)


@strawberry.type(description="Where a page ends.")
class PageInfo:
    has_next_page: bool
    end_cursor: Cursor | None


@strawberry.type
class Edge(Generic[N]):
    cursor: Cursor
    node: N


@strawberry.type
class Connection(Generic[N]):
    page_info: PageInfo
    edges: list[Edge[N]]


def connection(page: Page[R], place: Callable[[R], Place], node: Callable[[R], N]) -> Connection[N]:
    """A page of rows as a connection."""
    edges = [Edge(cursor=_cursor(place(row)), node=node(row)) for row in page.items]
    return Connection(
        page_info=PageInfo(
            has_next_page=page.next is not None, end_cursor=edges[-1].cursor if edges else None
        ),
        edges=edges,
    )


def place_after(cursor: Cursor | None) -> Place:
    """Where a page starts: behind a cursor, or at the newest."""
    return NEWEST if cursor is None else Place(cursor.position, cursor.id)


def _cursor(place: Place) -> Cursor:
    return Cursor(place.position, place.id)
