"""A gallery page of fifty by HTTP, over the time that the database alone takes for it.

The baseline is the same statement with the same values, on one connection, prepared, from sending
it until its rows are there. One at a time, in turns; the 95th percentile of both.
"""

import sys
from collections.abc import Mapping
from time import perf_counter
from typing import Any, cast
from uuid import UUID

import httpx
import psycopg

from adapters.postgres.connect import connect
from api.ids import split_id
from benchmarks.measure import quantile, report
from benchmarks.served_api import document_id, prepared_studio, signed_up
from domain.events import STORED_FORM
from domain.kernel.role import Role
from projections.projector import Projector
from queries.gallery.gallery import gallery
from queries.viewer import View, view_on
from tests.projections.studio_history import a_whole_journey

PAGE = 50
PAGES = 400
WARM_UP = 50
ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000


class TimedRows:
    """A connection that notes how long the last statement took, with all of its rows."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.took_s = 0.0

    def cursor(self, **how: object) -> "TimedCursor":
        """As psycopg's, without its row factory: rows of the database and no more."""
        return TimedCursor(self, self._connection.cursor())

    def execute(self, statement: Any) -> None:
        """What is set before the statement is not timed."""
        self._connection.execute(statement)


class TimedCursor:
    """One statement."""

    def __init__(self, timed: TimedRows, cursor: psycopg.Cursor[Any]) -> None:
        self._timed = timed
        self._cursor = cursor

    def __enter__(self) -> "TimedCursor":
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.close()

    def execute(self, statement: bytes, values: Mapping[str, Any]) -> None:
        """Ask, and take every row."""
        began_s = perf_counter()
        self._cursor.execute(statement, values, prepare=True)
        self._cursor.fetchall()
        self._timed.took_s = perf_counter() - began_s

    def __iter__(self) -> "TimedCursor":
        return self

    def __next__(self) -> None:
        raise StopIteration


def main() -> None:
    """Fill a gallery, and ask for its first page both ways."""
    with prepared_studio() as studio, studio.api() as port:
        token = signed_up(port)
        document = document_id(port, "Gallery")
        with httpx.Client(headers={"authorization": f"Bearer {token}"}) as client:
            url = f"http://127.0.0.1:{port}/graphql"
            owner = _owner(client, url)
            _fill(studio.admin_url, studio.url, owner)
            asked = {"documentId": document, "variables": {"first": PAGE}}
            requests: list[float] = []
            rows: list[float] = []
            with connect(studio.url, "reader") as connection:
                timed = TimedRows(connection)
                for number in range(WARM_UP + PAGES):
                    with view_on(connection, owner, Role.CREATOR):
                        gallery(View(owner, Role.CREATOR, cast("Any", timed)), first=PAGE)
                    began_s = perf_counter()
                    answer = client.post(url, json=asked)
                    took_s = perf_counter() - began_s
                    if number == 0:
                        edges = answer.json()["data"]["viewer"]["gallery"]["edges"]
                        if len(edges) != PAGE:
                            raise AssertionError(answer.text[:500])
                    if number >= WARM_UP:
                        requests.append(took_s)
                        rows.append(timed.took_s)
    report(
        "gallery_page",
        "its statement alone, prepared, on one connection",
        items=ITEMS,
        p95_ms=1000 * quantile(requests, 0.95),
        baseline_p95_ms=1000 * quantile(rows, 0.95),
        p50_ms=1000 * quantile(requests, 0.5),
        baseline_p50_ms=1000 * quantile(rows, 0.5),
        ratio=quantile(requests, 0.95) / quantile(rows, 0.95),
    )


def _owner(client: httpx.Client, url: str) -> UUID:
    asked = {"query": "{ viewer { ... on Viewer { id } } }"}
    shown = client.post(url, json=asked).json()["data"]["viewer"]["id"]
    return split_id(shown)[1]


def _fill(admin_url: str, url: str, owner: UUID) -> None:
    """One picture as a projector writes it, so many times over, of this owner."""
    history = a_whole_journey()
    Projector(lambda: psycopg.connect(admin_url, autocommit=True), STORED_FORM, history.keys).apply(
        history.facts
    )
    with psycopg.connect(admin_url, autocommit=True) as admin:
        columns = [
            name
            for (name,) in admin.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'views' "
                "AND table_name = 'assets' AND column_name NOT IN "
                "('asset_id', 'owner_id', 'twin_id', 'consent_epoch', 'released_position')"
            )
        ]
        listed = ", ".join(columns)
        admin.execute(
            f"INSERT INTO views.assets (asset_id, owner_id, released_position, {listed}) "
            f"SELECT gen_random_uuid(), %s, 1000 + n, {listed} FROM generate_series(1, %s) AS n, "
            "(SELECT * FROM views.assets WHERE kind = 'image' AND state = 'released' LIMIT 1) AS a",
            [owner, ITEMS],
        )
        admin.execute("VACUUM ANALYZE views.assets")


if __name__ == "__main__":
    main()
