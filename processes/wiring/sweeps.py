"""What is swept, each kind by the role that may."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.event_store.retention import begin_sweep, forget_commands, forget_snapshots
from adapters.objects.folder import FolderObjectStore
from adapters.postgres.connect import open_pool
from adapters.vault.retention import (
    forget_archives,
    forget_familiar_networks,
    forget_identity_sessions,
    forget_password_links,
    forget_sessions,
    forget_tries,
    forget_webhooks,
)
from commands.ports.clock import Clock
from commands.ports.intents import IntentStore
from commands.ports.object_store import ObjectStore
from processes.reactor.first_uploads import FirstUploads
from processes.reactor.orphans import ORPHANS_KEPT, Orphans
from processes.reactor.sweeps import (
    CLOSED_PLACES_KEPT,
    COMMANDS_KEPT,
    DONE_INTENTS_KEPT,
    FEED_KEPT,
    IDENTITY_SESSIONS_KEPT,
    NO_TIME,
    ROUND_EVERY,
    SESSIONS_KEPT,
    TRIES_KEPT,
    WEBHOOKS_KEPT,
    Sweep,
    Sweeps,
)
from projections.feed import trim

Pool = ConnectionPool[Connection[TupleRow]]


@contextmanager
def open_sweeps(
    url: str,
    intents: IntentStore,
    clock: Clock,
    first_uploads: FirstUploads,
    orphans: Orphans,
    objects: ObjectStore,
) -> Iterator[Sweeps]:
    """The sweeps, over a connection of each role that the block closes again."""
    with (
        open_pool(url, "writer", size_max=1, application="sweeps") as writer,
        open_pool(url, "projector", size_max=1, application="sweeps") as projector,
        open_pool(url, "vault", size_max=1, application="sweeps") as vault,
    ):

        def begin(now: datetime) -> bool:
            with writer.connection() as connection:
                return begin_sweep(connection, "retention", now=now, last_before=now - ROUND_EVERY)

        yield Sweeps(
            [
                Sweep("feed", FEED_KEPT, _by(projector, _feed)),
                Sweep("snapshots", NO_TIME, _by(writer, _snapshots)),
                Sweep("commands", COMMANDS_KEPT, _by(writer, forget_commands)),
                Sweep("webhooks", WEBHOOKS_KEPT, _by(vault, forget_webhooks)),
                Sweep("sessions", SESSIONS_KEPT, _by(vault, forget_sessions)),
                Sweep(
                    "identity-sessions",
                    IDENTITY_SESSIONS_KEPT,
                    _by(vault, forget_identity_sessions),
                ),
                Sweep("password-links", NO_TIME, _by(vault, forget_password_links)),
                Sweep("archives", NO_TIME, _by(vault, forget_archives)),
                Sweep("tries", TRIES_KEPT, _by(vault, forget_tries)),
                Sweep("familiar-networks", NO_TIME, _by(vault, forget_familiar_networks)),
                Sweep(
                    "intents",
                    DONE_INTENTS_KEPT,
                    lambda before, most: intents.forget_done(done_before=before, limit=most),
                ),
                # Last: what the object store does not answer ends the round.
                Sweep("first-uploads", NO_TIME, first_uploads.forget),
                Sweep("orphans", ORPHANS_KEPT, orphans.forget),
                *_closed_places(objects),
            ],
            begin,
            clock,
        )


def _by(
    pool: Pool, forget: Callable[[Connection[TupleRow], datetime, int], int]
) -> Callable[[datetime, int], int]:
    def forgotten(before: datetime, limit: int) -> int:
        with pool.connection() as connection:
            return forget(connection, before, limit)

    return forgotten


def _snapshots(connection: Connection[TupleRow], _: datetime, limit: int) -> int:
    return forget_snapshots(connection, limit)


def _feed(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    with connection.cursor() as cursor:
        return trim(cursor, recorded_before=before, limit=limit)


def _closed_places(objects: ObjectStore) -> list[Sweep]:
    """Only a folder notes which places are closed: a bucket refuses nothing that was allowed."""
    if not isinstance(objects, FolderObjectStore):
        return []
    return [Sweep("closed-places", CLOSED_PLACES_KEPT, objects.forget_closed)]
