"""The event store, the keys and the door for commands, as control-plane processes share them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from commands.handlers import HANDLERS
from commands.ports.attendance import AttendanceBook
from commands.studio import Studio
from domain.events import STORED_FORM
from processes.observed_studio import CommandObserver, ObservedStudio
from processes.secrets import Secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock

WRITER_CONNECTIONS_MAX = 8
VAULT_CONNECTIONS_MAX = 4


@dataclass(frozen=True)
class Writing:
    """What a process that executes commands holds."""

    studio: Studio
    store: PostgresEventStore
    keys: SubjectKeys


@contextmanager
def open_studio(
    settings: Settings,
    secrets: Secrets,
    application: str,
    observers: Sequence[CommandObserver] = (),
    attendance: AttendanceBook | None = None,
) -> Iterator[Writing]:
    """Open the pools of a process that executes commands, and close them again.

    `observers` see every command pass. `attendance` is for a process where jobs are asked for.
    """
    url = settings.require_database_url()
    with (
        open_pool(
            url, "writer", size_max=WRITER_CONNECTIONS_MAX, application=application
        ) as writers,
        open_pool(url, "vault", size_max=VAULT_CONNECTIONS_MAX, application=application) as vault,
    ):
        keys = SubjectKeys(vault, secrets.key_encryption)
        store = PostgresEventStore(writers, STORED_FORM, keys)
        studio = ObservedStudio(
            store, HANDLERS, system_clock, secrets.command_args, observers, attendance
        )
        yield Writing(studio, store, keys)
