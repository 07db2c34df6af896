"""Reactor: events → commands and deeds."""

import threading
import time

from adapters.event_store.log import EventLog
from domain.events import STORED_FORM
from processes.reactor import Outside, Reactor
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.wiring.active import while_active
from processes.wiring.objects import open_objects
from processes.wiring.providers import open_identity, open_payment
from processes.wiring.studio import open_studio


def run(settings: Settings, stop: threading.Event) -> None:
    """Run the reactor until `stop` is set."""
    url = settings.require_database_url()
    secrets = load_secrets(settings.secrets)
    with (
        EventLog(url, application="reactor") as events,
        open_studio(settings, secrets, "reactor") as writing,
    ):
        outside = Outside(
            objects=open_objects(settings, secrets),
            identity=open_identity(settings, secrets),
            payment=open_payment(settings, secrets),
        )
        while_active(
            url,
            "reactor",
            stop,
            lambda reader: Reactor(
                events, reader, STORED_FORM, writing.studio, outside, time.monotonic
            ).run(stop),
        )
