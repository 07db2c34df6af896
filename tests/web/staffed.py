"""A studio in which an operator sees something: who is there, who reads, and what was parked."""

from datetime import timedelta
from uuid import uuid4

from adapters.parked_messages.postgres import PostgresParkedMessages
from adapters.postgres.connect import connect, open_pool
from commands.ports.parked_messages import Record
from projections.attendance import note_present
from queries.survey.lags import READERS
from tests.api.live_studio import LiveStudio
from topics.messages.attendance import OfferedEngine, ScreenerPresent, WorkerPresent
from topics.registry import RESULTS

WORKERS = (
    WorkerPresent("lathe", "AMD EPYC", (OfferedEngine("pocket", "ab" * 32),)),
    WorkerPresent(
        "bench",
        "NVIDIA H100",
        (OfferedEngine("pocket", "ab" * 32), OfferedEngine("stable-diffusion-xl", "cd" * 32)),
        80 * 2**30,
    ),
)
SCREENER = ScreenerPresent("sieve", ("pocket",))


def staffed(live: LiveStudio) -> None:
    """Two workers and a screener are there, everybody has read the log, and a report is parked."""
    now = live.clock()
    with connect(live.database, "projector") as connection:
        note_present(connection, (*WORKERS, SCREENER), at=now, lease=timedelta(hours=1))
    with connect(live.database, "writer") as connection:
        connection.execute(
            "INSERT INTO events.positions (reader, position) SELECT reader, %s "
            "FROM unnest(%s::text[]) AS reader "
            "ON CONFLICT (reader) DO UPDATE SET position = excluded.position",
            [live.log.position(), list(READERS)],
        )
    report_parked(live)


def report_parked(live: LiveStudio) -> None:
    """A report of a worker could not be recorded, three times."""
    now = live.clock()
    with open_pool(live.database, "writer", size_max=1) as pool:
        PostgresParkedMessages(pool).park(
            uuid4(),
            Record(RESULTS.name, 0, live.log.position(), (), b"{}"),
            error="StoredEventUnreadable",
            attempts=3,
            at=now,
            due=now + timedelta(minutes=10),
        )
