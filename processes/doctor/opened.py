"""What the database says of engines: rows of the policy, and who is there for each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.conninfo import make_conninfo

from adapters.postgres.connect import open_pool
from api.attendance import attendance_of
from commands.catalogue import Check, catalogue
from domain.assurance import SANDBOX_COUNTRY
from domain.engines import ENGINES
from domain.job_kinds import job_kind
from domain.kernel.role import Role
from domain.screening_profile import ScreeningProfile
from processes.status.line import Line
from queries.catalogue.attendance import attended
from queries.catalogue.policy import policy
from queries.viewer import as_viewer
from queries.wallet.ledger import BEFORE_ALL

CONNECT_TIMEOUT_S = 4


@dataclass(frozen=True)
class Opened:
    """The rows in force, and by engine what it lacks."""

    rows: Sequence[Mapping[str, Any]]
    lacks: Mapping[str, Sequence[str]]


def opened(url: str, *, documents: bool) -> Opened:
    """Look once. Raises psycopg's errors and `PoolTimeout`."""
    limited = make_conninfo(url, connect_timeout=CONNECT_TIMEOUT_S)
    with (
        open_pool(limited, "reader", size_max=1, application="doctor") as readers,
        as_viewer(readers, BEFORE_ALL, Role.CREATOR) as view,
    ):
        now = policy(view)
        rows = now.rows if now else []
        there = attendance_of(attended(view), documents=documents)
    allowed = [(row["engine"], row["rating"]) for row in rows]
    offered = catalogue(allowed, there, now=datetime.now(UTC)).engines
    return Opened(rows, {one.entry.id: tuple(one.lacks) for one in offered})


def policy_lines(rows: Sequence[Mapping[str, Any]], photographs: Sequence[str]) -> Iterator[Line]:
    """A line for each engine of photographs: whether a row allows anything of it."""
    for engine in photographs:
        own = [row for row in rows if row["engine"] == engine]
        if not own:
            advice = "`suite policy publish` with a row for it, as in docs/engines.md"
            yield Line(f"policy of {engine}", "has no row", advice)
        elif missing := _ways_without_row(engine, own):
            advice = "`suite policy publish` with a row for that, too, as in docs/engines.md"
            yield Line(f"policy of {engine}", f"has no row for {' and '.join(missing)}", advice)
        elif any(Check.IN_WORLD in row["checks"] for row in own):
            advice = f"publish it without {Check.IN_WORLD.value}, which only a cartoon passes"
            yield Line(f"policy of {engine}", "asks for what no photograph is", advice)
        else:
            places = sorted({place for row in own for place in row["jurisdictions"]})
            named = ", ".join(place for place in places if place != SANDBOX_COUNTRY) or "nowhere"
            yield Line(f"policy of {engine}", f"allows it in {named}")


def _ways_without_row(engine: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Of what an engine makes, what no row is about: its pictures or samples, or its clips."""
    usual = ScreeningProfile.PICTURES.value
    allowed = {row.get("screening") or usual for row in rows}
    made = {job_kind(kind).screening.value for kind in ENGINES[engine].pipelines}
    return tuple(sorted(made - allowed))
