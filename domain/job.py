"""One piece of work, from the request to its single end."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.charging import charge_for
from domain.consent_text import ConsentScope
from domain.engines import engine as engine_entry
from domain.job_input import JobInput
from domain.job_kind import JobKind
from domain.job_kinds import Delivery, job_kind
from domain.job_screenings import Screenings
from domain.job_state import (
    CHECKPOINTS_KEPT_MAX,
    ENDED,
    AdapterFile,
    AttemptFailure,
    CancelledBy,
    JobFailure,
    JobItem,
    JobOutput,
    JobState,
)
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText
from domain.rating import Rating
from domain.refusals import AlreadyDecided, JobHasBegun, JobNotRetryable, MovedTooOften, StaleResult
from domain.settings import JobSettings

ATTEMPTS_MAX = 3

MOVES_MAX = 100
"""How often its owner may move a job in line, themselves or by moving another one."""

"""A fault that comes back a third time is not chance."""


class Job(Screenings, Aggregate):
    """A training, a set of pictures or of clips. The first end wins and never changes."""

    TOPIC = "job"

    @classmethod
    def request(
        cls,
        id: UUID,
        *,
        owner_id: UUID,
        kind: JobKind,
        engine: str,
        rating: Rating,
        settings: JobSettings,
        items: Sequence[JobItem],
        price_version: int,
        quoted_millicredits: int,
        cancel_share_thousandths: int,
        policy_version: int,
        at: datetime,
        twin_id: UUID | None = None,
        epoch: int | None = None,
        attempts_max: int = ATTEMPTS_MAX,
        retried_from: UUID | None = None,
        photos: Sequence[UUID] = (),
        inputs: Sequence[JobInput] = (),
        varies: UUID | None = None,
        submission_id: UUID | None = None,
        prompt: FreeText | None = None,
        negative_prompt: FreeText | None = None,
        scopes: dict[ConsentScope, int] | None = None,
    ) -> "Job":
        """Open a job whose settings are resolved and whose price is reserved in the same save.

        `photos` and `submission_id` name the set that a training learns from, `inputs` what else
        is read, `varies` the picture that is drawn again with another seed, `scopes` what of its
        twin's consent it rests on. Raises `UnknownEngine`.
        """
        return cls._create(
            cls.Requested,
            id=id,
            timestamp=at,
            owner_id=owner_id,
            kind=kind,
            engine=engine,
            twin_id=twin_id,
            epoch=epoch,
            rating=rating,
            settings=settings,
            items=tuple(items),
            price_version=price_version,
            quoted_millicredits=quoted_millicredits,
            cancel_share_thousandths=cancel_share_thousandths,
            policy_version=policy_version,
            batch_key=job_kind(kind).batch_key(engine_entry(engine), settings),
            attempts_max=attempts_max,
            retried_from=retried_from,
            photos=tuple(photos),
            inputs=tuple(inputs),
            varies=varies,
            submission_id=submission_id,
            prompt=prompt,
            negative_prompt=negative_prompt,
            scopes={} if scopes is None else scopes,
        )

    def __init__(self) -> None:
        self.owner_id: UUID
        self.kind: JobKind
        self.engine: str
        self.twin_id: UUID | None
        self.epoch: int | None
        self.rating: Rating
        self.settings: JobSettings
        self.items: tuple[JobItem, ...]
        self.price_version: int
        self.quoted_millicredits: int
        self.cancel_share_thousandths: int
        self.policy_version: int
        self.batch_key: str
        self.attempts_max: int
        self.photos: tuple[UUID, ...]
        self.inputs: tuple[JobInput, ...]
        self.submission_id: UUID | None
        self.scopes: dict[ConsentScope, int]
        self.state = JobState.REQUESTED
        self.state_before_cancel: JobState | None = None
        self.cancelled_by: CancelledBy | None = None
        self.attempt = 1
        self.claim_id: UUID | None = None
        self.worker: str | None = None
        self.deadline: datetime | None = None
        self.outputs: tuple[JobOutput, ...] = ()
        self.adapter: AdapterFile | None = None
        self.checkpoints: tuple[AdapterFile, ...] = ()
        self.released: tuple[UUID, ...] = ()
        self.refused: tuple[UUID, ...] = ()
        self.delivered_ms = 0
        self._attempt_failed = False
        self.screening = 0
        self._screening_failed = False
        self.retry_id: UUID | None = None
        self.waits_since_version = 1
        self.turn: int | None = None
        self.moves = 0

    @property
    def ended(self) -> bool:
        """Whether the job has reached its one end."""
        return self.state in ENDED

    @property
    def attempts_left(self) -> int:
        """How many more attempts may be opened after this one."""
        return self.attempts_max - self.attempt

    @property
    def awaits_next_attempt(self) -> bool:
        """Whether the current attempt has failed and the next one has not been opened."""
        return self._attempt_failed and not self.ended

    @property
    def waits(self) -> bool:
        """Whether its attempt waits for a worker: then it has a place in line."""
        return self.state is JobState.REQUESTED and not self._attempt_failed

    @property
    def charge_millicredits(self) -> int:
        """What the job costs at its end; see `charge_for`. 0 until then."""
        return charge_for(
            self.state,
            settings=self.settings,
            quoted_millicredits=self.quoted_millicredits,
            cancel_share_thousandths=self.cancel_share_thousandths,
            items=len(self.items),
            delivery=Delivery(len(self.released), self.delivered_ms),
            state_before=self.state_before_cancel,
            cancelled_by=self.cancelled_by,
        )

    def start(
        self, attempt: int, claim_id: UUID, worker: str, deadline: datetime, *, at: datetime
    ) -> None:
        """Give the attempt to a claim. The same claim may ask again and gets the same answer.

        Raises `JobEnded`, `StaleResult` where the attempt is not the one that waits,
        `AlreadyDecided` where another claim holds it.
        """
        self._require_open()
        if attempt != self.attempt or self._attempt_failed:
            raise StaleResult()
        if self.state is JobState.REQUESTED:
            self.trigger_event(
                Job.Started,
                attempt=attempt,
                claim_id=claim_id,
                worker=worker,
                deadline=deadline,
                timestamp=at,
            )
        elif self.state is not JobState.STARTED:
            raise StaleResult()
        elif claim_id != self.claim_id:
            raise AlreadyDecided()

    def record_rendered(
        self,
        attempt: int,
        claim_id: UUID,
        outputs: Sequence[JobOutput],
        adapter: AdapterFile | None,
        *,
        checkpoints: Sequence[AdapterFile] = (),
        at: datetime,
    ) -> None:
        """The claim's work is in quarantine. The same report again changes nothing.

        `checkpoints` are a training's earlier ones, `CHECKPOINTS_KEPT_MAX` at most. Raises
        `JobEnded`, `StaleResult` for another attempt or claim, or where an item is missing,
        reported twice, unknown or of another length, a training comes without its adapter, or a
        step comes twice.
        """
        self._require_open()
        self._require_claim(attempt, claim_id)
        if self.state in (JobState.RENDERED, JobState.SCREENED):
            return
        if self.state is not JobState.STARTED:
            raise StaleResult()
        complete = sorted(output.item for output in outputs) == [item.item for item in self.items]
        entry = job_kind(self.kind)
        length = entry.clip_length(self.settings)
        frames = None if length is None else length.frames
        as_long = all(output.frames == frames for output in outputs)
        with_adapter = (adapter is not None) is entry.delivers_adapter
        learnt = [one.step for one in (adapter, *checkpoints) if one is not None]
        distinct = len(set(learnt)) == len(learnt) <= CHECKPOINTS_KEPT_MAX + 1
        if not (complete and as_long and with_adapter and distinct):
            raise StaleResult()
        self.trigger_event(
            Job.Rendered,
            attempt=attempt,
            claim_id=claim_id,
            outputs=tuple(outputs),
            adapter=adapter,
            checkpoints=() if adapter is None else tuple(checkpoints),
            kind=self.kind,
            engine=self.engine,
            twin_id=self.twin_id,
            timestamp=at,
        )

    def record_attempt_failed(
        self, attempt: int, claim_id: UUID, reason: AttemptFailure, *, at: datetime
    ) -> None:
        """The attempt ended without a result. The same report again changes nothing.

        Raises `JobEnded`, `StaleResult`, also where something was rendered before.
        """
        self._require_open()
        self._require_claim(attempt, claim_id)
        if self._attempt_failed:
            return
        if self.state is not JobState.STARTED:
            raise StaleResult()
        self.trigger_event(
            Job.AttemptFailed,
            attempt=attempt,
            claim_id=claim_id,
            reason=reason,
            attempts_left=self.attempts_left,
            timestamp=at,
        )

    def open_attempt(self, attempt: int, *, at: datetime) -> None:
        """Queue the next attempt. One that is open already stays as it is.

        Raises `JobEnded`, `StaleResult`, `JobNotRetryable` where no attempt is left.
        """
        self._require_open()
        if attempt == self.attempt and not self._attempt_failed:
            return
        if attempt != self.attempt + 1 or not self._attempt_failed:
            raise StaleResult()
        if self.attempts_left <= 0:
            raise JobNotRetryable()
        self.trigger_event(
            Job.AttemptOpened,
            attempt=attempt,
            kind=self.kind,
            engine=self.engine,
            twin_id=self.twin_id,
            batch_key=self.batch_key,
            timestamp=at,
        )

    def discard_result(self, attempt: int, claim: UUID, *, at: datetime, **signed: bool) -> None:
        """A result came that nobody waits for any more: have its bytes deleted, `signed` or not."""
        if self.leaves_bytes(attempt, claim, **signed):
            self.trigger_event(
                Job.ResultDiscarded, attempt=attempt, claim_id=claim, timestamp=at, **signed
            )

    def complete(
        self,
        released: Sequence[UUID],
        refused: Sequence[UUID],
        *,
        at: datetime,
        delivered_ms: Sequence[int] = (),
    ) -> None:
        """End the job after screening, with one fate for every item.

        `delivered_ms` is how long each released clip is, in their order; pictures have no length.

        Raises `JobEnded`, `StaleResult` before screening or where an item has no fate or two.
        """
        self._require_open()
        decided = sorted([*released, *refused])
        if self.state is not JobState.SCREENED or decided != sorted(i.asset_id for i in self.items):
            raise StaleResult()
        self.trigger_event(
            Job.Completed,
            released=tuple(released),
            refused=tuple(refused),
            delivered_ms=tuple(delivered_ms),
            timestamp=at,
        )

    def fail(self, reason: JobFailure, *, at: datetime) -> None:
        """End the job without a result. Raises `JobEnded`."""
        self._require_open()
        self.trigger_event(Job.Failed, reason=reason, timestamp=at)

    def cancel(self, by: CancelledBy, *, at: datetime) -> None:
        """Stop the job. Raises `JobEnded`."""
        self._require_open()
        self.trigger_event(Job.Cancelled, by=by, state_before=self.state, timestamp=at)

    def require_waiting(self) -> None:
        """Raises `JobEnded`, `JobHasBegun` unless its attempt waits for a worker."""
        self._require_open()
        if not self.waits:
            raise JobHasBegun()

    def take_turn(self, turn: int, of: UUID, *, at: datetime) -> None:
        """Stand where another job of its owner stood, which takes its turn in the same save.

        `turn` is a position of the log: smaller comes first. Raises as `require_waiting`, and
        `MovedTooOften`.
        """
        self.require_waiting()
        if self.moves >= MOVES_MAX:
            raise MovedTooOften(MOVES_MAX)
        self.trigger_event(Job.TurnTaken, turn=turn, of=of, timestamp=at)

    def require_retryable(self) -> None:
        """Raises `JobNotRetryable` unless the job failed or was cancelled by its owner."""
        cancelled = self.state is JobState.CANCELLED and self.cancelled_by is CancelledBy.OWNER
        if self.state is not JobState.FAILED and not cancelled:
            raise JobNotRetryable()

    def retry(self, retry_id: UUID, *, at: datetime) -> None:
        """Remember the job that does this one again. Raises as `require_retryable`."""
        self.require_retryable()
        self.trigger_event(self.Retried, retry_id=retry_id, timestamp=at)

    def _require_claim(self, attempt: int, claim_id: UUID) -> None:
        if attempt != self.attempt or claim_id != self.claim_id:
            raise StaleResult()
