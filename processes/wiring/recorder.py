"""Recorder: results → commands, claims → grants."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from adapters.objects.s3_place import S3User
from adapters.parked_messages.postgres import PostgresParkedMessages
from adapters.postgres.connect import open_pool
from processes.observed_studio import CommandObserver
from processes.recorder import GROUP, TOPICS, Recorder
from processes.recorder.parking import ParkingRecorder
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.clock import system_clock
from processes.wiring.command_observers import command_observers
from processes.wiring.members import member_name
from processes.wiring.objects import open_objects
from processes.wiring.studio import open_studio
from processes.wiring.transport import open_transport
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.transport import Transport


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run the recorder until `stop` is set."""
    with (
        open_transport(settings, sight.message_observers) as transport,
        # Each report may wait for its owner: looking at the stop shows that the loop goes on.
        open_recorder(
            settings,
            transport,
            turned=stop.is_set,
            observers=command_observers(sight),
        ) as recorder,
        transport.consumer(GROUP, TOPICS, member_name(settings, "recorder")) as consumer,
    ):
        ConsumerLoop(consumer, recorder.handle, None, meanwhile=recorder.retry_due).run(stop)


@contextmanager
def open_recorder(
    settings: Settings,
    transport: Transport,
    turned: Callable[[], object] = lambda: None,
    observers: Sequence[CommandObserver] = (),
) -> Iterator[ParkingRecorder]:
    """The recorder with everything that it holds, for whoever hands it deliveries.

    `turned` is called after each of them; `observers` see every command pass.
    """
    secrets = load_secrets(settings.secrets)
    url = settings.require_database_url()
    with (
        open_studio(settings, secrets, "recorder", observers) as writing,
        open_pool(url, "writer", size_max=2, application="recorder") as pool,
        transport.publisher("/suite/recorder") as publisher,
    ):
        objects = open_objects(settings, secrets, S3User.INTAKE)
        yield ParkingRecorder(
            Recorder(writing.studio, writing.store, objects, publisher),
            PostgresParkedMessages(pool),
            # Workers are the least trusted: however much nonsense they send, it stops nobody.
            DeadLetterBox(publisher, GROUP, in_a_row_max=None),
            now=system_clock,
            turned=turned,
        )
