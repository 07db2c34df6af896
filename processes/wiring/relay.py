"""Relay: event table → topics."""

import threading

from adapters.event_store.log import EventLog
from processes.relay import Relay
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.active import while_active
from processes.wiring.transport import open_transport


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run the relay until `stop` is set."""
    url = settings.require_database_url()
    with (
        EventLog(url, application="relay") as events,
        open_transport(settings, sight.message_observers) as transport,
        transport.publisher("/suite/relay") as publisher,
    ):
        while_active(
            url,
            "relay",
            stop,
            lambda reader: Relay(events, reader, publisher).run(stop),
        )
