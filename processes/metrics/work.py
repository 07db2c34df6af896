"""What a worker or a screener is at, how long it takes and how it ends, by engine."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import NamedTuple
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.results import (
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.messages.work import ImageWork, PublishWork
from topics.registry import Message, Topic
from topics.transport import Delivery

BUCKETS_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0)
CLAIMS_REMEMBERED_MAX = 256
OTHER = "other"
"""Stands for an engine that this release does not know: labels are a closed set."""

Report = JobRendered | JobFailed | OutputsScreened | PhotosJudged | SourcePhotoJudged | PackMade


class _Work(NamedTuple):
    kind: str
    engine: str
    began_s: float
    pictures: int


class WorkMetrics:
    """Observes the messages of one worker or screener. `loads` are engines that it has weights of,
    and `engines` all there are.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        loads: Collection[str],
        engines: Collection[str],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engines = frozenset(engines)
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._claims: OrderedDict[UUID, _Work | None] = OrderedDict()
        self._spent_until_s = monotonic_s()
        able = Gauge(
            "suite_worker_engine",
            "1 where this worker has the weights.",
            ["engine"],
            registry=registry,
        )
        for engine in loads:
            able.labels(engine).set(1)
        self._at_work = Gauge(
            "suite_work_running",
            "Granted and not reported yet.",
            ["work", "engine"],
            registry=registry,
        )
        self._seconds = Histogram(
            "suite_work_seconds",
            "From the grant to the report.",
            ["work", "engine"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self._spent = Counter(
            "suite_work_spent_seconds",
            "Time of this process: of jobs that are done together, each has the share of its "
            "pictures.",
            ["work", "engine"],
            registry=registry,
        )
        self._ended = Counter(
            "suite_work",
            "Reports: done, or why it failed.",
            ["work", "engine", "outcome"],
            registry=registry,
        )
        self._refused = Counter(
            "suite_claims_refused", "Claims that were refused.", ["reason"], registry=registry
        )

    def said(self, topic: Topic, message: Message) -> str | None:
        """See `MessageObserver.said`. Answers no trace context."""
        match message:
            case JobClaimed():
                self._claimed(message.claim_id)
            case (
                JobRendered()
                | OutputsScreened()
                | PhotosJudged()
                | SourcePhotoJudged()
                | PackMade()
            ):
                self._reported(message, "done")
            case JobFailed():
                self._reported(message, message.reason.value)
            case _:
                pass
        return None

    def heard(self, delivery: Delivery) -> None:
        """See `MessageObserver.heard`. Every worker hears every grant: only its own count."""
        match delivery.message:
            case JobGranted() as grant:
                self._granted(grant)
            case ClaimRefused() as refused:
                with self._lock:
                    is_ours = self._claims.pop(refused.claim_id, _NOBODYS) is not _NOBODYS
                if is_ours:
                    self._refused.labels(refused.reason.value).inc()
            case _:
                pass

    def _claimed(self, claim_id: UUID) -> None:
        with self._lock:
            # Said again while it is asked whether the claim still holds.
            self._claims.setdefault(claim_id, None)
            if len(self._claims) > CLAIMS_REMEMBERED_MAX:
                self._claims.popitem(last=False)

    def _granted(self, grant: JobGranted) -> None:
        drawn_by = "" if isinstance(grant.work, PublishWork) else grant.work.engine
        engine = drawn_by if drawn_by in self._engines else OTHER
        pictures = len(grant.work.items) or 1 if isinstance(grant.work, ImageWork) else 1
        tag = str(grant.work.__struct_config__.tag)
        work = _Work(tag, engine, self._monotonic_s(), pictures)
        with self._lock:
            if self._claims.get(grant.claim_id, work) is not None:
                # Somebody else's, or granted before.
                return
            self._spend(work.began_s)
            self._claims[grant.claim_id] = work
        self._at_work.labels(work.kind, work.engine).inc()

    def _reported(self, report: Report, outcome: str) -> None:
        now_s = self._monotonic_s()
        with self._lock:
            self._spend(now_s)
            work = self._claims.pop(report.claim_id, None)
        if work is None:
            return
        self._at_work.labels(work.kind, work.engine).dec()
        self._seconds.labels(work.kind, work.engine).observe(now_s - work.began_s)
        self._ended.labels(work.kind, work.engine, outcome).inc()

    def _spend(self, now_s: float) -> None:
        """Share out the time since somebody came or went among those who were there."""
        at_work = [work for work in self._claims.values() if work is not None]
        pictures = sum(work.pictures for work in at_work)
        for work in at_work:
            share_s = (now_s - self._spent_until_s) * work.pictures / pictures
            self._spent.labels(work.kind, work.engine).inc(share_s)
        self._spent_until_s = now_s


_NOBODYS = _Work("", "", 0.0, 0)
