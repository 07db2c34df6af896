"""Reactor: events → intents → commands and deeds."""

import threading

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader
from adapters.intents.postgres import open_intents
from adapters.intents.tail import ReaderIntents
from adapters.objects.s3_place import S3User
from domain.events import STORED_FORM
from processes.reactor.adoption import Adoption
from processes.reactor.announcing import Announcer
from processes.reactor.answers import READING
from processes.reactor.crew import EXECUTORS, Crew
from processes.reactor.deeds import Deeds, Outside
from processes.reactor.executor import Executor, Pace, Wake
from processes.reactor.first_uploads import FirstUploads
from processes.reactor.orphans import Orphans
from processes.reactor.tail import Tail
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.active import while_active
from processes.wiring.clock import system_clock
from processes.wiring.command_observers import command_observers
from processes.wiring.objects import open_objects
from processes.wiring.providers import open_identity, open_payment
from processes.wiring.studio import open_studio
from processes.wiring.sweeps import open_sweeps
from processes.wiring.transport import open_transport


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run the reactor until `stop` is set: every one carries out intents, one follows the log."""
    url = settings.require_database_url()
    secrets = load_secrets(settings.secrets)
    wake = Wake()
    objects = open_objects(settings, secrets, S3User.KEEPER)
    with (
        EventLog(url, application="reactor") as events,
        open_studio(settings, secrets, "reactor", command_observers(sight)) as writing,
        open_intents(url, connections_max=EXECUTORS + 1, application="reactor") as intents,
        open_sweeps(
            url,
            intents,
            system_clock,
            FirstUploads(objects, writing.studio),
            Orphans(objects, writing.studio, writing.store.owner_of),
            objects,
        ) as sweeps,
        open_identity(settings, secrets, "reactor") as identity,
        open_transport(settings, sight.message_observers) as transport,
        transport.publisher("/suite/reactor") as publisher,
    ):
        outside = Outside(
            objects=objects,
            identity=identity,
            payment=open_payment(settings, secrets),
        )
        announcer = Announcer(intents, writing.studio, publisher, transport, system_clock)
        deeds = Deeds(writing.studio, outside, announcer, events, STORED_FORM, system_clock)
        pace = Pace(lease_s=settings.lease_s)
        executors = [Executor(intents, deeds, system_clock, pace=pace) for _ in range(EXECUTORS)]

        def follow(reader: ActiveReader) -> None:
            tailed = ReaderIntents(reader)
            Adoption(events, tailed, STORED_FORM, system_clock).run(stop)
            Tail(events, tailed, STORED_FORM, system_clock, wake).run(stop)

        # What another release could not read, this one looks at right away.
        intents.wake(READING, now=system_clock())
        with Crew(executors, stop, wake, beside=[sweeps.run], pace=pace):
            while_active(url, "reactor", stop, follow, role="writer")
