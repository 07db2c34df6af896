"""Watchdog: ends attempts nobody is alive for, keeps lists fresh, and shows the whole studio."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.event_store.positions import ActiveReader
from adapters.event_store.watched_claims import PostgresWatchedClaims
from adapters.postgres.connect import open_pool
from domain.events import STORED_FORM
from processes.metrics.studio import shown
from processes.roll_call import RollCall
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.watchdog import Watchdog
from processes.wiring.active import while_active
from processes.wiring.clock import system_clock
from processes.wiring.command_observers import command_observers
from processes.wiring.sandbox_lists import keep_lists_fresh
from processes.wiring.studio import open_studio
from processes.wiring.survey import open_studio_metrics
from processes.wiring.transport import open_transport
from topics.registry import ATTENDANCE, GATES, RESULTS
from topics.transport import From, Transport


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run the watchdog until `stop` is set."""
    url = settings.require_database_url()
    secrets = load_secrets(settings.secrets)
    refresher = threading.Thread(target=keep_lists_fresh, args=(settings, stop), daemon=True)
    refresher.start()
    with (
        open_studio(settings, secrets, "watchdog", command_observers(sight)) as writing,
        open_transport(settings, sight.message_observers) as transport,
        transport.publisher("/suite/watchdog") as publisher,
        open_studio_metrics(url, transport) as metrics,
    ):

        def watch(reader: ActiveReader) -> None:
            # Of the processes of which one is active, this one has most time to look around. Of
            # several of them, only the active one looks.
            with (
                shown(sight.registry, metrics),
                transport.broadcast([RESULTS], From.END) as voices,
                _called(settings, transport),
            ):
                Watchdog(
                    reader,
                    PostgresWatchedClaims(reader),
                    voices,
                    publisher,
                    STORED_FORM,
                    writing.studio,
                    lease_s=settings.lease_s,
                    monotonic_s=time.monotonic,
                    now=system_clock,
                ).run(stop)

        while_active(url, "watchdog", stop, watch)
    refresher.join()


@contextmanager
def _called(settings: Settings, transport: Transport) -> Iterator[None]:
    """Within the block, it is heard and kept who is there."""
    over = threading.Event()
    with (
        open_pool(
            settings.require_database_url(), "projector", size_max=1, application="watchdog"
        ) as connections,
        transport.broadcast([ATTENDANCE, GATES], From.END) as present,
    ):
        roll = RollCall(
            present,
            connections.connection,
            lease_s=settings.lease_s,
            monotonic_s=time.monotonic,
            now=system_clock,
        )
        listener = threading.Thread(target=roll.run, args=(over,), name="roll call")
        listener.start()
        try:
            yield
        finally:
            over.set()
            listener.join()
