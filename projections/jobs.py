"""Jobs and their items, with what each job was quoted and what it cost."""

from typing import Any
from uuid import UUID

from domain.asset import Asset
from domain.job import Job
from domain.job_state import JobFailure, JobState
from domain.kernel.personal_text import FreeText, PersonalText
from domain.wallet import Wallet
from projections.feed import job_changed
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

jobs = ReadModel("jobs")


@jobs.on(Job.Requested)
def _requested(event: Job.Requested, fact: Fact) -> list[Change]:
    opened = Change(
        """
        INSERT INTO jobs (owner_id, job_id, kind, engine, twin_id, consent_epoch, rating, state,
                          attempts_max, item_count, prompt, negative_prompt, settings,
                          price_version, quoted_millicredits, retried_from, requested_at,
                          requested_position, position)
        SELECT owner_id, job_id, kind, engine, twin_id, consent_epoch, rating, state, attempts_max,
               item_count, prompt, negative_prompt, settings, price_version, quoted_millicredits,
               retried_from, requested_at, position, position
          FROM json_populate_recordset(NULL::jobs, %(rows)s)
        """,
        {
            "owner_id": fact.owner_id,
            "job_id": event.originator_id,
            "kind": event.kind.value,
            "engine": event.engine,
            "twin_id": event.twin_id,
            "consent_epoch": event.epoch,
            "rating": event.rating.value,
            "state": JobState.REQUESTED.value,
            "attempts_max": event.attempts_max,
            "item_count": len(event.items),
            "prompt": _in_clear(event.prompt),
            "negative_prompt": _in_clear(event.negative_prompt),
            "settings": event.settings,
            "price_version": event.price_version,
            "quoted_millicredits": event.quoted_millicredits,
            "retried_from": event.retried_from,
            "requested_at": event.timestamp,
            "position": fact.position,
        },
    )
    items = Change(
        """
        INSERT INTO job_items (owner_id, job_id, item, asset_id, seed, position)
        SELECT owner_id, job_id, item, asset_id, seed, position
          FROM json_populate_recordset(NULL::job_items, %(rows)s)
        """,
        *(
            {
                "owner_id": fact.owner_id,
                "job_id": event.originator_id,
                "item": item.item,
                "asset_id": item.asset_id,
                "seed": item.seed,
                "position": fact.position,
            }
            for item in event.items
        ),
    )
    return [opened, items, job_changed(fact, event.originator_id)]


@jobs.on(Job.Started)
def _started(event: Job.Started, fact: Fact) -> list[Change]:
    change = Change(
        """
        UPDATE jobs AS j
           SET state = c.state, attempt = c.attempt, failure_reason = NULL,
               started_at = coalesce(j.started_at, c.started_at), position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(fact, JobState.STARTED, attempt=event.attempt, started_at=event.timestamp),
    )
    return [change, job_changed(fact, event.originator_id)]


@jobs.on(Job.Rendered)
def _rendered(event: Job.Rendered, fact: Fact) -> list[Change]:
    return _moved_to(fact, JobState.RENDERED)


@jobs.on(Job.AttemptFailed)
def _attempt_failed(event: Job.AttemptFailed, fact: Fact) -> list[Change]:
    # The attempt is over, the job is not: it waits for the next attempt or for its end.
    change = Change(
        """
        UPDATE jobs AS j
           SET state = c.state, failure_reason = c.failure_reason, position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(fact, JobState.REQUESTED, failure_reason=event.reason.value),
    )
    return [change, job_changed(fact, event.originator_id)]


@jobs.on(Job.AttemptOpened)
def _attempt_opened(event: Job.AttemptOpened, fact: Fact) -> list[Change]:
    change = Change(
        """
        UPDATE jobs AS j
           SET state = c.state, attempt = c.attempt, position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(fact, JobState.REQUESTED, attempt=event.attempt),
    )
    return [change, job_changed(fact, event.originator_id)]


@jobs.on(Job.Screened)
def _screened(event: Job.Screened, fact: Fact) -> list[Change]:
    return _moved_to(fact, JobState.SCREENED)


@jobs.on(Job.Completed)
def _completed(event: Job.Completed, fact: Fact) -> list[Change]:
    change = Change(
        """
        UPDATE jobs AS j
           SET state = c.state, failure_reason = NULL, ended_at = c.ended_at,
               position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(fact, JobState.COMPLETED, ended_at=event.timestamp),
    )
    return [change, job_changed(fact, event.originator_id)]


@jobs.on(Job.Failed)
def _failed(event: Job.Failed, fact: Fact) -> list[Change]:
    # What the last attempt died of says more than that it was the last.
    exhausted = event.reason is JobFailure.ATTEMPTS_EXHAUSTED
    change = Change(
        """
        UPDATE jobs AS j
           SET state = c.state, failure_reason = coalesce(c.failure_reason, j.failure_reason),
               ended_at = c.ended_at, position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(
            fact,
            JobState.FAILED,
            failure_reason=None if exhausted else event.reason.value,
            ended_at=event.timestamp,
        ),
    )
    return [change, job_changed(fact, event.originator_id)]


@jobs.on(Job.Cancelled)
def _cancelled(event: Job.Cancelled, fact: Fact) -> list[Change]:
    change = Change(
        """
        UPDATE jobs AS j
           SET state = c.state, cancelled_by = c.cancelled_by, ended_at = c.ended_at,
               position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(fact, JobState.CANCELLED, cancelled_by=event.by.value, ended_at=event.timestamp),
    )
    return [change, job_changed(fact, event.originator_id)]


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


def _moved_to(fact: Fact, state: JobState) -> list[Change]:
    change = Change(
        """
        UPDATE jobs AS j SET state = c.state, position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        _values(fact, state),
    )
    return [change, job_changed(fact, fact.originator_id)]


def _settled(fact: Fact, job_id: UUID, *, captured: int = 0, released: int = 0) -> list[Change]:
    change = Change(
        """
        UPDATE jobs AS j
           SET captured_millicredits = j.captured_millicredits + c.captured_millicredits,
               released_millicredits = j.released_millicredits + c.released_millicredits,
               position = c.position
          FROM json_populate_recordset(NULL::jobs, %(rows)s) AS c
         WHERE j.owner_id = c.owner_id AND j.job_id = c.job_id
        """,
        {
            "owner_id": fact.owner_id,
            "job_id": job_id,
            "captured_millicredits": captured,
            "released_millicredits": released,
            "position": fact.position,
        },
    )
    return [change, job_changed(fact, job_id)]


def _item(
    fact: Fact, job_id: UUID, item: int, state: str, reasons: list[str] | None = None
) -> Change:
    return Change(
        """
        UPDATE job_items AS i
           SET state = c.state, reasons = c.reasons, position = c.position
          FROM json_populate_recordset(NULL::job_items, %(rows)s) AS c
         WHERE i.owner_id = c.owner_id AND i.job_id = c.job_id AND i.item = c.item
        """,
        {
            "owner_id": fact.owner_id,
            "job_id": job_id,
            "item": item,
            "state": state,
            "reasons": reasons or [],
            "position": fact.position,
        },
    )


def _values(fact: Fact, state: JobState, **more: Any) -> dict[str, Any]:
    return {
        "owner_id": fact.owner_id,
        "job_id": fact.originator_id,
        "state": state.value,
        "position": fact.position,
        **more,
    }


def _in_clear(text: FreeText | None) -> str | None:
    return text.value if isinstance(text, PersonalText) else None
