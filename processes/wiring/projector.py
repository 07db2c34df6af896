"""Projector: facts → read models."""

import threading

from adapters.event_store.log import EventLog
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from domain.events import STORED_FORM
from processes.garbage import look_seldom
from processes.projector import GROUP, FactProjection
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.clock import system_clock
from processes.wiring.members import member_name
from processes.wiring.transport import open_transport
from projections.catch_up import CatchUp
from projections.projector import FACTS_PER_TRANSACTION_MAX, Projector
from topics.consume import ConsumerLoop, DeadLetterBox
from topics.registry import FACTS


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run the projector until `stop` is set."""
    look_seldom()
    url = settings.require_database_url()
    secrets = load_secrets(settings.secrets)
    with (
        open_pool(url, "projector", size_max=2, application="projector") as pool,
        open_pool(url, "vault", size_max=2, application="projector") as vault,
        EventLog(url, connections_max=1, application="projector") as events,
        open_transport(settings, sight.message_observers) as transport,
        transport.publisher("/suite/projector") as publisher,
        transport.consumer(GROUP, [FACTS], member_name(settings, "projector")) as consumer,
    ):
        keys = SubjectKeys(vault, secrets.key_encryption)
        projection = FactProjection(
            Projector(pool.connection, STORED_FORM, keys, now=system_clock),
            CatchUp(pool.connection, STORED_FORM, keys, events.read_of, now=system_clock),
            DeadLetterBox(publisher, GROUP),
        )
        ConsumerLoop(
            consumer,
            projection.handle,
            None,
            batch_max=FACTS_PER_TRANSACTION_MAX,
            meanwhile=projection.retry_due,
        ).run(stop)
