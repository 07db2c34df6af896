"""How far each running job is: the latest word of the progress topic, kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from topics.messages.progress import JobProgressed
from topics.transport import BroadcastReader

JOBS_MAX = 10_000
POLL_S = 0.5


class ProgressBoard:
    """Reads the whole progress topic from its retained start, so that a new node knows it too."""

    def __init__(self, wake: Callable[[UUID], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._latest: OrderedDict[UUID, JobProgressed] = OrderedDict()

    def of_job(self, job_id: UUID, attempt: int) -> JobProgressed | None:
        """The latest word on this attempt of a job."""
        with self._lock:
            found = self._latest.get(job_id)
        return found if found is not None and found.attempt == attempt else None

    def of_owner(self, owner_id: UUID) -> list[JobProgressed]:
        """The latest word on each job of an owner."""
        with self._lock:
            return [found for found in self._latest.values() if found.owner == owner_id]

    def run(self, reader: BroadcastReader, stop: threading.Event) -> None:
        """Read until `stop` is set. For a thread of its own."""
        while not stop.is_set():
            for delivery in reader.poll(POLL_S):
                if isinstance(delivery.message, JobProgressed):
                    self.note(delivery.message)

    def note(self, progressed: JobProgressed) -> None:
        """Take over a word unless a later one is known."""
        with self._lock:
            known = self._latest.get(progressed.job)
            if known is not None and (known.attempt, known.at_s) > (
                progressed.attempt,
                progressed.at_s,
            ):
                return
            self._latest[progressed.job] = progressed
            self._latest.move_to_end(progressed.job)
            while len(self._latest) > JOBS_MAX:
                self._latest.popitem(last=False)
        self._wake(progressed.owner)
