"""How the studio is, as an operator sees it: counts, ages, kinds of errors, and pseudonyms."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.refusals import INT_MAX
from api.types.enums import JobKind, JobState
from queries.survey.concerns import Concern, concerns, is_behind, screenings
from queries.survey.lags import PROJECTOR
from queries.survey.open_jobs import SeenJob
from queries.survey.open_work import STARTED, Ages
from queries.survey.operations import Operations as Look
from queries.survey.parked_things import ParkedThing as ParkedRow
from queries.survey.presence import There

strawberry.enum(Concern, description="Something that is not well by itself.")


@strawberry.type(description="How many wait for one thing, and how long the oldest has.")
class Waiting:
    count: int
    oldest_s: float


@strawberry.type(description="How far a reader of the event log is behind its end.")
class ReaderLag:
    reader: str
    events: int
    seconds: float
    is_behind: bool = strawberry.field(description="By more than a restart explains.")


@strawberry.type(description="A worker that draws, or a screener that judges, and is there.")
class StaffedMachine:
    draws: bool
    name: str
    device: str
    memory_gib: float | None = strawberry.field(description="Of its accelerator.")
    engines: list[str]
    since: datetime | None


@strawberry.type(description="A job of anybody's: no words, no picture, no amount.")
class OperatedJob:
    id: UUID
    owner: str = strawberry.field(description="A pseudonym, the same for all jobs of one owner.")
    kind: JobKind
    engine: str
    state: JobState
    attempt: int
    count: int
    since: datetime = strawberry.field(description="It waits, runs or has ended since then.")
    failure: str | None = strawberry.field(description="The name of a reason.")


@strawberry.type(description="Something that could not be handled and is tried again.")
class ParkedThing:
    id: str = strawberry.field(description="As `suite parked` names it; an owner by pseudonym.")
    kind: str
    what: str = strawberry.field(description="A topic, a reaction, or the type of an event.")
    error: str = strawberry.field(description="The name of a class.")
    attempts: int
    since: datetime


@strawberry.type(description="How the studio was at a moment, a few seconds ago at most.")
class Operations:
    at: datetime
    concerns: list[Concern] = strawberry.field(
        description="What needs an operator, as `suite status` judges it."
    )
    waiting: Waiting = strawberry.field(description="Jobs that wait for a worker.")
    running: Waiting
    overdue: int = strawberry.field(description="Of those that run: past their deadline.")
    screening: Waiting = strawberry.field(description="Outputs and photo sets to be judged.")
    effects: Waiting = strawberry.field(description="Effects of events that are due.")
    failed_in_an_hour: int
    read_models: ReaderLag
    readers: list[ReaderLag]
    machines: list[StaffedMachine]
    jobs: list[OperatedJob] = strawberry.field(description="The longest open of each state.")
    failures: list[OperatedJob] = strawberry.field(description="The last that failed.")
    parked_in_all: int
    parked: list[ParkedThing]
    ledger_rules_broken: int = strawberry.field(
        description="How often a look along the ledger found a rule broken, and found it again."
    )


def operations(look: Look) -> Operations:
    """What is shown of one look."""
    survey, work = look.survey, look.survey.work
    readers = [
        ReaderLag(
            reader=lag.reader,
            events=min(lag.events, INT_MAX),
            seconds=lag.seconds,
            is_behind=is_behind(lag),
        )
        for lag in survey.lags.readers
    ]
    return Operations(
        at=look.at,
        concerns=sorted(concerns(survey, failed_in_an_hour=look.jobs.failed_in_an_hour)),
        waiting=_waiting(work.jobs["requested"]),
        running=_waiting(work.jobs[STARTED]),
        overdue=work.claims_overdue,
        screening=_waiting(screenings(work)),
        effects=_waiting(work.intents_due),
        failed_in_an_hour=look.jobs.failed_in_an_hour,
        read_models=next(lag for lag in readers if lag.reader == PROJECTOR),
        readers=readers,
        machines=[_machine(one) for one in survey.there],
        jobs=[_job(one) for one in look.jobs.open],
        failures=[_job(one) for one in look.jobs.failed],
        parked_in_all=sum(one.count for one in survey.parked),
        parked=[_parked(one) for one in look.parked],
        ledger_rules_broken=sum(survey.ledger.broken.values()),
    )


def _waiting(ages: Ages) -> Waiting:
    return Waiting(count=ages.total, oldest_s=ages.oldest_s)


def _machine(there: There) -> StaffedMachine:
    return StaffedMachine(
        draws=there.is_worker,
        name=there.member,
        device=there.device,
        memory_gib=None if there.memory_bytes is None else there.memory_bytes / 2**30,
        engines=list(there.engines),
        since=there.since,
    )


def _job(seen: SeenJob) -> OperatedJob:
    return OperatedJob(
        id=seen.job_id,
        owner=seen.owner,
        kind=JobKind(seen.kind),
        engine=seen.engine,
        state=JobState(seen.state),
        attempt=seen.attempt,
        count=seen.item_count,
        since=seen.since,
        failure=seen.failure_reason,
    )


def _parked(row: ParkedRow) -> ParkedThing:
    return ParkedThing(
        id=row.id,
        kind=row.kind,
        what=row.what,
        error=row.error,
        attempts=row.attempts,
        since=row.since,
    )
