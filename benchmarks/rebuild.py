"""Facts a second of a rebuild, over the library's own runner folding as many events of a wallet."""

from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from benchmarks.histories import many_owners
from benchmarks.measure import alternating, database, report, seconds
from domain.events import STORED_FORM
from processes.garbage import look_seldom
from projections.rebuild import Rebuild
from projections.registry import READ_MODELS
from projections.wallet import wallet
from tests.projections.studio_history import StudioHistory

OWNERS = 1_000
RUNNER_WALLETS = 50
RUNNER_EVENTS_EACH = 20
RUNNER_PATIENCE_S = 300.0
ROUNDS = 3


class Purse(Aggregate):
    """The library's way to write a wallet."""

    @event("Opened")
    def __init__(self) -> None:
        self.available = 0

    @event("Moved")
    def move(self, millicredits: int) -> None:
        """Put in, or take out."""
        self.available += millicredits


class Purses(Application[UUID]):
    """The library's way to keep wallets."""


class Balances(PostgresTrackingRecorder):
    """The library's way to keep a read model: rows and position in one transaction, an event."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {}.purse_balances (id uuid PRIMARY KEY, n int)").format(
                Identifier(self.datastore.schema)
            )
        )
        self._move = SQL(
            "INSERT INTO {}.purse_balances AS b VALUES (%s, %s)"
            " ON CONFLICT (id) DO UPDATE SET n = b.n + excluded.n"
        ).format(Identifier(self.datastore.schema))

    def move(self, purse: UUID, millicredits: int, tracking: Tracking) -> None:
        """One event's change."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._move, (purse, millicredits))


class PurseProjection(Projection[Balances]):
    """The library's way to fold."""

    name = "balances"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """See `Projection.process_event`."""
        moved = getattr(domain_event, "millicredits", 0)
        self.view.move(domain_event.originator_id, moved, tracking)


def main() -> None:
    """Each side has a store of its own on the same server."""
    history = many_owners(OWNERS)
    # As its command does; and what the history is made of is no garbage of the rebuild's.
    look_seldom()
    with database() as (_, admin_url):
        environment = _library_environment(admin_url)
        purses = Purses(environment)
        for _ in range(RUNNER_WALLETS):
            purse = Purse()
            for _ in range(RUNNER_EVENTS_EACH - 1):
                purse.move(1)
            purses.save(purse)

        def runner() -> float:
            """Seconds per event, from the first one each time."""
            _forget(admin_url)
            with ProjectionRunner(
                application_class=Purses,
                projection_class=PurseProjection,
                view_class=Balances,
                env=environment,
            ) as running:
                events = RUNNER_WALLETS * RUNNER_EVENTS_EACH
                taken_s = seconds(
                    lambda: running.wait(notification_id=events, timeout=RUNNER_PATIENCE_S)
                )
            return taken_s / events

        of_wallets = set(wallet.event_types)
        sides = {
            "balance": lambda: _rebuild(admin_url, history, [wallet], of_wallets),
            "all_read_models": lambda: _rebuild(admin_url, history, READ_MODELS, None),
        }
        taken = alternating(ROUNDS, runner=runner, **sides)
        purses.close()
    for name in sides:
        report(
            "rebuild",
            "eventsourcing.projection.ProjectionRunner with a PostgresTrackingRecorder",
            of=name,
            facts_per_s=1 / taken[name],
            baseline_facts_per_s=1 / taken["runner"],
            ratio=taken["runner"] / taken[name],
        )


def _rebuild(
    admin_url: str, history: StudioHistory, models: Any, event_types: set[str] | None
) -> float:
    """Seconds per fact."""
    facts = [f for f in history.facts if event_types is None or f.event_type in event_types]
    task = Rebuild(
        lambda: psycopg.connect(admin_url, autocommit=True), STORED_FORM, history.keys, models
    )

    def after(position: int) -> list[Any]:
        return [fact for fact in facts if fact.position > position]

    return seconds(lambda: task.run(after)) / len(facts)


def _forget(admin_url: str) -> None:
    """What the library's projection has seen."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        names = admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'library'"
            " AND (tablename LIKE '%tracking' OR tablename = 'purse_balances')"
        ).fetchall()
        for (name,) in names:
            admin.execute(SQL("DROP TABLE library.{}").format(Identifier(name)))


def _library_environment(admin_url: str) -> dict[str, str]:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA library")
    place = conninfo_to_dict(admin_url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(place["dbname"]),
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_PORT": str(place.get("port", "5432")),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD": str(place.get("password", "")),
        "POSTGRES_SCHEMA": "library",
    }


if __name__ == "__main__":
    main()
