"""The child, and the attempts it is at: one, or several that are drawn together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple, assert_never
from uuid import UUID

from gpu_consumers.worker.assignments import (
    Advanced,
    Broke,
    Delivered,
    Forget,
    Report,
    StartTogether,
    Stop,
)
from gpu_consumers.worker.child_process import Child
from gpu_consumers.worker.running_job import Attempt, start_of
from topics.messages.progress import Phase
from topics.messages.results import FailureReason

PHASE_LIMIT_S: Final = 120.0
# What may be the fault of one of several, and is not known whose.
_OF_SOMEBODY: Final = (FailureReason.ENGINE_ERROR, FailureReason.OUT_OF_MEMORY)

_log = logging.getLogger(__name__)


class Repeat(Enum):
    """Not over: what it was drawn with broke, and whose fault that was shows when it is alone."""

    ALONE = "alone"


class Left(NamedTuple):
    """An attempt that the child is not at any more: what came of it, or why nothing did."""

    attempt: Attempt
    outcome: Delivered | FailureReason | Repeat


class Workplace:
    """Holds the child for as long as it can be trusted, and starts another one where it cannot.

    `phase_limits_s`: by engine, how long a phase may last without a report. `stop_grace_s`: a
    child that was told to stop and has not is ended. `clock` is in seconds.
    """

    def __init__(
        self,
        start_child: Callable[[], Child],
        phase_limits_s: Mapping[str, Mapping[Phase, float]],
        *,
        stop_grace_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._start_child = start_child
        self._phase_limits_s = phase_limits_s
        self._stop_grace_s = stop_grace_s
        self._clock = clock
        self._child = start_child()
        self._attempts: list[Attempt] = []
        self._is_batch = False
        self._is_worn = False
        self._phase = Phase.LOAD
        self._since_s = 0.0

    @property
    def attempts(self) -> Sequence[Attempt]:
        """What the child is at."""
        return tuple(self._attempts)

    def begin(self, attempts: Sequence[Attempt]) -> None:
        """Have the child work on these, together if they are several. It has to be at nothing."""
        if not self._child.is_alive:
            self._replace_child()
        self._attempts = list(attempts)
        self._is_batch = len(attempts) > 1
        self._phase, self._since_s = Phase.LOAD, self._clock()
        starts = tuple(start_of(one.job.queued, one.grant) for one in attempts)
        self._child.send(StartTogether(starts) if self._is_batch else starts[0])

    def stop(self, attempt: Attempt, reason: FailureReason) -> None:
        """Tell the child to stop this one, once, and to go on with the others."""
        if attempt.stop_asked_s is None:
            attempt.stop_asked_s, attempt.stop_reason = self._clock(), reason
            self._child.send(Stop(attempt.grant.job if self._is_batch else None))

    def forget(self, order: Forget) -> None:
        """Have the child forget somebody, whatever it is at."""
        self._child.send(order)

    def listen(self, wait_s: float) -> list[Left]:
        """What the child has said, waiting at most `wait_s` for it. Raises what it cannot read."""
        left = [one for report in self._child.reports(wait_s) for one in self._take_report(report)]
        if self._is_worn and not self._attempts:
            # Fragments of a full memory stay with the process that filled it.
            self._replace_child()
        return left

    def look(self, now_s: float) -> list[Left]:
        """What is over by the clock, or because the child is gone."""
        if not self._attempts:
            return []
        if not self._child.is_alive:
            _log.warning("child died: %s", self._jobs())
            return self.break_off(FailureReason.WORKER_LOST)
        asked_s = [one.stop_asked_s for one in self._attempts if one.stop_asked_s is not None]
        if asked_s:
            is_deaf = now_s - min(asked_s) >= self._stop_grace_s
            return self.break_off(FailureReason.STOPPED) if is_deaf else []
        limits = self._phase_limits_s.get(self._attempts[0].job.queued.engine, {})
        if now_s - self._since_s >= limits.get(self._phase, PHASE_LIMIT_S):
            _log.warning("phase %s took too long: %s", self._phase, self._jobs())
            return self.break_off(FailureReason.PHASE_TIMEOUT)
        overdue = [one for one in self._attempts if now_s >= one.grant.deadline_s]
        if overdue and len(self._attempts) == 1:
            return self.break_off(FailureReason.PHASE_TIMEOUT)
        for one in overdue:
            self.stop(one, FailureReason.PHASE_TIMEOUT)
        return []

    def excuse(self, now_s: float) -> None:
        """Nobody looked until now: that time is not the child's."""
        self._since_s = now_s

    def break_off(self, reason: FailureReason) -> list[Left]:
        """The child cannot be trusted any more: end it, and leave what it was at.

        One that was alone, or told to stop, is over; of several it is not known whose fault it is.
        """
        self._replace_child()
        if len(self._attempts) > 1:
            return [self._leave(one, _in_company(one)) for one in self.attempts]
        return [
            self._leave(one, reason if one.stop_asked_s is None else one.stop_reason)
            for one in self.attempts
        ]

    def close(self) -> None:
        """End the child. May be called twice."""
        self._child.end()

    def _take_report(self, report: Report) -> list[Left]:
        about = self._about(report.job)
        match report:
            case Advanced():
                self._phase, self._since_s = report.phase, self._clock()
                for one in about:
                    one.pace.note(report)
                return []
            case Delivered():
                return [self._leave(one, report) for one in about]
            case Broke(reason=FailureReason.STOPPED):
                return [self._leave(one, one.stop_reason) for one in about]
            case Broke(job=job, reason=reason):
                self._is_worn |= reason is FailureReason.OUT_OF_MEMORY
                if job is None and len(about) > 1 and reason in _OF_SOMEBODY:
                    return [self._leave(one, _in_company(one)) for one in about]
                return [self._leave(one, reason) for one in about]
            case other:
                assert_never(other)

    def _about(self, job: UUID | None) -> list[Attempt]:
        return [one for one in self._attempts if job is None or one.grant.job == job]

    def _leave(self, attempt: Attempt, outcome: Delivered | FailureReason | Repeat) -> Left:
        self._attempts.remove(attempt)
        return Left(attempt, outcome)

    def _replace_child(self) -> None:
        self._child.end()
        self._child = self._start_child()
        self._is_worn = False

    def _jobs(self) -> str:
        return ", ".join(f"job {one.grant.job}" for one in self._attempts)


def _in_company(attempt: Attempt) -> FailureReason | Repeat:
    return Repeat.ALONE if attempt.stop_asked_s is None else attempt.stop_reason
