"""The screenings of a job's outputs: opened, begun, failed, answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.checks import ItemVerdict, storable
from domain.job_events import JobEvents
from domain.job_state import ENDED, JobState
from domain.refusals import JobEnded, JobNotRetryable, StaleResult
from domain.screening import SCREENINGS_MAX, ScreeningFailure


class Screenings(JobEvents):
    """What a job decides about the outputs of an attempt, and by which of its screenings."""

    state: JobState
    attempt: int
    screening: int
    _screening_failed: bool

    if TYPE_CHECKING:
        # The aggregate has it.
        def trigger_event(self, event_class: type[Any], **fields: Any) -> None: ...

    @property
    def screenings_left(self) -> int:
        """How many more screenings of this attempt may be opened after this one."""
        return SCREENINGS_MAX - self.screening

    @property
    def awaits_screening(self) -> bool:
        """Whether the outputs wait for verdicts, and the current screening has not failed."""
        return self.state is JobState.RENDERED and not self._screening_failed

    def start_screening(self, attempt: int, screening: int, *, at: datetime) -> None:
        """A screener is about to begin: its time is counted from now. Raises as `record_screened`.

        Which one is not kept: two of them may be at one screening, and the first report counts.
        """
        self._require_screening(attempt, screening)
        self.trigger_event(
            self.ScreeningStarted, attempt=attempt, screening=screening, timestamp=at
        )

    def record_screening_failed(
        self,
        attempt: int,
        screening: int,
        reason: ScreeningFailure,
        *,
        at: datetime,
        claim_id: UUID | None = None,
    ) -> None:
        """The screening ended without verdicts; costs no attempt. Raises as `record_screened`."""
        self._require_screening(attempt, screening)
        self.trigger_event(
            self.ScreeningFailed,
            attempt=attempt,
            screening=screening,
            claim_id=claim_id,
            reason=reason,
            screenings_left=self.screenings_left,
            timestamp=at,
        )

    def open_screening(self, attempt: int, screening: int, *, at: datetime) -> None:
        """Have the same outputs screened again. A screening that is open stays as it is.

        Raises `JobEnded`, `StaleResult`, `JobNotRetryable` where no screening is left.
        """
        self._require_open()
        if attempt != self.attempt or self.state is not JobState.RENDERED:
            raise StaleResult()
        if screening == self.screening and self.awaits_screening:
            return
        if screening != self.screening + 1 or self.awaits_screening:
            raise StaleResult()
        if self.screenings_left <= 0:
            raise JobNotRetryable()
        self.trigger_event(self.ScreeningOpened, attempt=attempt, screening=screening, timestamp=at)

    def record_screened(
        self, attempt: int, verdicts: Sequence[ItemVerdict], *, at: datetime, screening: int = 1
    ) -> None:
        """The screener has answered in the current screening of this attempt.

        Raises `JobEnded`, `StaleResult`, also for one that was given up: its lists are of then.
        """
        self._require_screening(attempt, screening)
        stored = tuple(ItemVerdict(v.item, tuple(map(storable, v.checks))) for v in verdicts)
        self.trigger_event(self.Screened, attempt=attempt, verdicts=stored, timestamp=at)

    def _require_open(self) -> None:
        if self.state in ENDED:
            raise JobEnded(self.state)

    def _require_screening(self, attempt: int, screening: int) -> None:
        self._require_open()
        if (attempt, screening) != (self.attempt, self.screening) or not self.awaits_screening:
            raise StaleResult()
