"""A reactor as its wiring builds it, in threads of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader
from adapters.identity.sandbox import SandboxIdentity
from adapters.intents.postgres import open_intents
from adapters.intents.tail import ReaderIntents
from adapters.payment.sandbox import SandboxPayment
from commands.ports.clock import Clock
from commands.ports.object_store import ObjectStore
from commands.studio import Studio
from domain.events import STORED_FORM
from processes.reactor.adoption import Adoption
from processes.reactor.announcing import Announcer
from processes.reactor.crew import Crew
from processes.reactor.deeds import Deeds, Outside
from processes.reactor.executor import Executor, Wake
from processes.reactor.tail import Tail
from processes.wiring.active import while_active
from processes.wiring.clock import system_clock
from topics.transport import Transport

ADDRESS = "http://studio.test"
SECRET = b"a secret of the test studio ....."[:32]
EXECUTORS = 2
STOP_PATIENCE_S = 30.0


def sandbox_outside(objects: ObjectStore, folder: Path) -> Outside:
    """The sandbox's providers, which keep what they know in a folder."""
    return Outside(
        objects,
        SandboxIdentity(
            folder,
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=system_clock,
        ),
        SandboxPayment(
            folder,
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=system_clock,
        ),
    )


def run_reactor(
    url: str,
    studio: Studio,
    outside: Outside,
    transport: Transport,
    stop: threading.Event,
    *,
    clock: Clock = system_clock,
) -> None:
    """Follow the log, and carry out what it asks for, until `stop` is set."""
    wake = Wake()
    with (
        EventLog(url) as events,
        open_intents(url, connections_max=EXECUTORS + 1) as intents,
        transport.publisher("/suite/reactor") as publisher,
    ):
        announcer = Announcer(intents, studio, publisher, transport, clock)
        deeds = Deeds(studio, outside, announcer, events, STORED_FORM, clock)
        executors = [Executor(intents, deeds, clock) for _ in range(EXECUTORS)]

        def follow(reader: ActiveReader) -> None:
            tailed = ReaderIntents(reader)
            Adoption(events, tailed, STORED_FORM, clock).run(stop)
            Tail(events, tailed, STORED_FORM, clock, wake).run(stop)

        with Crew(executors, stop, wake):
            while_active(url, "reactor", stop, follow, role="writer")


@contextmanager
def running_reactor(
    url: str, studio: Studio, outside: Outside, transport: Transport
) -> Iterator[None]:
    """A reactor runs inside the block."""
    stop = threading.Event()
    thread = threading.Thread(
        target=run_reactor, args=[url, studio, outside, transport, stop], name="reactor"
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_PATIENCE_S)
