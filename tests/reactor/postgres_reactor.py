"""A reactor over PostgreSQL that works when a test says so, and can be started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from adapters.event_store.log import EventLog
from adapters.event_store.positions import claim_reader
from adapters.intents.postgres import open_intents
from adapters.intents.tail import ReaderIntents
from commands.ports.clock import Clock
from commands.studio import Studio
from domain.events import STORED_FORM
from domain.kernel.stored_form import StoredForm
from processes.reactor.adoption import Adoption
from processes.reactor.announcing import Announcer
from processes.reactor.deeds import Deeds, Outside
from processes.reactor.executor import Executor, Wake
from processes.reactor.tail import Tail
from topics.in_memory import InMemoryTransport
from topics.transport import Transport


class PostgresReactor:
    """One that holds the reactor's name, with one executor."""

    def __init__(self, tail: Tail, tailed: ReaderIntents, executor: Executor) -> None:
        self._tail = tail
        self._tailed = tailed
        self._executor = executor

    def settles(self) -> None:
        """Everything is done that is due now, and whatever follows from it."""
        self.follows()
        while self._executor.carry_out_next():
            self.follows()

    def follows(self) -> None:
        """The log is read to its end."""
        while self._tail.follow(read_to := self._tailed.position()) > read_to:
            continue


@contextmanager
def started_reactor(
    url: str,
    studio: Studio,
    outside: Outside,
    clock: Clock,
    *,
    form: StoredForm = STORED_FORM,
    transport: Transport | None = None,
) -> Iterator[PostgresReactor]:
    """A reactor that was started just now, and has taken over what it found."""
    with (
        EventLog(url) as events,
        open_intents(url, connections_max=2) as intents,
        claim_reader(url, "reactor", wait_s=5, role="writer") as reader,
    ):
        tailed = ReaderIntents(reader)
        Adoption(events, tailed, form, clock).run(Event())
        topics = transport or InMemoryTransport()
        topics.create_topics()
        publisher = topics.publisher("/suite/reactor")
        announcer = Announcer(intents, studio, publisher, topics, clock)
        yield PostgresReactor(
            Tail(events, tailed, form, clock, Wake()),
            tailed,
            Executor(intents, Deeds(studio, outside, announcer, events, form, clock), clock),
        )
