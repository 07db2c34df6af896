"""Announces work on the job topics: a little of each owner, and nothing twice that may be read yet.

The transport delivers what it has acknowledged. So what nobody took up in a while is announced once
more only where its readers have nothing left to read: the message was lost, or put aside.
"""

import threading
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog
from msgspec import UNSET

from commands.jobs.move_job_up import PlaceInLine, TurnOfJob
from commands.jobs.work_waits import (
    AttemptWaits,
    PhotosWait,
    PublishPackWaits,
    ScreeningWaits,
    SourcePhotoWaits,
)
from commands.ports.clock import Clock
from commands.ports.intents import OVER, IntentStore, NoPlace
from commands.reactions.deeds import (
    PUBLISH_PACK,
    SOURCE_PHOTO,
    AnnounceForgetting,
    AnnounceStop,
    AnnounceTurn,
    AnnounceWork,
    WorkKind,
)
from commands.reactions.work_is_announced import attempt_of
from commands.studio import Studio
from domain.job_state import CancelledBy
from domain.kernel.identity import publish_packs_id
from processes.reactor.outcome import Done, NotYet, Outcome, Waits
from topics.messages import work as messages
from topics.messages.control import ForgetTwin, MoveJob, StopJob, StopReason
from topics.messages.jobs import JobQueued
from topics.registry import CONTROL, JOBS, READERS, Topic, key_of
from topics.transport import Publisher

log = structlog.get_logger()

LOST_AFTER = timedelta(minutes=10, seconds=30)
"""Work that nobody took up for so long, though everything was read, was not heard of.

Longer than a screening may take, which is given up and announced anew by itself."""

LAG_KNOWN_FOR = timedelta(seconds=30)
"""One look at a topic is enough for everything that asks about it at once."""

_STOP_REASONS = {
    CancelledBy.OWNER: StopReason.CANCELLED,
    CancelledBy.CONSENT_WITHDRAWN: StopReason.CONSENT_WITHDRAWN,
}


class Lags(Protocol):
    """The transport, as far as somebody asks how far its readers are."""

    def lag(self, group: str, topic: Topic) -> int:
        """See `Transport.lag`."""
        ...


class Announcer:
    """Safe to share between threads."""

    def __init__(
        self, intents: IntentStore, studio: Studio, publisher: Publisher, lags: Lags, clock: Clock
    ) -> None:
        self._intents = intents
        self._studio = studio
        self._publisher = publisher
        self._lags = lags
        self._clock = clock
        self._known: dict[WorkKind, tuple[datetime, int]] = {}
        self._looking = threading.Lock()

    def announce(self, work: AnnounceWork, owner_id: UUID, key: UUID) -> Outcome:
        """Announce work if its owner has a place left for it; later, see whether it was heard of.

        Ends once the tail has read that it was taken up, or is over.
        """
        place = self._intents.take_place(key, owner_id)
        if place is NoPlace.OVER:
            return Done(outcome=OVER)
        if place is NoPlace.WAITS:
            return Waits()
        announced_at, now = place.announced_at, self._clock()
        if announced_at is not None:
            if not self._waits(work, owner_id):
                return Done(outcome=OVER)
            if now < announced_at + LOST_AFTER or self._lag(work.kind, now) > 0:
                return NotYet(now + LOST_AFTER)
            log.warning("announced again", job=str(work.job_id), attempt=work.attempt)
        queued = _message(work, place.turn)
        self._publisher.publish(JOBS[queued.kind], key_of(queued), queued)
        self._intents.note_announced(key, at=now)
        return NotYet(now + LOST_AFTER)

    def stop(self, stopped: AnnounceStop) -> Done:
        """Tell everybody to stop a job."""
        stop = StopJob(stopped.job_id, _STOP_REASONS[stopped.by])
        self._publisher.publish(CONTROL, key_of(stop), stop)
        return Done()

    def turn(self, moved: AnnounceTurn, owner_id: UUID, key: UUID) -> Done:
        """Have a job announced when its turn comes; workers that hold it hear of its turn, too.

        What one is told last is what the job said last, in whatever order these are carried out.
        Raises `JobEnded`, `JobHasBegun` where it does not wait any more.
        """
        question = TurnOfJob(moved.job_id)
        place: PlaceInLine = self._studio.preview(question, owner_id=owner_id, key=key)
        target = attempt_of(moved.job_id)
        self._intents.take_turn(owner_id, target, place.turn, now=self._clock())
        move = MoveJob(moved.job_id, place.attempt, place.turn)
        self._publisher.publish(CONTROL, key_of(move), move)
        return Done()

    def forget(self, forgetting: AnnounceForgetting) -> Done:
        """Tell everybody to forget a twin."""
        forget = ForgetTwin(forgetting.twin_id, forgetting.epoch)
        self._publisher.publish(CONTROL, key_of(forget), forget)
        return Done()

    def _waits(self, work: AnnounceWork, owner_id: UUID) -> bool:
        question: Any
        if work.kind is not WorkKind.SCREENING:
            question = AttemptWaits(work.job_id, work.attempt)
        elif work.batch_key == PUBLISH_PACK:
            question = PublishPackWaits(work.job_id)
        elif work.twin_id is None:
            question = ScreeningWaits(work.job_id, work.attempt)
        elif work.batch_key == SOURCE_PHOTO:
            question = SourcePhotoWaits(work.job_id)
        else:
            question = PhotosWait(work.twin_id, work.job_id)
        waits: bool = self._studio.preview(question, owner_id=owner_id, key=work.job_id)
        return waits

    def _lag(self, kind: WorkKind, now: datetime) -> int:
        with self._looking:
            known = self._known.get(kind)
            if known is None or now - known[0] > LAG_KNOWN_FOR:
                topic = JOBS[messages.WorkKind(kind.value)]
                known = self._known[kind] = now, self._lags.lag(READERS[topic.name], topic)
            return known[1]


def _message(work: AnnounceWork, turn: int) -> JobQueued:
    return JobQueued(
        job=work.job_id,
        attempt=work.attempt,
        kind=messages.WorkKind(work.kind.value),
        engine=work.engine,
        batch_key=work.batch_key,
        owner=work.owner_id,
        twin=work.twin_id,
        packs=publish_packs_id(work.owner_id) if work.batch_key == PUBLISH_PACK else UNSET,
        items=work.items or UNSET,
        turn=turn,
    )
