"""A reservation and a job in one save, over the library's own application and over psycopg alone.

Ours is a whole command: idempotency key, owner's lock, load, decide, sealed prompt, chain, commit.
The library's loads, decides and saves the same. psycopg only inserts the same rows: it loads
nothing, so that it could refuse nothing. At first one writer beside the server; then the same while
no commit waits for the disk; then eight writers at the far end of a network whose round trips take
3 ms.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from benchmarks.measure import alternating, database, report, seconds
from benchmarks.slow_network import slow_network
from benchmarks.stock_studio import SCHEMA, StockStudio, stock_environment
from benchmarks.timed_requests import SECRET
from commands.jobs.opening import JobOpened, job_items, seed_of
from commands.studio import Handler, Studio, by_command
from commands.work import Work
from domain.engines import engine
from domain.events import STORED_FORM
from domain.job import Job
from domain.job_kind import JobKind
from domain.kernel.identity import job_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.rating import Rating
from domain.settings import resolve_images
from domain.wallet import Wallet
from processes.wiring.clock import system_clock

SAVES = 40
"""Of one wallet in one round: as many jobs as a busy evening has."""
ROUNDS = 9
WRITERS = 8
ROUND_TRIP_S = 0.003
PLENTY = 1_000_000_000
MILLICREDITS = 4_000
ENGINE = "pocket"
PROMPT = "a lighthouse in fog, at dusk"

_INSERT_ROW = (
    "INSERT INTO raw.rows (owner_id, originator_id, originator_version, event_type, data)"
    " VALUES (%s, %s, %s, %s, %s)"
)
_INSERT_COMMAND = "INSERT INTO raw.commands VALUES (%s, %s, %s, %s, now())"


@dataclass(frozen=True)
class FundWallet:
    """A wallet with plenty."""


@dataclass(frozen=True)
class ReserveAndRequest:
    """As `RequestImages`, without what it asks of person, policy, prices and twin."""

    prompt: PersonalText


def fund(command: FundWallet, work: Work) -> None:
    """Open a wallet that outlasts every round."""
    wallet = Wallet.open(wallet_id(work.owner_id), owner_id=work.owner_id, at=work.now)
    expires_at = work.now + timedelta(days=30)
    wallet.grant_promotion(uuid4(), PLENTY, expires_at, at=work.now)
    work.save(wallet)


def reserve_and_request(command: ReserveAndRequest, work: Work) -> JobOpened:
    """Reserve, and open the job, in one save."""
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    job = job_id(work.owner_id, work.key)
    wallet.reserve(job, MILLICREDITS, at=work.now)
    requested = Job.request(job, owner_id=work.owner_id, prompt=command.prompt, at=work.now, **OF)
    work.save(wallet, requested)
    return JobOpened(job, MILLICREDITS, 1)


OF: dict[str, Any] = {
    "kind": JobKind.IMAGES,
    "engine": ENGINE,
    "rating": Rating.GENERAL,
    "settings": resolve_images(engine(ENGINE)),
    "items": job_items(UUID(int=1), count=4, seed=seed_of(UUID(int=1))),
    "price_version": 1,
    "quoted_millicredits": MILLICREDITS,
    "cancel_share_thousandths": 500,
    "policy_version": 1,
}
HANDLERS = by_command(
    Handler("fund-wallet", fund), Handler("reserve-and-request", reserve_and_request)
)


@dataclass(frozen=True)
class Side:
    """One way to do it. `wallet` opens one for an owner, `save` reserves and requests."""

    wallet: Callable[[UUID], object]
    save: Callable[[UUID], object]

    def seconds_taken(self, writers: int) -> float:
        """Each writer makes SAVES saves of a wallet of their own."""
        owners = [uuid4() for _ in range(writers)]
        for owner in owners:
            self.wallet(owner)

        def write(owner: UUID) -> None:
            for _ in range(SAVES):
                self.save(owner)

        with ThreadPoolExecutor(writers) as pool:
            return seconds(lambda: list(pool.map(write, owners)))


@contextmanager
def ours(url: str) -> Iterator[Side]:
    """A command through the studio's door."""
    with (
        open_pool(url, "writer", size_max=WRITERS) as pool,
        open_pool(url, "vault", size_max=WRITERS) as vault,
    ):
        store = PostgresEventStore(pool, STORED_FORM, SubjectKeys(vault, SECRET))
        studio = Studio(store, HANDLERS, system_clock, SECRET)
        yield Side(
            lambda owner: studio.execute(FundWallet(), owner_id=owner, key=uuid4()),
            lambda owner: studio.execute(
                ReserveAndRequest(PersonalText(PROMPT)), owner_id=owner, key=uuid4()
            ),
        )


@contextmanager
def stock(url: str) -> Iterator[Side]:
    """The library's application, with snapshots and otherwise as it comes."""
    fields = msgspec.to_builtins(OF)
    app = StockStudio(stock_environment(url, connections_max=WRITERS))
    try:
        yield Side(
            lambda owner: app.open_wallet(wallet_id(owner), owner, PLENTY),
            lambda owner: app.reserve_and_request(
                wallet_id(owner), uuid4(), MILLICREDITS, fields, PROMPT
            ),
        )
    finally:
        app.close()


@contextmanager
def raw(url: str, data: list[tuple[str, bytes]]) -> Iterator[Side]:
    """The rows of one such command, `data`, in one transaction."""

    def save(owner: UUID) -> None:
        with pool.connection() as connection, connection.cursor() as cursor:
            cursor.executemany(
                _INSERT_ROW, [(owner, uuid4(), 1, topic, stored) for topic, stored in data]
            )
            cursor.execute(_INSERT_COMMAND, [owner, uuid4(), SECRET, b"{}"])

    with ConnectionPool(url, min_size=1, max_size=WRITERS, open=True) as pool:
        yield Side(lambda owner: None, save)


def rows_of_a_command(admin_url: str) -> list[tuple[str, bytes]]:
    """Type and bytes of what one command of ours stored."""
    with psycopg.connect(admin_url) as admin:
        return admin.execute(
            "SELECT event_type, data FROM events.stored_events ORDER BY notification_id DESC"
            " LIMIT 2"
        ).fetchall()


def round_trip_s(url: str) -> float:
    """How long the shortest question takes."""
    with psycopg.connect(url, autocommit=True) as connection:
        return min(seconds(lambda: connection.execute("SELECT 1")) for _ in range(50))


def flush(admin_url: str, switch: str) -> None:
    """Whether commits wait for the disk, for connections from now on.

    They do in every studio; without, the disk and its neighbours are not in the figure.
    """
    database_name = conninfo_to_dict(admin_url)["dbname"]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {database_name} SET synchronous_commit = {switch}".encode())


def compare(name: str, url: str, admin_url: str, writers: int, goal: float) -> None:
    """Print both ratios for so many writers at these URLs."""
    with ours(url) as our_side, stock(admin_url) as stock_side:
        our_side.seconds_taken(1)
        with raw(admin_url, rows_of_a_command(admin_url)) as raw_side:
            sides = {"ours": our_side, "stock": stock_side, "raw": raw_side}
            for side in sides.values():
                side.seconds_taken(writers)
            taken = alternating(
                ROUNDS,
                **{name: partial(side.seconds_taken, writers) for name, side in sides.items()},
            )
    baselines = {
        "stock": "eventsourcing's PostgreSQL application: the same decisions, fields and snapshots",
        "raw": "psycopg inserting the same rows: nothing loaded, decided, ordered or chained",
    }
    saves = writers * SAVES
    for baseline, what in baselines.items():
        report(
            name,
            what,
            writers=writers,
            round_trip_ms=1_000 * round_trip_s(url),
            saves_per_s=saves / taken["ours"],
            baseline_saves_per_s=saves / taken[baseline],
            ratio=taken[baseline] / taken["ours"],
            **({"goal": goal} if baseline == "stock" else {}),
        )


def main() -> None:
    """Beside the server, then far from it."""
    with database() as (url, admin_url):
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE SCHEMA {SCHEMA}".encode())
            admin.execute("CREATE SCHEMA raw")
            admin.execute(
                "CREATE TABLE raw.rows (position bigserial PRIMARY KEY, owner_id uuid,"
                " originator_id uuid, originator_version bigint, event_type text, data bytea,"
                " UNIQUE (originator_id, originator_version))"
            )
            admin.execute(
                "CREATE TABLE raw.commands (owner_id uuid, key uuid, args_hmac bytea,"
                " result bytea, recorded_at timestamptz, PRIMARY KEY (owner_id, key))"
            )
        compare("reserve_and_request", url, admin_url, 1, goal=2.0)
        flush(admin_url, "off")
        compare("reserve_and_request_unflushed", url, admin_url, 1, goal=2.0)
        flush(admin_url, "on")
        with slow_network(admin_url, ROUND_TRIP_S) as (host, port):
            compare(
                "reserve_and_request_far_away",
                make_conninfo(url, host=host, port=port),
                make_conninfo(admin_url, host=host, port=port),
                WRITERS,
                goal=10.0,
            )


if __name__ == "__main__":
    main()
