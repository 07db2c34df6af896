"""Turns what workers and screeners report into commands, and claims into grants."""

import time
from collections.abc import Callable
from uuid import UUID

import structlog

from commands.ports.event_store import EventStore
from commands.ports.object_store import ObjectStore
from commands.studio import Studio
from domain.kernel.refusal import Refusal
from processes.recorder.claims import Claims
from processes.recorder.reports import Report, reported
from topics.messages.results import (
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.registry import RESULTS, VERDICTS
from topics.transport import Delivery, Publisher

log = structlog.get_logger()

GROUP = "recorder"
TOPICS = (RESULTS, VERDICTS)


class Recorder:
    """Handles results and verdicts, one delivery at a time. May see each of them twice."""

    def __init__(
        self,
        studio: Studio,
        store: EventStore,
        objects: ObjectStore,
        publisher: Publisher,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._studio = studio
        self._store = store
        self.claims = Claims(studio, store, objects, publisher, now_s)

    def handle(self, delivery: Delivery) -> None:
        """Record one report, or answer one claim. Raises whatever is no refusal."""
        match delivery.message:
            case JobClaimed() as claim:
                self.claims.answer(claim)
            case (
                JobRendered()
                | JobFailed()
                | OutputsScreened()
                | PhotosJudged()
                | SourcePhotoJudged()
                | PackMade() as report
            ):
                self.record(report)
            case JobAlive():
                # The watchdog listens to these; nothing is stored.
                return
            case _:
                log.warning("unexpected message", kind=type(delivery.message).__name__)

    def owner_of(self, about: UUID) -> UUID | None:
        """Whose aggregate a report or a claim is about."""
        return self._store.owner_of(about)

    def record(self, report: Report) -> None:
        """Record one report. What the domain refuses is logged and done with."""
        about, command, key = reported(report)
        owner = self._store.owner_of(about)
        if owner is None:
            log.warning("report about nothing of ours", command=type(command).__name__)
            return
        try:
            self._studio.execute(command, owner_id=owner, key=key)
        except Refusal as refusal:
            log.info("report refused", command=type(command).__name__, code=refusal.code)
