"""Ends attempts that nobody is alive for, and asks again for work whose message was lost.

It stores nothing: what is open it reads from the event log, who is alive it hears on the results
topic. After its start it waits one lease before it ends anything, since it may have missed a voice.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from adapters.event_store.log import EventLog
from commands.jobs.expire_attempt import ExpireAttempt, expiry_key
from commands.ports.event_store import OwnerBusy
from commands.studio import Studio
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.refusal import Refusal
from domain.kernel.stored_form import NoKeys, StoredEventUnreadable, StoredForm
from processes.outbox import EVENT_TYPES_WITH_MESSAGES, publications_of
from topics.messages.fact import Fact
from topics.messages.results import JobAlive
from topics.transport import BroadcastReader, Publication, Publisher

log = structlog.get_logger()

READ_LIMIT = 2_000
POLL_S = 0.5
ASK_AGAIN_LEASES = 30
"""Work that nobody took up after so many leases is announced again: its message may be lost."""


@dataclass
class _Waiting:
    """Announced work that nobody has reported on yet."""

    announcements: tuple[Publication, ...]
    since_s: float


@dataclass
class _Running:
    """An attempt somebody claimed. `heard_s` is when it was last heard of."""

    owner_id: UUID
    attempt: int
    claim_id: UUID
    deadline: datetime
    heard_s: float


class Watchdog:
    """The one active watchdog. Its caller holds the name."""

    def __init__(
        self,
        events: EventLog,
        voices: BroadcastReader,
        publisher: Publisher,
        form: StoredForm,
        studio: Studio,
        *,
        lease_s: float,
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime],
        still_active: Callable[[], None],
    ) -> None:
        self._events = events
        self._voices = voices
        self._publisher = publisher
        self._form = form
        self._studio = studio
        self._lease_s = lease_s
        self._monotonic_s = monotonic_s
        self._now = now
        self._still_active = still_active
        self._keys = NoKeys()
        self._position = 0
        self._running: dict[UUID, _Running] = {}
        self._waiting: dict[UUID, _Waiting] = {}

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set."""
        self.catch_up()
        armed_at_s = self._monotonic_s() + self._lease_s
        while not stop.is_set():
            self.listen(POLL_S)
            self.catch_up()
            # Raises where another watchdog may have taken over.
            self._still_active()
            if self._monotonic_s() >= armed_at_s:
                self.expire()
                self.ask_again()

    def catch_up(self) -> None:
        """Read the log to its end."""
        while facts := self._events.read(self._position, READ_LIMIT):
            for fact in facts:
                self._note(fact)
            self._position = facts[-1].position

    def listen(self, timeout_s: float) -> None:
        """Hear who is alive."""
        for delivery in self._voices.poll(timeout_s):
            voice = delivery.message
            if isinstance(voice, JobAlive):
                running = self._running.get(voice.job)
                if running is not None and running.claim_id == voice.claim_id:
                    running.heard_s = self._monotonic_s()

    def expire(self) -> None:
        """End every attempt that was silent for a lease, or ran past its deadline."""
        silent_since_s = self._monotonic_s() - self._lease_s
        now = self._now()
        for job_id, running in list(self._running.items()):
            if running.heard_s > silent_since_s and running.deadline > now:
                continue
            command = ExpireAttempt(job_id, running.attempt, running.claim_id)
            try:
                self._studio.execute(
                    command,
                    owner_id=running.owner_id,
                    key=expiry_key(running.claim_id),
                )
            except OwnerBusy:
                # Looked at again in the next round.
                continue
            except Refusal as refusal:
                # Its result arrived in the meantime; the log will say so.
                log.info("attempt not expired", job=str(job_id), code=refusal.code)
            else:
                log.warning("attempt expired", job=str(job_id), attempt=running.attempt)
            self._running.pop(job_id, None)

    def ask_again(self) -> None:
        """Announce work again that has waited for very long. Consumers dedupe."""
        before_s = self._monotonic_s() - ASK_AGAIN_LEASES * self._lease_s
        for waiting in self._waiting.values():
            if waiting.since_s <= before_s:
                self._publisher.publish_all(waiting.announcements)
                waiting.since_s = self._monotonic_s()

    def _note(self, fact: Fact) -> None:
        if not fact.event_type.startswith("job.") and (
            fact.event_type not in EVENT_TYPES_WITH_MESSAGES
        ):
            return
        try:
            event = self._form.decode(
                fact.event_type,
                fact.originator_id,
                fact.originator_version,
                fact.data,
                self._keys,
            )
        except StoredEventUnreadable as error:
            log.error("event unreadable", position=fact.position, reason=str(error))
            return
        self._fold(event, fact)

    def _fold(self, event: Aggregate.Event, fact: Fact) -> None:
        job_id = event.originator_id
        now_s = self._monotonic_s()
        match event:
            case Job.Requested() | Job.AttemptOpened() | Job.Rendered() | Job.ScreeningOpened():
                self._running.pop(job_id, None)
                self._waiting[job_id] = _Waiting(publications_of(event, fact), now_s)
            case Job.Started():
                self._waiting.pop(job_id, None)
                self._running[job_id] = _Running(
                    fact.owner_id, event.attempt, event.claim_id, event.deadline, now_s
                )
            case (
                Job.AttemptFailed()
                | Job.ScreeningFailed()
                | Job.Screened()
                | Job.Completed()
                | Job.Failed()
                | Job.Cancelled()
            ):
                self._running.pop(job_id, None)
                self._waiting.pop(job_id, None)
            case _:
                return
