"""Jobs and their items, with what each job was quoted and what it cost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from domain.asset import Asset
from domain.job import Job
from domain.job_input import InputRole, input_of
from domain.job_kind import JobKind
from domain.job_state import JobFailure, JobState
from domain.kernel.personal_text import FreeText, PersonalText
from domain.wallet import Wallet
from projections.feed import job_changed
from projections.read_model import Change, ReadModel, inserted, updated
from projections.rows import Rows
from projections.tables import ASSETS, JOB_ITEMS, JOBS, Row
from topics.messages.fact import Fact

jobs = ReadModel("jobs")


@jobs.on(Job.Requested)
def _requested(event: Job.Requested, fact: Fact) -> list[Change]:
    opened = inserted(
        JOBS,
        fact,
        job_id=event.originator_id,
        kind=event.kind.value,
        engine=event.engine,
        twin_id=event.twin_id,
        consent_epoch=event.epoch,
        rating=event.rating.value,
        state=JobState.REQUESTED.value,
        attempt=1,
        attempts_max=event.attempts_max,
        item_count=len(event.items),
        prompt=_in_clear(event.prompt),
        negative_prompt=_in_clear(event.negative_prompt),
        settings=event.settings,
        inputs=event.inputs,
        source_asset_id=_source(event),
        source_photo_id=_source_photo(event),
        stack_id=event.originator_id,
        price_version=event.price_version,
        quoted_millicredits=event.quoted_millicredits,
        captured_millicredits=0,
        released_millicredits=0,
        failure_reason=None,
        cancelled_by=None,
        retried_from=event.retried_from,
        requested_at=event.timestamp,
        started_at=None,
        ended_at=None,
        requested_position=fact.position,
        turn=fact.position,
    )
    items = [
        inserted(
            JOB_ITEMS,
            fact,
            job_id=event.originator_id,
            item=item.item,
            asset_id=item.asset_id,
            seed=item.seed,
            state="waiting",
            reasons=(),
        )
        for item in event.items
    ]
    return [opened, *_stacked(event, fact), *items, job_changed(fact, event.originator_id)]


@jobs.on(Job.Started)
def _started(event: Job.Started, fact: Fact) -> list[Change]:
    return _job(
        fact,
        JobState.STARTED,
        attempt=event.attempt,
        failure_reason=None,
        started_at=lambda row: row["started_at"] or event.timestamp,
    )


@jobs.on(Job.Rendered)
def _rendered(event: Job.Rendered, fact: Fact) -> list[Change]:
    return _job(fact, JobState.RENDERED)


@jobs.on(Job.AttemptFailed)
def _attempt_failed(event: Job.AttemptFailed, fact: Fact) -> list[Change]:
    # The attempt is over, the job is not: it waits for the next attempt or for its end.
    return _job(fact, JobState.REQUESTED, turn=None, failure_reason=event.reason.value)


@jobs.on(Job.AttemptOpened)
def _attempt_opened(event: Job.AttemptOpened, fact: Fact) -> list[Change]:
    return _job(fact, JobState.REQUESTED, attempt=event.attempt)


@jobs.on(Job.TurnTaken)
def _turn_taken(event: Job.TurnTaken, fact: Fact) -> list[Change]:
    job = event.originator_id
    return [updated(JOBS, fact, job_id=job, turn=event.turn), job_changed(fact, job)]


@jobs.on(Job.Screened)
def _screened(event: Job.Screened, fact: Fact) -> list[Change]:
    return _job(fact, JobState.SCREENED)


@jobs.on(Job.Completed)
def _completed(event: Job.Completed, fact: Fact) -> list[Change]:
    return _job(fact, JobState.COMPLETED, failure_reason=None, ended_at=event.timestamp)


@jobs.on(Job.Failed)
def _failed(event: Job.Failed, fact: Fact) -> list[Change]:
    if event.reason is JobFailure.ATTEMPTS_EXHAUSTED:
        # What the last attempt died of says more than that it was the last.
        return _job(fact, JobState.FAILED, ended_at=event.timestamp)
    return _job(fact, JobState.FAILED, failure_reason=event.reason.value, ended_at=event.timestamp)


@jobs.on(Job.Cancelled)
def _cancelled(event: Job.Cancelled, fact: Fact) -> list[Change]:
    return _job(fact, JobState.CANCELLED, cancelled_by=event.by.value, ended_at=event.timestamp)


@jobs.on(Wallet.Captured)
def _captured(event: Wallet.Captured, fact: Fact) -> list[Change]:
    return _settled(fact, event.job_id, captured=event.millicredits)


@jobs.on(Wallet.Released)
def _released(event: Wallet.Released, fact: Fact) -> list[Change]:
    return _settled(fact, event.job_id, released=event.millicredits)


@jobs.on(Wallet.Expired)
def _expired(event: Wallet.Expired, fact: Fact) -> list[Change]:
    return _settled(fact, event.job_id, released=event.millicredits)


@jobs.on(Asset.Released)
def _item_released(event: Asset.Released, fact: Fact) -> list[Change]:
    return [_item(fact, event.job_id, event.item, "released")]


@jobs.on(Asset.Refused)
def _item_refused(event: Asset.Refused, fact: Fact) -> list[Change]:
    reasons = [f"{reason.check}:{reason.why.value}" for reason in event.reasons]
    return [_item(fact, event.job_id, event.item, "refused", reasons)]


def _job(fact: Fact, state: JobState, **values: Any) -> list[Change]:
    job = fact.originator_id
    # Whoever begins to wait again stands at the end of the line.
    turn = fact.position if state is JobState.REQUESTED else None
    changed = updated(JOBS, fact, job_id=job, state=state.value, **{"turn": turn, **values})
    return [changed, job_changed(fact, job)]


def _settled(fact: Fact, job_id: UUID, *, captured: int = 0, released: int = 0) -> list[Change]:
    changed = updated(
        JOBS,
        fact,
        job_id=job_id,
        captured_millicredits=_more("captured_millicredits", captured),
        released_millicredits=_more("released_millicredits", released),
    )
    return [changed, job_changed(fact, job_id)]


def _more(column: str, millicredits: int) -> Callable[[Row], int]:
    return lambda row: int(row[column]) + millicredits


def _item(
    fact: Fact, job_id: UUID, item: int, state: str, reasons: list[str] | None = None
) -> Change:
    return updated(JOB_ITEMS, fact, job_id=job_id, item=item, state=state, reasons=reasons or [])


def _stacked(event: Job.Requested, fact: Fact) -> tuple[Change, ...]:
    """Pictures that are made of a picture stand in its stack. A clip begins one of its own."""
    source = _source(event)
    if source is None or event.kind is not JobKind.IMAGES:
        return ()
    picture = (fact.owner_id.int, source.int)
    job = (fact.owner_id.int, event.originator_id.int)

    def stack(rows: Rows) -> None:
        row = rows.get(ASSETS, picture)
        if row is not None:
            rows.change(JOBS, job, {"stack_id": row["stack_id"]})

    return (Change(stack, reads=((ASSETS, picture), (JOBS, job))),)


def _source(event: Job.Requested) -> UUID | None:
    """The gallery item that the job comes from: what it varies stands nearer than what it reads."""
    read = input_of(event.inputs, InputRole.SOURCE)
    return event.varies or (None if read is None else read.asset_id)


def _source_photo(event: Job.Requested) -> UUID | None:
    read = input_of(event.inputs, InputRole.SOURCE)
    return None if read is None else read.upload_id


def _in_clear(text: FreeText | None) -> str | None:
    return text.value if isinstance(text, PersonalText) else None
