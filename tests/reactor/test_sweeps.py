"""What is kept for a while goes when its time is over, in batches, by one process at a time."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from adapters.event_store.positions import claim_reader
from adapters.intents.postgres import PostgresIntents, open_intents
from adapters.intents.tail import ReaderIntents
from adapters.objects.folder import FolderObjectStore
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from processes.reactor import sweeps as kept
from processes.reactor.first_uploads import FirstUploads
from processes.reactor.orphans import Orphans
from processes.reactor.sweeps import Sweep, Sweeps
from processes.wiring.clock import system_clock
from processes.wiring.sweeps import open_sweeps
from tests.commands.studio_spec import ADA, StoppedClock, StudioSpec
from tests.contract.test_intents import intent

NOW = system_clock()
"""The database has a say in what is old, by its own clock."""

RECENT = (NOW - timedelta(minutes=1)).timestamp()
EMPTY = InMemoryObjectStore(Presigner("http://studio.test", b"k" * 32))
NO_UPLOADS = FirstUploads(EMPTY, StudioSpec().studio)
NO_ORPHANS = Orphans(EMPTY, StudioSpec().studio, lambda id: None)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOW)


@pytest.fixture
def intents(database: str) -> Iterator[PostgresIntents]:
    with open_intents(database, connections_max=2) as store:
        yield store


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjectStore:
    """A folder in which one place was closed three days ago, and one yesterday."""
    store = FolderObjectStore(tmp_path, Presigner("http://studio.test", b"k" * 32))
    for place, days in (("photos/ada/", 3), ("photos/grace/", 1)):
        store.close([place])
        [marker] = [one for one in (tmp_path / "~closed").iterdir() if one.stat().st_mtime > RECENT]
        at_s = (NOW - timedelta(days=days)).timestamp()
        os.utime(marker, (at_s, at_s))
    return store


@pytest.fixture
def sweeps(
    database: str, intents: PostgresIntents, clock: StoppedClock, objects: FolderObjectStore
) -> Iterator[Sweeps]:
    with open_sweeps(database, intents, clock, NO_UPLOADS, NO_ORPHANS, objects) as opened:
        yield opened


@pytest.fixture
def admin(admin_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(admin_database, autocommit=True) as connection:
        yield connection


def count(admin: psycopg.Connection[Any], table: str) -> int:
    """How many rows there are."""
    row = admin.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def before(time_kept: timedelta, *, by: timedelta) -> datetime:
    """A time that is over by now, or is not, by so much."""
    return NOW - time_kept - by


AN_HOUR = timedelta(hours=1)


def given_rows(admin: psycopg.Connection[Any], by: timedelta) -> None:
    """A row of each kind that is older than it is kept by so much."""
    admin.execute(
        "INSERT INTO views.feed VALUES (%s, %s, 0, 'jobs', %s, '{}', %s)",
        [ADA, 10 if by > timedelta() else 11, ADA, before(kept.FEED_KEPT, by=by)],
    )
    admin.execute(
        "INSERT INTO events.commands VALUES (%s, %s, '', '', 1, %s)",
        [ADA, uuid4(), before(kept.COMMANDS_KEPT, by=by)],
    )
    admin.execute(
        "INSERT INTO vault.webhooks VALUES ('sandbox', %s, %s)",
        [str(uuid4()), before(kept.WEBHOOKS_KEPT, by=by)],
    )
    admin.execute(
        "INSERT INTO vault.accounts VALUES (%s, %s, '', '', '', 'creator') ON CONFLICT DO NOTHING",
        [ADA, ADA],
    )
    admin.execute(
        "INSERT INTO vault.sessions VALUES (%s, %s, %s, %s)",
        [uuid4().bytes * 2, ADA, NOW, before(kept.SESSIONS_KEPT, by=by)],
    )
    admin.execute(
        "INSERT INTO vault.password_links VALUES (%s, %s, %s)",
        [uuid4().bytes * 2, ADA, before(timedelta(), by=by)],
    )
    admin.execute(
        "INSERT INTO vault.tries VALUES (%s, %s)",
        [uuid4().bytes * 2, before(kept.TRIES_KEPT, by=by)],
    )
    admin.execute(
        "INSERT INTO vault.familiar_networks VALUES (%s, %s)",
        [uuid4().bytes * 2, before(timedelta(), by=by)],
    )
    admin.execute(
        "INSERT INTO vault.identity_sessions VALUES (%s, 'veriff', %s, %s, '', %s)",
        [uuid4(), str(uuid4()), ADA, before(kept.IDENTITY_SESSIONS_KEPT, by=by)],
    )


SWEPT = (
    "views.feed",
    "events.commands",
    "vault.webhooks",
    "vault.sessions",
    "vault.password_links",
    "vault.tries",
    "vault.familiar_networks",
    "vault.identity_sessions",
)


def test_what_is_too_old_goes_and_the_rest_stays(
    sweeps: Sweeps, admin: psycopg.Connection[Any]
) -> None:
    given_rows(admin, AN_HOUR)
    given_rows(admin, -AN_HOUR)
    gone = sweeps.sweep(Event())
    assert {table: count(admin, table) for table in SWEPT} == dict.fromkeys(SWEPT, 1)
    assert gone == {
        "feed": 1,
        "snapshots": 0,
        "commands": 1,
        "webhooks": 1,
        "sessions": 1,
        "password-links": 1,
        "tries": 1,
        "familiar-networks": 1,
        "identity-sessions": 1,
        "archives": 0,
        "first-uploads": 0,
        "closed-places": 1,
        "orphans": 0,
        "intents": 0,
    }
    trimmed = admin.execute("SELECT owner_id, position FROM views.feed_trimmed").fetchall()
    assert trimmed == [(ADA, 10)]


def test_no_command_is_forgotten_within_a_month_whatever_the_clock_says(
    sweeps: Sweeps, admin: psycopg.Connection[Any], clock: StoppedClock
) -> None:
    admin.execute(
        "INSERT INTO events.commands VALUES (%s, %s, '', '', 1, clock_timestamp())", [ADA, uuid4()]
    )
    clock.pass_by(days=10_000)
    assert sweeps.sweep(Event())["commands"] == 0


def test_only_the_newest_snapshot_of_an_aggregate_is_kept(
    sweeps: Sweeps, admin: psycopg.Connection[Any]
) -> None:
    other = uuid4()
    for aggregate, version in ((ADA, 100), (ADA, 300), (ADA, 200), (other, 100)):
        admin.execute(
            "INSERT INTO events.snapshots VALUES (%s, %s, %s, 'wallet', '', '')",
            [aggregate, version, ADA],
        )
    assert sweeps.sweep(Event())["snapshots"] == 2
    left = admin.execute("SELECT originator_id, originator_version FROM events.snapshots")
    assert set(left.fetchall()) == {(ADA, 300), (other, 100)}


def test_done_intents_go_after_three_months_and_pending_ones_never(
    database: str, intents: PostgresIntents, sweeps: Sweeps, clock: StoppedClock
) -> None:
    with claim_reader(database, "reactor", wait_s=1, role="writer") as reader:
        waiting = intent("waiting", next_try_at=NOW + timedelta(days=400))
        ReaderIntents(reader).record([intent("done"), waiting], read_to=1, now=NOW)
    lease = intents.claim(now=clock() + AN_HOUR * 24, leased_until=NOW + AN_HOUR * 48)
    assert lease is not None
    intents.finish(lease, outcome="done", now=NOW)
    clock.at = NOW + kept.DONE_INTENTS_KEPT
    assert sweeps.sweep(Event())["intents"] == 0
    clock.pass_by(seconds=1)
    assert sweeps.sweep(Event())["intents"] == 1
    clock.pass_by(days=365)
    assert sweeps.sweep(Event())["intents"] == 0
    assert intents.find(waiting.intent_id) is not None


def test_of_two_processes_one_sweeps_and_both_wait_for_the_next_hour(
    database: str,
    intents: PostgresIntents,
    admin: psycopg.Connection[Any],
    clock: StoppedClock,
    objects: FolderObjectStore,
) -> None:
    given_rows(admin, AN_HOUR)
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(
                open_sweeps(database, intents, clock, NO_UPLOADS, NO_ORPHANS, objects)
            )
            for _ in range(2)
        )
        one_turn(first)
        assert count(admin, "events.commands") == 0
        given_rows_again = before(kept.COMMANDS_KEPT, by=AN_HOUR)
        admin.execute(
            "INSERT INTO events.commands VALUES (%s, %s, '', '', 1, %s)",
            [ADA, uuid4(), given_rows_again],
        )
        one_turn(second)
        assert count(admin, "events.commands") == 1
        clock.pass_by(hours=1)
        one_turn(second)
        assert count(admin, "events.commands") == 0


def one_turn(sweeps: Sweeps) -> None:
    """The loop, stopped at its first wait."""
    sweeps.run(StopsAtTheFirstWait())


class StopsAtTheFirstWait(Event):
    """Is set by whoever waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event.wait`."""
        self.set()
        return True


def test_a_statement_deletes_a_batch_and_a_round_has_a_limit(clock: StoppedClock) -> None:
    left = kept.BATCH_MAX * (kept.BATCHES_PER_ROUND_MAX + 1)
    asked: list[int] = []

    def forget(older_than: datetime, limit: int) -> int:
        nonlocal left
        asked.append(limit)
        gone = min(limit, left)
        left -= gone
        return gone

    rounds = Sweeps([Sweep("rows", timedelta(), forget)], lambda now: True, clock)
    rounds.sweep(Event())
    assert left == kept.BATCH_MAX
    assert set(asked) == {kept.BATCH_MAX}
    rounds.sweep(Event())
    assert left == 0


def test_a_sweep_that_fails_waits_for_the_next_round(clock: StoppedClock) -> None:
    def forget(older_than: datetime, limit: int) -> int:
        raise ConnectionError()

    one_turn(Sweeps([Sweep("rows", timedelta(), forget)], lambda now: True, clock))


def test_a_sweep_that_fails_holds_up_no_other(clock: StoppedClock) -> None:
    def fail(older_than: datetime, limit: int) -> int:
        raise ConnectionError()

    failing = Sweep("objects", timedelta(), fail)
    other = Sweep("rows", timedelta(), lambda older_than, limit: 3)
    assert Sweeps([failing, other], lambda now: True, clock).sweep(Event()) == {"rows": 3}
