"""What befalls the demo on Kafka: the worker that trains the first twin is killed, once."""

import os
import signal
import threading
from collections.abc import Callable
from uuid import UUID

from adapters.event_store.log import EventLog
from domain.events import STORED_FORM
from domain.job import Job
from domain.kernel.stored_form import NoKeys

MIDDLE = 0.2
"""The share of a job's steps after which its worker dies: well inside, also if news are late."""


class Accident:
    """kill -9 of whichever worker has the first job whose progress comes to the middle.

    `workers`: by the name under which a worker claims, how its process is called. `pid` gives the
    process id of a process. `progressed` may be called from many threads.
    """

    def __init__(self, url: str, workers: dict[str, str], pid: Callable[[str], int]) -> None:
        self._url = url
        self._workers = workers
        self._pid = pid
        self._lock = threading.Lock()
        self.killed: str | None = None
        self._job: UUID | None = None

    def progressed(self, step: int, steps_total: int) -> None:
        """A job came to a step."""
        if step < MIDDLE * steps_total or step >= steps_total:
            return
        with self._lock:
            if self.killed is None:
                self._strike()

    def attempts(self) -> int:
        """How many attempts the job took whose worker was killed; 0 where none was."""
        started = [event for event in self._history() if isinstance(event, Job.Started)]
        return len([event for event in started if event.originator_id == self._job])

    def _strike(self) -> None:
        running: dict[UUID, str] = {}
        for event in self._history():
            match event:
                case Job.Started():
                    running[event.originator_id] = event.worker
                case Job.Rendered() | Job.AttemptFailed() | Job.Cancelled():
                    running.pop(event.originator_id, None)
        for job, worker in running.items():
            if worker in self._workers:
                os.kill(self._pid(self._workers[worker]), signal.SIGKILL)
                self.killed, self._job = self._workers[worker], job
                return

    def _history(self) -> list[object]:
        with EventLog(self._url, application="demo") as events:
            return [
                STORED_FORM.decode(
                    fact.event_type,
                    fact.originator_id,
                    fact.originator_version,
                    fact.data,
                    NoKeys(),
                )
                for fact in events.stream()
                if fact.event_type.startswith("job.")
            ]
