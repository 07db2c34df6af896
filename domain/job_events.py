"""What can have happened to a job, and what each event changes in it."""

from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.checks import ItemVerdict
from domain.consent_scopes import scopes_of_before
from domain.consent_text import ConsentScope
from domain.job_input import JobInput
from domain.job_kind import JobKind
from domain.job_state import (
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
from domain.late_results import LateResults
from domain.rating import Rating
from domain.screening import ScreeningFailure
from domain.settings import JobSettings

if TYPE_CHECKING:
    from domain.job import Job


class JobEvents(LateResults):
    """The events of a `Job`."""

    class Requested(Aggregate.Created):
        """The owner asked, and the price was reserved in the same save.

        Version 2 has settings of clips, too. `varies` is the asset that was asked for like this
        with another seed: it is not read.
        """

        TOPIC = "job.requested"
        schema_version = 2
        owner_id: UUID
        kind: JobKind
        engine: str
        twin_id: UUID | None
        epoch: int | None
        rating: Rating
        settings: JobSettings
        items: tuple[JobItem, ...]
        price_version: int
        quoted_millicredits: int
        cancel_share_thousandths: int
        policy_version: int
        batch_key: str
        attempts_max: int
        retried_from: UUID | None
        photos: tuple[UUID, ...]
        submission_id: UUID | None
        prompt: FreeText | None
        negative_prompt: FreeText | None
        inputs: tuple[JobInput, ...] = ()
        scopes: dict[ConsentScope, int] = field(default_factory=dict)
        varies: UUID | None = None

        def apply(self, job: "Job") -> None:
            job.owner_id = self.owner_id
            job.kind = self.kind
            job.engine = self.engine
            job.twin_id = self.twin_id
            job.epoch = self.epoch
            job.rating = self.rating
            job.settings = self.settings
            job.items = self.items
            job.price_version = self.price_version
            job.quoted_millicredits = self.quoted_millicredits
            job.cancel_share_thousandths = self.cancel_share_thousandths
            job.policy_version = self.policy_version
            job.batch_key = self.batch_key
            job.attempts_max = self.attempts_max
            job.photos = self.photos
            job.inputs = self.inputs
            job.submission_id = self.submission_id
            job.scopes = self.scopes or scopes_of_before(self.kind)

    class Started(Aggregate.Event):
        """A worker's claim on an attempt holds until `deadline`."""

        TOPIC = "job.started"
        attempt: int
        claim_id: UUID
        worker: str
        deadline: datetime

        def apply(self, job: "Job") -> None:
            job.state = JobState.STARTED
            job.given_claims = job.given_claims | {(self.attempt, self.claim_id)}
            job.claim_id = self.claim_id
            job.worker = self.worker
            job.deadline = self.deadline

    class Rendered(Aggregate.Event):
        """The work lies in quarantine and waits for the screener. Nothing is released by this.

        `checkpoints` are what a training had learnt on its way to `adapter`, by step.
        """

        TOPIC = "job.rendered"
        kind: JobKind
        engine: str
        twin_id: UUID | None
        attempt: int
        claim_id: UUID
        outputs: tuple[JobOutput, ...]
        adapter: AdapterFile | None
        checkpoints: tuple[AdapterFile, ...] = ()

        def apply(self, job: "Job") -> None:
            job.state = JobState.RENDERED
            job.outputs = self.outputs
            job.adapter = self.adapter
            job.checkpoints = self.checkpoints
            job.screening = 1
            job._screening_failed = False

    class AttemptFailed(Aggregate.Event):
        """An attempt ended without a result."""

        TOPIC = "job.attempt-failed"
        attempt: int
        claim_id: UUID
        reason: AttemptFailure
        attempts_left: int

        def apply(self, job: "Job") -> None:
            job.state = JobState.REQUESTED
            job.outputs = ()
            job.adapter = None
            job.checkpoints = ()
            job._attempt_failed = True

    class AttemptOpened(Aggregate.Event):
        """The next attempt waits for a worker."""

        TOPIC = "job.attempt-opened"
        attempt: int
        kind: JobKind
        engine: str
        twin_id: UUID | None
        batch_key: str

        def apply(self, job: "Job") -> None:
            job.attempt = self.attempt
            job.claim_id = None
            job.worker = None
            job.deadline = None
            job._attempt_failed = False
            job.waits_since_version = self.originator_version
            job.turn = None

    class TurnTaken(Aggregate.Event):
        """Its owner had it change places with another job of theirs that waits, `of`.

        `turn` is the position of the log where that one stood in line: nobody else's moves.
        """

        TOPIC = "job.turn-taken"
        turn: int
        of: UUID

        def apply(self, aggregate: "Job") -> None:
            aggregate.turn = self.turn
            aggregate.moves += 1

    class ScreeningStarted(Aggregate.Event):
        """A screener has begun with the outputs; another one may begin, too."""

        TOPIC = "job.screening-started"
        attempt: int
        screening: int

        def apply(self, aggregate: "Job") -> None:
            """What is decided does not depend on it: only time does."""

    class ScreeningFailed(Aggregate.Event):
        """Nothing could be said of the outputs. They stay in quarantine; the attempt is not over.

        `claim_id` is that of the screener who says so; None where nobody said anything in time.
        """

        TOPIC = "job.screening-failed"
        attempt: int
        screening: int
        claim_id: UUID | None
        reason: ScreeningFailure
        screenings_left: int

        def apply(self, aggregate: "Job") -> None:
            aggregate._screening_failed = True

    class ScreeningOpened(Aggregate.Event):
        """The same outputs wait for a screener again."""

        TOPIC = "job.screening-opened"
        attempt: int
        screening: int

        def apply(self, aggregate: "Job") -> None:
            aggregate.screening = self.screening
            aggregate._screening_failed = False

    class ResultDiscarded(Aggregate.Event):
        """A result came too late: its bytes in quarantine are to be deleted.

        `signed`: the claim was a screening's, and the copies that it signed go, too.
        """

        TOPIC = "job.result-discarded"
        attempt: int
        claim_id: UUID
        signed: bool = False

        def apply(self, job: "Job") -> None:
            job.discarded_claims = job.discarded_claims | {self.claim_id}

    class Screened(Aggregate.Event):
        """Every check on every item has answered."""

        TOPIC = "job.screened"
        attempt: int
        verdicts: tuple[ItemVerdict, ...]

        def apply(self, job: "Job") -> None:
            job.state = JobState.SCREENED

    class Completed(Aggregate.Event):
        """What passed is released, and nothing else is charged.

        `delivered_ms` is how long each released clip is; empty for pictures.
        """

        TOPIC = "job.completed"
        released: tuple[UUID, ...]
        refused: tuple[UUID, ...]
        delivered_ms: tuple[int, ...] = ()

        def apply(self, job: "Job") -> None:
            job.state = JobState.COMPLETED
            job.released = self.released
            job.refused = self.refused
            job.delivered_ms = sum(self.delivered_ms)

    class Failed(Aggregate.Event):
        """The job ended without a result and costs nothing. Each version has one reason more."""

        TOPIC = "job.failed"
        schema_version = 3
        reason: JobFailure

        def apply(self, job: "Job") -> None:
            job.state = JobState.FAILED

    class Cancelled(Aggregate.Event):
        """The job was stopped."""

        TOPIC = "job.cancelled"
        by: CancelledBy
        state_before: JobState

        def apply(self, job: "Job") -> None:
            job.state = JobState.CANCELLED
            job.state_before_cancel = self.state_before
            job.cancelled_by = self.by

    class Retried(Aggregate.Event):
        """Its owner had the ended job done again, as a new one."""

        TOPIC = "job.retried"
        retry_id: UUID

        def apply(self, aggregate: "Job") -> None:
            aggregate.retry_id = self.retry_id
