"""Recorder: results → commands, claims → grants."""

import threading

from processes.recorder import GROUP, TOPIC, Recorder
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.wiring.members import member_name
from processes.wiring.objects import open_objects
from processes.wiring.studio import open_studio
from processes.wiring.transport import open_transport
from topics.consume import ConsumerLoop, DeadLetterBox, one_at_a_time


def run(settings: Settings, stop: threading.Event) -> None:
    """Run the recorder until `stop` is set."""
    secrets = load_secrets(settings.secrets)
    with (
        open_studio(settings, secrets, "recorder") as writing,
        open_transport(settings) as transport,
        transport.publisher("/suite/recorder") as publisher,
        transport.consumer(GROUP, [TOPIC], member_name(settings, "recorder")) as consumer,
    ):
        objects = open_objects(settings, secrets)
        recorder = Recorder(writing.studio, writing.store, objects, publisher)
        dead_letters = DeadLetterBox(publisher, GROUP)
        # Each report may wait for its owner's lock: looking at the stop shows that it goes on.
        handle = one_at_a_time(recorder.handle, turned=stop.is_set)
        ConsumerLoop(consumer, handle, dead_letters).run(stop)
