"""What an operator is shown: the survey, and the rows behind its numbers."""

from dataclasses import dataclass
from datetime import datetime

from queries.survey.connections import Connections
from queries.survey.open_jobs import SeenJobs, seen_jobs
from queries.survey.parked_things import ParkedThing, parked_things
from queries.survey.survey import Survey, Surveyor


@dataclass(frozen=True)
class Operations:
    """How the studio is at a moment. No picture, no prompt, no amount, and nobody's name."""

    at: datetime
    survey: Survey
    jobs: SeenJobs
    parked: tuple[ParkedThing, ...]


def operations(connections: Connections, surveyor: Surveyor) -> Operations:
    """Look now. Raises psycopg's errors. For one thread at a time, as the surveyor is."""
    with connections.reading("projector") as connection:
        [(at,)] = connection.execute("SELECT clock_timestamp()").fetchall()
    return Operations(
        at=at,
        survey=surveyor.look(),
        jobs=seen_jobs(connections),
        parked=parked_things(connections),
    )
