"""Read models from the event store: rebuilt, or compared with a replay."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from adapters.event_store.log import EventLog
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from domain.events import STORED_FORM
from processes.garbage import look_seldom
from processes.secrets import load_secrets
from processes.settings import Settings
from projections.rebuild import Difference, Rebuild, Rebuilt


def rebuild(settings: Settings, admin_url: str) -> Rebuilt:
    """Fold all events into new tables and swap them in. Whoever cannot be folded is parked."""
    with _rebuild(settings, admin_url) as (task, events):
        return task.run(events.stream)


def compare(settings: Settings, admin_url: str) -> tuple[Difference, ...]:
    """Where the live read models differ from a replay. Changes nothing."""
    with _rebuild(settings, admin_url) as (task, events):
        return task.compare(events.stream)


@contextmanager
def _rebuild(settings: Settings, admin_url: str) -> Iterator[tuple[Rebuild, EventLog]]:
    look_seldom()
    url = settings.require_database_url()
    secrets = load_secrets(settings.secrets)
    with (
        open_pool(url, "vault", size_max=1, application="rebuild") as vault,
        EventLog(url, application="rebuild") as events,
    ):
        keys = SubjectKeys(vault, secrets.key_encryption)
        yield (
            Rebuild(lambda: psycopg.connect(admin_url, autocommit=True), STORED_FORM, keys),
            events,
        )
