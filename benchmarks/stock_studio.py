"""The library as its own users take it: its recorder, and an application with two aggregates.

The application makes the same two decisions, with the same fields, as our wallet and job. It has no
idempotency key, no owner, no chain, and keeps the prompt in clear: everything it leaves out speaks
for its speed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from adapters.event_store.snapshots import SNAPSHOT_INTERVAL

SCHEMA = "stock"


class StockWallet(Aggregate):
    """Credits that can be reserved once a job."""

    @event("Opened")
    def __init__(self, id: UUID, owner_id: UUID, millicredits: int) -> None:
        self._id = id
        self.owner_id = owner_id
        self.available = millicredits
        self.reservations: dict[UUID, int] = {}

    @staticmethod
    def create_id(id: UUID) -> UUID:
        """It is given, as ours is."""
        return id

    def reserve(self, job_id: UUID, millicredits: int) -> None:
        """Set credits aside. Raises ValueError where they are not there."""
        if job_id in self.reservations or self.available < millicredits:
            raise ValueError("cannot be reserved")
        self._reserved(job_id, millicredits, _postings(millicredits))

    @event("Reserved")
    def _reserved(self, job_id: UUID, millicredits: int, postings: list[dict[str, object]]) -> None:
        self.reservations[job_id] = millicredits
        self.available -= millicredits


class StockJob(Aggregate):
    """A job with its settings."""

    @event("Requested")
    def __init__(self, id: UUID, owner_id: UUID, fields: dict[str, Any], prompt: str) -> None:
        self._id = id
        self.owner_id = owner_id
        self.fields = fields

    @staticmethod
    def create_id(id: UUID) -> UUID:
        """It is given, as ours is."""
        return id


class StockStudio(Application[UUID]):
    """Both in one save. Snapshots of wallets as often as ours."""

    snapshotting_intervals: ClassVar[Any] = {StockWallet: SNAPSHOT_INTERVAL}

    def open_wallet(self, id: UUID, owner_id: UUID, millicredits: int) -> None:
        """A wallet with credits."""
        self.save(StockWallet(id, owner_id, millicredits))

    def reserve_and_request(
        self, wallet_id: UUID, job_id: UUID, millicredits: int, fields: dict[str, Any], prompt: str
    ) -> None:
        """Load the wallet, reserve, open the job, save both."""
        wallet: StockWallet = self.repository.get(wallet_id)
        wallet.reserve(job_id, millicredits)
        self.save(wallet, StockJob(job_id, wallet.owner_id, fields, prompt))


@contextmanager
def stock_recorder(
    admin_url: str, *, enable_db_functions: bool = False
) -> Iterator[PostgresApplicationRecorder]:
    """The library's recorder, with its table in a schema of its own and one connection at first."""
    place = conninfo_to_dict(admin_url)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}".encode())
    with PostgresDatastore(
        dbname=str(place["dbname"]),
        host=str(place["host"]),
        port=str(place.get("port", "5432")),
        user=str(place["user"]),
        password=str(place.get("password", "")),
        schema=SCHEMA,
        pool_size=1,
        enable_db_functions=enable_db_functions,
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        yield recorder


def stock_environment(url: str, *, connections_max: int) -> Mapping[str, str]:
    """What the library's application is told of a database. The schema exists already."""
    place = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(place["dbname"]),
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_PORT": str(place.get("port", "5432")),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD": str(place.get("password", "")),
        "POSTGRES_SCHEMA": SCHEMA,
        "POSTGRES_POOL_SIZE": str(connections_max),
    }


def _postings(millicredits: int) -> list[dict[str, object]]:
    return [
        {"account": "available", "millicredits": -millicredits},
        {"account": "reserved", "millicredits": millicredits},
    ]
