"""Every topic: its key, its partitions, how long it is kept, and what it carries.

Partition counts are promises: changing one would move keys to other partitions and break their
order.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from topics.messages.attendance import ScreenerPresent, WorkerPresent
from topics.messages.control import ForgetTwin, MoveJob, StopJob
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact, Watermark
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import JobProgressed
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
from topics.messages.work import WorkKind

Message: TypeAlias = (
    Fact
    | Watermark
    | JobQueued
    | JobGranted
    | ClaimRefused
    | JobClaimed
    | JobAlive
    | JobRendered
    | JobFailed
    | OutputsScreened
    | PhotosJudged
    | SourcePhotoJudged
    | PackMade
    | JobProgressed
    | StopJob
    | MoveJob
    | ForgetTwin
    | WorkerPresent
    | ScreenerPresent
    | DeadLetter
)

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S


class Cleanup(StrEnum):
    """What becomes of old records. No topic of ours is compacted: facts must never be."""

    DELETE = "delete"


class Topic(msgspec.Struct, frozen=True):
    """One topic. `key` names what its records are keyed by; a key's records keep their order.

    A record is kept for at least `retention_s` seconds and may be gone soon after.
    """

    name: str
    key: str
    partitions: int
    retention_s: int
    messages: tuple[type[Message], ...]
    doc: str
    cleanup: Cleanup = Cleanup.DELETE


FACTS = Topic(
    name="suite.facts.v1",
    key="owner",
    partitions=12,
    retention_s=7 * DAY_S,
    messages=(Fact, Watermark),
    doc="What happened, in the bytes in which it was stored: in total order per owner.",
)


def _jobs(kind: WorkKind) -> Topic:
    return Topic(
        name=f"suite.jobs.{kind}.v1",
        key="job",
        partitions=24,
        retention_s=7 * DAY_S,
        messages=(JobQueued,),
        doc=f"There is work of the kind {kind!r}: thin, without prompt or URL.",
    )


JOBS: dict[WorkKind, Topic] = {kind: _jobs(kind) for kind in WorkKind}

GRANTS = Topic(
    name="suite.grants.v1",
    key="worker",
    partitions=12,
    retention_s=10 * MINUTE_S,
    messages=(JobGranted, ClaimRefused),
    doc="Answers to claims. A grant holds a prompt and presigned URLs, hence the ten minutes.",
)
RESULTS = Topic(
    name="suite.results.v1",
    key="job",
    partitions=12,
    retention_s=7 * DAY_S,
    messages=(JobClaimed, JobAlive, JobRendered, JobFailed, OutputsScreened, PhotosJudged),
    doc="What workers report: claims, liveness, outputs, failures. Verdicts on it, where the "
    "screener of an earlier release wrote them, are taken by nobody.",
)
VERDICTS = Topic(
    name="suite.verdicts.v1",
    key="job",
    partitions=12,
    retention_s=7 * DAY_S,
    messages=(
        JobClaimed,
        JobAlive,
        JobFailed,
        OutputsScreened,
        PhotosJudged,
        SourcePhotoJudged,
        PackMade,
    ),
    doc="What the screener reports: claims, liveness, verdicts. No worker may write here.",
)
PROGRESS = Topic(
    name="suite.progress.v1",
    key="job",
    partitions=6,
    retention_s=10 * MINUTE_S,
    messages=(JobProgressed,),
    doc="How far jobs are, at most twice a second each. The latest wins; none is stored.",
)
CONTROL = Topic(
    name="suite.control.v1",
    key="job",
    partitions=1,
    retention_s=6 * HOUR_S,
    messages=(StopJob, ForgetTwin, MoveJob),
    doc="Jobs that have to stop, and twins whose likeness nobody may keep, under their own id. "
    "Every worker reads all of it.",
)
ATTENDANCE = Topic(
    name="suite.attendance.v1",
    key="member",
    partitions=1,
    retention_s=10 * MINUTE_S,
    messages=(WorkerPresent,),
    doc="Which workers are there, every few seconds, and which engines each can load.",
)
GATES = Topic(
    name="suite.gates.v1",
    key="member",
    partitions=1,
    retention_s=10 * MINUTE_S,
    messages=(ScreenerPresent,),
    doc="Which screeners are there, and which engines' outputs each can judge. No worker may "
    "write here.",
)
DEAD_LETTERS = Topic(
    name="suite.dead-letters.v1",
    key="original key",
    partitions=1,
    retention_s=90 * DAY_S,
    messages=(DeadLetter,),
    doc="Bytes that no one could decode, with their origin and the kind of error.",
)

TOPICS: tuple[Topic, ...] = (
    FACTS,
    *JOBS.values(),
    GRANTS,
    RESULTS,
    VERDICTS,
    PROGRESS,
    CONTROL,
    ATTENDANCE,
    GATES,
    DEAD_LETTERS,
)

WORKERS = "workers"
SCREENER = "screener"
READERS = {topic.name: WORKERS for topic in JOBS.values()} | {
    JOBS[WorkKind.SCREENING].name: SCREENER
}
"""Which group takes up the work of a topic."""

SCHEMA_VERSION = 1
"""The version of every message so far. Only a breaking change would need a second one."""


def key_of(message: Message) -> str:
    """The key under which a message is published, as the registry promises it."""
    match message:
        case Fact():
            return str(message.owner_id)
        case JobGranted() | ClaimRefused():
            return message.worker
        case WorkerPresent() | ScreenerPresent():
            return message.member
        case ForgetTwin():
            return str(message.twin)
        case PhotosJudged():
            # The screening job of a photo set has the submission's id.
            return str(message.submission)
        case Watermark() | DeadLetter():
            return ""
        case _:
            return str(message.job)
