"""Topics that were wiped: what stood in them comes from the event store again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import httpx
import psycopg
import pytest

from adapters.event_store.log import EventLog
from adapters.event_store.positions import claim_reader
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from domain.events import STORED_FORM
from domain.job_state import JobState
from processes.prepare import publish_defaults
from processes.projector import GROUP, FactProjection
from processes.relay import Relay
from projections.projector import Projector
from projections.rebuild import Rebuild
from tests.api.live_studio import MovableClock
from tests.contract.transport_carriers import collect
from tests.faults.effects import doubled_effects
from tests.faults.oracle import until
from tests.flow.studio_desk import StudioDesk
from tests.kafka.conftest import WIPES
from tests.kafka.fault_count import FaultCount
from tests.kafka.wiped import wipe
from tests.reactor.postgres_reactor import started_reactor
from tests.reactor.running_reactor import sandbox_outside
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.kafka import KafkaTransport
from topics.messages.fact import Watermark
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.registry import FACTS, JOBS
from topics.transport import From

Tally = Callable[[FaultCount], None]

SECRET = bytes(range(32))
WIPED = (FACTS, JOBS[WorkKind.IMAGE])


@pytest.fixture
def desk(database: str, admin_database: str) -> Iterator[StudioDesk]:
    """A studio of which only what a test starts is running."""
    objects = InMemoryObjectStore(Presigner("http://studio.test/objects", SECRET))
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client())
        studio = StudioDesk(
            database, admin_database, objects, http, stack, kek=SECRET, args_secret=SECRET
        )
        publish_defaults(studio.studio)
        yield studio


def relay_everything(desk: StudioDesk, kafka: KafkaTransport) -> None:
    """Run a relay until the log's end stands in every partition."""
    head = desk.events.position()
    stop = Event()

    def relay() -> None:
        with (
            EventLog(desk.url) as events,
            kafka.publisher("/suite/relay") as publisher,
            claim_reader(desk.url, "relay", wait_s=5.0) as reader,
        ):
            Relay(events, reader, publisher).run(stop)

    running = Thread(target=relay)
    with kafka.broadcast([FACTS], From.END) as heard:
        heard.poll(0.0)
        running.start()
        marked: set[int] = set()

        def all_marked() -> bool:
            for delivery in heard.poll(0.1):
                if delivery.message == Watermark(head):
                    marked.add(delivery.partition)
            return len(marked) == FACTS.partitions

        until(all_marked, "the relay is done")
    stop.set()
    running.join()


@contextmanager
def projecting(desk: StudioDesk, kafka: KafkaTransport) -> Iterator[None]:
    """A projector is running inside the block."""
    stop = Event()

    def project() -> None:
        with (
            kafka.publisher("/suite/projector") as publisher,
            kafka.consumer(GROUP, [FACTS], "projector") as consumer,
        ):
            projection = FactProjection(
                Projector(
                    lambda: psycopg.connect(desk.url, autocommit=True), STORED_FORM, desk.keys
                )
            )
            ConsumerLoop(consumer, projection.handle, DeadLetterBox(publisher, GROUP)).run(
                stop, poll_s=0.2
            )

    running = Thread(target=project)
    running.start()
    try:
        yield
    finally:
        stop.set()
        running.join()


@pytest.mark.kafka
def test_read_models_of_a_wiped_topic_are_rebuilt_and_go_on(
    desk: StudioDesk, kafka: KafkaTransport, own_broker: str, tally: Tally
) -> None:
    wipe(own_broker, WIPED)
    rebuild = Rebuild(
        lambda: psycopg.connect(desk.admin_url, autocommit=True), STORED_FORM, desk.keys
    )
    for _ in range(WIPES):
        ada = desk.creator()
        before = desk.draw(None, ada)
        relay_everything(desk, kafka)
        with projecting(desk, kafka):
            desk.reader_has_seen(before, ada, JobState.REQUESTED)

        unread = desk.draw(None, ada)
        relay_everything(desk, kafka)
        wipe(own_broker, WIPED)
        assert rebuild.run(desk.events.stream).parked == ()
        desk.reader_has_seen(unread, ada, JobState.REQUESTED)

        with projecting(desk, kafka):
            # Its committed offsets lie before what is left: it begins at the start of that.
            after = desk.draw(None, ada)
            relay_everything(desk, kafka)
            desk.reader_has_seen(after, ada, JobState.REQUESTED)
    differences = rebuild.compare(desk.events.stream)
    doubled = doubled_effects(desk.oracle.history())
    tally(FaultCount("facts wiped", WIPES, len(differences), len(doubled), 0))
    assert differences == ()
    assert doubled == []


@pytest.mark.kafka
def test_open_jobs_of_a_wiped_topic_are_announced_again(
    desk: StudioDesk, kafka: KafkaTransport, own_broker: str, tally: Tally, tmp_path: Path
) -> None:
    ada = desk.creator()
    jobs = {desk.draw(None, ada) for _ in range(3)}
    clock = MovableClock()
    outside = sandbox_outside(desk.objects, tmp_path)
    with started_reactor(desk.url, desk.studio, outside, clock, transport=kafka) as reactor:
        reactor.settles()
        assert announced(kafka, len(jobs)) == jobs
        wipe(own_broker, WIPED)
        clock.pass_by(minutes=9)
        reactor.settles()
        assert announced(kafka, 0) == set()
        clock.pass_by(minutes=2)
        reactor.settles()
    found = announced(kafka, len(jobs))
    tally(FaultCount("waiting jobs wiped", 1, len(jobs - found), len(found - jobs), 0))
    assert found == jobs


def announced(kafka: KafkaTransport, expected: int) -> set[UUID]:
    """The jobs of which the topic says that they wait."""
    with kafka.broadcast([JOBS[WorkKind.IMAGE]], From.START) as reader:
        found = collect(reader.poll, expected)
    return {one.message.job for one in found if isinstance(one.message, JobQueued)}
