"""Who is there: their words on topics, heard by the watchdog, read by everybody."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Self

import psycopg
import pytest

from adapters.event_store.in_memory import InMemoryKeys
from adapters.postgres.connect import open_pool
from api.attendance import attendance_of
from commands.ports.attendance import NEVER, Attendance, Presence
from domain.events import STORED_FORM
from domain.kernel.role import Role
from processes.presence import said_to_be_there
from processes.roll_call import RollCall
from processes.survey.connections import open_connections
from projections.rebuild import Rebuild
from queries.catalogue.attendance import attended
from queries.survey.presence import There, presence
from queries.viewer import as_viewer
from queries.wallet.ledger import BEFORE_ALL
from topics.in_memory import InMemoryTransport
from topics.messages.attendance import OfferedEngine, ScreenerPresent, WorkerPresent
from topics.registry import ATTENDANCE, GATES, Message, key_of
from topics.transport import BroadcastReader, Delivery, From, TransportUnreachable

LEASE_S = 20.0
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
POCKET, XL = OfferedEngine("pocket", "ab" * 32), OfferedEngine("stable-diffusion-xl", "cd" * 32)
LATHE = WorkerPresent("lathe", "CPU", (POCKET,), 8 * 1024**3)
PRESS = WorkerPresent("press", "NVIDIA H100", (POCKET, XL), 80 * 1024**3)


class Hall:
    """A roll call over real tables, on topics in memory, in a time that the test moves."""

    def __init__(self, database: str, stack: ExitStack) -> None:
        self.transport = InMemoryTransport()
        self.transport.create_topics()
        self.passed_s = 0.0
        self._database, self._stack = database, stack
        self._publisher = self.transport.publisher("/suite/test")
        self._readers = stack.enter_context(open_pool(database, "reader", size_max=1))
        self._writers = stack.enter_context(open_pool(database, "projector", size_max=1))
        self.begin()

    def begin(self) -> None:
        """A roll call that has heard nobody yet, as after a start of the watchdog."""
        voices = self.transport.broadcast([ATTENDANCE, GATES], From.END)
        self.roll = self.of(self._stack.enter_context(voices))

    def of(self, voices: BroadcastReader) -> RollCall:
        """A roll call that hears these."""
        return RollCall(
            voices,
            self._writers.connection,
            lease_s=LEASE_S,
            monotonic_s=lambda: self.passed_s,
            now=lambda: self.now,
        )

    @property
    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed_s)

    def says(self, *words: Message) -> None:
        for said in words:
            topic = GATES if isinstance(said, ScreenerPresent) else ATTENDANCE
            self._publisher.publish(topic, key_of(said), said)
        self.roll.turn(0.0)

    def pass_by(self, seconds: float, *, saying: tuple[Message, ...] = ()) -> None:
        """Time passes for a roll call that turns every second, with words every five."""
        for second in range(int(seconds)):
            self.passed_s += 1.0
            self.says(*(saying if second % 5 == 4 else ()))

    def who(self) -> Attendance:
        with as_viewer(self._readers, BEFORE_ALL, Role.CREATOR) as view:
            return attendance_of(attended(view))


@pytest.fixture
def hall(database: str) -> Iterator[Hall]:
    with ExitStack() as stack:
        yield Hall(database, stack)


def test_nobody_was_there_before_anybody_spoke(hall: Hall) -> None:
    assert hall.who() == Attendance({}, {}, NEVER, NEVER)


def test_whoever_speaks_is_there_for_what_they_name(hall: Hall) -> None:
    hall.says(LATHE, PRESS, ScreenerPresent("sieve", ("pocket",)))
    who = hall.who()
    assert who.draws == {"pocket": Presence(2, NOON), XL.engine: Presence(1, NOON)}
    assert who.judges == {"pocket": Presence(1, NOON)}
    assert (who.workers.alive, who.screeners.alive) == (2, 1)


def test_what_is_said_twice_counts_once(hall: Hall) -> None:
    hall.says(LATHE, LATHE)
    hall.says(LATHE)
    assert hall.who().workers == Presence(1, NOON)


def test_a_worker_that_falls_silent_is_away_since_it_last_spoke(hall: Hall) -> None:
    hall.pass_by(60, saying=(LATHE, PRESS))
    silent_since = hall.now
    hall.pass_by(LEASE_S - 1, saying=(LATHE,))
    assert hall.who().draws[XL.engine].alive == 1
    hall.pass_by(2, saying=(LATHE,))
    who = hall.who()
    assert who.draws[XL.engine] == Presence(0, silent_since)
    assert (who.draws["pocket"].alive, who.workers.alive) == (1, 1)


def test_whoever_leaves_is_away_at_once(hall: Hall) -> None:
    hall.says(LATHE, PRESS)
    hall.pass_by(3)
    hall.says(WorkerPresent("press", "NVIDIA H100", (POCKET, XL), leaves=True))
    who = hall.who()
    assert who.draws[XL.engine] == Presence(0, hall.now)
    assert who.workers.alive == 1


def test_an_engine_that_a_worker_no_longer_names_has_nobody(hall: Hall) -> None:
    hall.says(PRESS)
    hall.pass_by(5)
    hall.says(WorkerPresent("press", "NVIDIA H100", (POCKET,)))
    who = hall.who()
    assert who.draws[XL.engine] == Presence(0, NOON)
    assert who.draws["pocket"].alive == 1


def test_whoever_was_not_listened_to_was_not_silent(hall: Hall) -> None:
    hall.pass_by(60, saying=(LATHE,))
    hall.passed_s += 600.0
    hall.says()
    assert hall.who().workers.alive == 1, "a pause of the watchdog is nobody's silence"
    hall.begin()
    hall.pass_by(LEASE_S - 1)
    assert hall.who().workers.alive == 1, "it has not listened for a lease yet"
    hall.pass_by(2)
    assert hall.who().workers.alive == 0


def test_what_was_said_before_the_watchdog_came_is_not_said_now(hall: Hall) -> None:
    hall.says(LATHE)
    hall.passed_s += 3_600.0
    hall.begin()
    hall.pass_by(LEASE_S + 1)
    assert hall.who().workers == Presence(0, NOON)


def test_a_rebuild_of_the_read_models_takes_nobody_away(hall: Hall, admin_database: str) -> None:
    hall.says(LATHE, ScreenerPresent("sieve", ("pocket",)))
    before = hall.who()
    rebuild = Rebuild(
        lambda: psycopg.connect(admin_database, autocommit=True), STORED_FORM, InMemoryKeys()
    )
    rebuild.run(lambda after: ())
    assert hall.who() == before
    assert rebuild.compare(lambda after: ()) == ()


def test_a_process_says_that_it_is_there_and_that_it_leaves(hall: Hall) -> None:
    with (
        hall.transport.broadcast([ATTENDANCE], From.START) as heard,
        said_to_be_there(hall.transport, ATTENDANCE, lambda: LATHE, every_s=60.0),
    ):
        assert [one.message for one in heard.poll(10.0)] == [LATHE]
        hall.says()
        assert hall.who().workers.alive == 1
    hall.says()
    assert hall.who().workers == Presence(0, NOON)


def test_a_look_at_the_studio_names_who_is_there_and_nobody_else(hall: Hall, database: str) -> None:
    hall.pass_by(30, saying=(LATHE,))
    hall.says(PRESS, ScreenerPresent("sieve", ("pocket",)))
    hall.pass_by(LEASE_S + 1, saying=(PRESS,))
    with open_connections(database, "projector") as connections:
        assert presence(connections) == (
            There(
                is_worker=True,
                member="press",
                device=PRESS.device,
                memory_bytes=PRESS.memory_bytes,
                engines=("pocket", XL.engine),
                since=NOON + timedelta(seconds=30),
            ),
        )


def test_whoever_comes_back_is_there_since_then(hall: Hall, database: str) -> None:
    def since() -> list[datetime | None]:
        with open_connections(database, "projector") as connections:
            return [one.since for one in presence(connections)]

    hall.says(LATHE)
    hall.pass_by(60, saying=(LATHE,))
    # Nobody listened: that is nobody's silence.
    hall.passed_s += 600.0
    hall.says(LATHE)
    assert since() == [NOON]
    hall.pass_by(LEASE_S + 1)
    assert since() == []
    hall.says(LATHE)
    assert since() == [hall.now]


class Stuttering:
    """A reader that breaks at the first poll, and then says what another one hears."""

    def __init__(self, reader: BroadcastReader, stop: threading.Event) -> None:
        self._reader, self._stop = reader, stop
        self.polled = 0

    def poll(self, timeout_s: float, max_messages: int = 500) -> tuple[Delivery, ...]:
        self.polled += 1
        if self.polled == 1:
            raise TransportUnreachable("away")
        self._stop.set()
        return tuple(self._reader.poll(timeout_s, max_messages))

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *why: object) -> None:
        self.close()


def test_topics_that_are_away_for_a_moment_end_no_roll_call(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processes.roll_call.RETRY_DELAY_S", 0.0)
    stop = threading.Event()
    with hall.transport.broadcast([ATTENDANCE], From.START) as reader:
        voices = Stuttering(reader, stop)
        hall.roll = hall.of(voices)
        hall._publisher.publish(ATTENDANCE, key_of(LATHE), LATHE)
        hall.roll.run(stop)
    assert voices.polled == 2
    assert hall.who().workers.alive == 1
