"""Who is there to do the work: what the catalogue and a quote say of it."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from psycopg import Connection
from psycopg_pool import PoolTimeout

from adapters.postgres.connect import connect
from api.attendance import FRESH_S, AttendanceDesk
from commands.ports.attendance import NEVER
from projections.attendance import note_listened, note_present
from tests.api.creator import Creator, Visitor
from tests.api.live_studio import LiveStudio
from topics.messages.attendance import OfferedEngine, ScreenerPresent, WorkerPresent

LEASE = timedelta(seconds=20)
LATHE = WorkerPresent("lathe", "CPU", (OfferedEngine("pocket", "ab" * 32),))
BENCH = WorkerPresent(
    "bench",
    "NVIDIA H100",
    (OfferedEngine("pocket", "ab" * 32), OfferedEngine("stable-diffusion-xl", "cd" * 32)),
)
SIEVE = ScreenerPresent("sieve", ("pocket",))
ENGINES = "{ catalogue { engines { id lacks workersAlive nobodySince } } }"
HALL = "{ catalogue { attendance { workersAlive noWorkerSince screenersAlive noScreenerSince } } }"
QUOTE = """
{
  quote(images: {engine: "pocket", count: 1}) {
    ... on Quote { waitsForWorker { since } millicredits }
  }
}
"""


def hear(live: LiveStudio, *words: WorkerPresent | ScreenerPresent) -> str:
    """Words are heard now. Answers when that was, as the API writes it."""
    with connect(live.database, "projector") as connection:
        now = live.clock()
        note_present(connection, words, at=now, lease=LEASE)
    return now.isoformat()


def fall_silent(live: LiveStudio) -> None:
    """A lease passes in which everything was listened to and nobody spoke."""
    live.clock.pass_by(seconds=LEASE.total_seconds())
    with connect(live.database, "projector") as connection:
        note_listened(connection, until=live.clock())


def test_the_catalogue_says_for_each_engine_who_is_there_and_what_is_missing(
    fresh: LiveStudio,
) -> None:
    visitor = Visitor(fresh)
    engines = {one["id"]: one for one in visitor.ask(ENGINES)["engines"]}
    assert engines["pocket"] == {
        "id": "pocket",
        "lacks": [],
        "workersAlive": 0,
        "nobodySince": None,
    }
    assert engines["stable-diffusion-xl"]["lacks"] == [
        "weights",
        "face-analyser",
        "document-identity",
        "policy",
    ]
    said_at = hear(fresh, LATHE, BENCH)
    engines = {one["id"]: one for one in visitor.ask(ENGINES)["engines"]}
    assert engines["pocket"]["workersAlive"] == 2
    assert engines["stable-diffusion-xl"]["workersAlive"] == 1
    assert "weights" not in engines["stable-diffusion-xl"]["lacks"]
    assert "face-analyser" in engines["stable-diffusion-xl"]["lacks"]
    fall_silent(fresh)
    engines = {one["id"]: one for one in visitor.ask(ENGINES)["engines"]}
    assert engines["pocket"] == {
        "id": "pocket",
        "lacks": [],
        "workersAlive": 0,
        "nobodySince": said_at,
    }


def test_the_queue_page_learns_that_no_worker_is_connected_and_since_when(
    fresh: LiveStudio,
) -> None:
    visitor = Visitor(fresh)
    assert visitor.ask(HALL)["attendance"] == {
        "workersAlive": 0,
        "noWorkerSince": None,
        "screenersAlive": 0,
        "noScreenerSince": None,
    }
    said_at = hear(fresh, LATHE, BENCH, SIEVE)
    assert visitor.ask(HALL)["attendance"] == {
        "workersAlive": 2,
        "noWorkerSince": None,
        "screenersAlive": 1,
        "noScreenerSince": None,
    }
    fall_silent(fresh)
    assert visitor.ask(HALL)["attendance"] == {
        "workersAlive": 0,
        "noWorkerSince": said_at,
        "screenersAlive": 0,
        "noScreenerSince": said_at,
    }


def test_a_quote_says_first_that_nobody_is_there_and_since_when(fresh: LiveStudio) -> None:
    said_at = hear(fresh, LATHE)
    fall_silent(fresh)
    quoted = Creator(fresh).ask(QUOTE)
    assert quoted == {"waitsForWorker": {"since": said_at}, "millicredits": quoted["millicredits"]}
    assert next(iter(quoted)) == "waitsForWorker"


def test_a_quote_for_which_somebody_is_there_waits_for_nobody(fresh: LiveStudio) -> None:
    hear(fresh, LATHE)
    fresh.clock.pass_by(seconds=FRESH_S)
    assert Creator(fresh).ask(QUOTE)["waitsForWorker"] is None


def test_a_job_is_taken_while_nobody_is_there(fresh: LiveStudio) -> None:
    assert Creator(fresh).verified().rich().images()


def test_who_is_there_is_read_once_for_all_who_ask_within_a_second(fresh: LiveStudio) -> None:
    now_s = 100.0
    desk = AttendanceDesk(fresh.parts.connections, lambda: now_s)
    assert desk.now().workers == NEVER
    hear(fresh, LATHE)
    assert desk.now().workers == NEVER
    now_s += FRESH_S
    assert desk.now().workers.alive == 1


def test_no_request_fails_because_readers_are_away_for_a_moment(fresh: LiveStudio) -> None:
    now_s = 100.0
    lent: list[int] = []

    class Lending:
        """Lends one connection, and none to whoever comes later."""

        def connection(self) -> AbstractContextManager[Connection[Any]]:
            if lent:
                raise PoolTimeout
            lent.append(1)
            return fresh.parts.connections.connection()

    hear(fresh, LATHE)
    desk = AttendanceDesk(Lending(), lambda: now_s)
    assert desk.now().workers.alive == 1
    now_s += FRESH_S
    assert desk.now().workers.alive == 1
    with pytest.raises(PoolTimeout):
        AttendanceDesk(Lending(), lambda: now_s).now()
