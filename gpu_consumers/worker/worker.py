"""Who claims jobs, keeps the claim alive, and reports how they ended. It never works itself.

The parent must poll every second whatever happens, or its partitions go to another worker. So the
work is done by a child process, and this loop only passes messages: jobs to claims, grants to the
child, the child's reports to results, and stop requests to the child.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never
from uuid import UUID, uuid4

from msgspec import UNSET

from gpu_consumers.worker.assignments import Advanced, Broke, Delivered, Report, Stop
from gpu_consumers.worker.backlog import QueuedJob
from gpu_consumers.worker.child_process import Child
from gpu_consumers.worker.claim_doubt import ClaimDoubt
from gpu_consumers.worker.intake import Intake
from gpu_consumers.worker.running_job import Attempt, Claim, Ending, start_of
from gpu_consumers.worker.withdrawals import Withdrawals
from topics.codec import require_bounds
from topics.consume import NOT_THE_MESSAGE, TRIES_MAX, TooManyDeadLetters
from topics.messages.control import ForgetTwin, StopJob
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, JobAlive, JobClaimed, JobFailed, JobRendered
from topics.registry import CONTROL, GRANTS, PROGRESS, RESULTS, Message, Topic, key_of
from topics.transport import From, PublishFailed, TopicPartition, Transport

PHASE_LIMIT_S: Final = 120.0
_STOPS_REMEMBERED: Final = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerLimits:
    """How long the worker waits for what, in seconds.

    `claim_again_s`: a claim without an answer is published again, with the same id.
    `stop_grace_s`: a child that was told to stop and has not is killed.
    `drain_s`: how long a running job may go on once the worker is told to end.
    `silence_max_s`: a worker that stood still for so long asks whether its claim still holds.
    """

    wait_s: float = 0.25
    poll_interval_s: float = 1.0
    alive_interval_s: float = 5.0
    claim_again_s: float = 5.0
    stop_grace_s: float = 10.0
    drain_s: float = 20.0
    silence_max_s: float = 15.0


class Worker:
    """One worker, of one GPU or CPU. `name` is its own: no other running worker may have it.

    `start_child` is called at once and whenever a child had to be ended. `phase_limits_s`: by
    engine, how long a phase may last without a step. `forget_files`: see `Withdrawals`. `clock`:
    Unix seconds. All methods belong to
    the thread that calls `run`.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        start_child: Callable[[], Child],
        phase_limits_s: Mapping[str, Mapping[Phase, float]],
        *,
        forget_files: Callable[[UUID, int], None] = lambda twin, epoch: None,
        limits: WorkerLimits | None = None,
        clock: Callable[[], float] = time.time,
        new_claim_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._name = name
        self._start_child = start_child
        self._phase_limits_s = phase_limits_s
        self._limits = limits or WorkerLimits()
        self._clock = clock
        self._new_claim_id = new_claim_id
        self._publisher = transport.publisher(f"/suite/worker/{name}")
        # Before any claim: a grant that is published must find this reader listening.
        self._grants = transport.broadcast([GRANTS], From.END)
        self._control = transport.broadcast([CONTROL], From.START)
        self._jobs = Intake(
            name,
            transport,
            self._publisher,
            self,
            poll_interval_s=self._limits.poll_interval_s,
            clock=clock,
        )
        self._doubt = ClaimDoubt(
            name,
            self._say_claim,
            self._grants,
            silence_max_s=self._limits.silence_max_s,
            ask_again_s=self._limits.claim_again_s,
        )
        self._child = start_child()
        self._held: Claim | Attempt | Ending | None = None
        self._stopped: OrderedDict[UUID, None] = OrderedDict()
        self._withdrawals = Withdrawals(forget_files)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then drain and close.

        Raises `MemberFenced`, and `TooManyDeadLetters` once it has given back what it holds.
        """
        try:
            while not stop.is_set():
                self.step()
            self._drain()
        except TooManyDeadLetters:
            self._give_back()
            raise
        finally:
            self.close()

    def step(self) -> None:
        """One round: read what is there, wait at most `wait_s` for more, act on what is due.

        Whatever raises over the job that is held ends that job here, and not the worker.
        """
        try:
            self._turn()
        except NOT_THE_MESSAGE:
            raise
        except Exception as error:
            self._set_back(error)

    def _turn(self) -> None:
        self._read_control()
        match self._held:
            case None:
                self._jobs.poll(self._limits.wait_s)
                self._claim_next()
            case Claim():
                self._jobs.keep_partitions()
                self._read_grants(self._limits.wait_s)
                self._claim_again()
            case Attempt() as attempt:
                self._jobs.keep_partitions()
                for report in self._child.reports(self._limits.wait_s):
                    self._take_report(attempt, report)
                self._watch(attempt)
            case Ending() as ending:
                self._jobs.keep_partitions()
                self._end(ending)
            case other:
                assert_never(other)

    def close(self) -> None:
        """Leave the group and end the child. May be called twice."""
        self._child.end()
        for reader in (self._jobs, self._grants, self._control, self._publisher):
            reader.close()

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.assigned`."""

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.revoked`. A running job goes on: its claim fences, not the partition."""
        self._jobs.forget(partitions)

    def _claim_next(self) -> None:
        job = self._jobs.next_job()
        if job is not None:
            self._held = Claim(job, self._new_claim_id(), asked_s=self._clock())
            self._say_claim(job.queued, self._held.claim_id)

    def _claim_again(self) -> None:
        claim = self._held
        if not isinstance(claim, Claim):
            return
        if self._clock() - claim.asked_s >= self._limits.claim_again_s:
            claim.asked_s = self._clock()
            self._say_claim(claim.job.queued, claim.claim_id)

    def _say_claim(self, queued: JobQueued, claim_id: UUID) -> None:
        # If it is not acknowledged, it is published again when its answer stays away.
        self._published(
            RESULTS,
            JobClaimed(
                job=queued.job,
                attempt=queued.attempt,
                claim_id=claim_id,
                worker=self._name,
                kind=queued.kind,
                twin=queued.twin,
            ),
        )

    def _read_grants(self, wait_s: float) -> None:
        for delivery in self._grants.poll(wait_s):
            claim, answer = self._held, delivery.message
            if not isinstance(claim, Claim) or not isinstance(answer, JobGranted | ClaimRefused):
                continue
            if answer.worker != self._name or answer.claim_id != claim.claim_id:
                continue
            if isinstance(answer, ClaimRefused):
                _log.info("claim refused: job %s, %s", answer.job, answer.reason)
                self._finish(claim.job)
            else:
                self._begin(claim, answer)

    def _begin(self, claim: Claim, grant: JobGranted) -> None:
        now_s = self._clock()
        attempt = Attempt(claim.job, grant, phase_since_s=now_s, alive_s=now_s)
        if self._doubt.since(claim.asked_s, now_s):
            attempt.doubted_s = float("-inf")
        self._held = attempt
        if grant.job in self._stopped:
            self._fail(attempt, FailureReason.STOPPED)
            return
        _log.info("job granted: %s, attempt %d", grant.job, grant.attempt)
        if not self._child.is_alive:
            self._replace_child()
        self._withdrawals.work_begins(claim.job.queued.twin)
        self._child.send(start_of(claim.job.queued, grant))
        self._say_alive(attempt, now_s)

    def _take_report(self, attempt: Attempt, report: Report) -> None:
        grant = attempt.grant
        match report:
            case Advanced():
                attempt.phase, attempt.phase_since_s = report.phase, self._clock()
                attempt.pace.note(report)
            case Delivered():
                rendered = JobRendered(
                    job=grant.job,
                    attempt=grant.attempt,
                    claim_id=grant.claim_id,
                    outputs=report.outputs,
                    adapter=report.adapter,
                    checkpoints=report.checkpoints or UNSET,
                )
                self._end(Ending(attempt.job, rendered))
            case Broke(reason=FailureReason.STOPPED):
                self._fail(attempt, attempt.stop_reason)
            case Broke(reason=reason):
                self._fail(attempt, reason)
                if reason is FailureReason.OUT_OF_MEMORY:
                    # Fragments of a full memory stay with the process that filled it.
                    self._replace_child()
            case other:
                assert_never(other)

    def _watch(self, attempt: Attempt) -> None:
        """What is due by the clock, while the attempt still runs."""
        if self._held is not attempt:
            return
        # Read once: a stop of this process lies between two of these, wherever it took place.
        now_s = self._clock()
        if self._doubt.is_lost(attempt, now_s):
            # What the child still draws would be thrown away.
            self._ask_to_stop(attempt, FailureReason.WORKER_LOST)
        if not self._child.is_alive:
            _log.warning("child died: job %s", attempt.grant.job)
            self._break_off(attempt, FailureReason.WORKER_LOST)
        elif attempt.stop_asked_s is not None:
            if now_s - attempt.stop_asked_s >= self._limits.stop_grace_s:
                self._break_off(attempt, attempt.stop_reason)
        elif now_s - attempt.phase_since_s >= self._phase_limit_s(attempt):
            _log.warning("phase %s took too long: job %s", attempt.phase, attempt.grant.job)
            self._break_off(attempt, FailureReason.PHASE_TIMEOUT)
        elif now_s >= attempt.grant.deadline_s:
            self._break_off(attempt, FailureReason.PHASE_TIMEOUT)
        if self._held is attempt:
            if now_s - attempt.alive_s >= self._limits.alive_interval_s:
                self._say_alive(attempt, now_s)
            self._publish_progress(attempt, now_s)

    def _phase_limit_s(self, attempt: Attempt) -> float:
        limits = self._phase_limits_s.get(attempt.job.queued.engine, {})
        return limits.get(attempt.phase, PHASE_LIMIT_S)

    def _say_alive(self, attempt: Attempt, now_s: float) -> None:
        grant = attempt.grant
        attempt.alive_s = now_s
        self._published(RESULTS, JobAlive(grant.job, grant.attempt, grant.claim_id))

    def _publish_progress(self, attempt: Attempt, now_s: float) -> None:
        progressed = attempt.progress_due(now_s)
        if progressed is not None:
            # Lost progress is no loss: the next report says more.
            self._published(PROGRESS, progressed)

    def _read_control(self) -> None:
        for delivery in self._control.poll(0.0):
            if isinstance(delivery.message, ForgetTwin):
                self._withdrawals.hear(delivery.message, self._child)
            if not isinstance(delivery.message, StopJob):
                continue
            job = delivery.message.job
            self._stopped[job] = None
            if len(self._stopped) > _STOPS_REMEMBERED:
                self._stopped.popitem(last=False)
            if isinstance(self._held, Attempt) and self._held.grant.job == job:
                self._ask_to_stop(self._held, FailureReason.STOPPED)

    def _ask_to_stop(self, attempt: Attempt, reason: FailureReason) -> None:
        if attempt.stop_asked_s is None:
            attempt.stop_asked_s, attempt.stop_reason = self._clock(), reason
            self._child.send(Stop())

    def _break_off(self, attempt: Attempt, reason: FailureReason) -> None:
        """The child cannot be trusted any more: end it, and report for it."""
        self._replace_child()
        self._fail(attempt, reason)

    def _fail(self, attempt: Attempt, reason: FailureReason) -> None:
        grant = attempt.grant
        failed = JobFailed(grant.job, grant.attempt, grant.claim_id, reason)
        _log.info("job failed: %s, %s", grant.job, reason)
        self._end(Ending(attempt.job, failed))

    def _set_back(self, error: Exception) -> None:
        """The child is not to be trusted, its result cannot be said, or the claim cannot be made.

        The domain is told of a failed attempt, if that can be said; else the message is given up,
        and its job ends by its own bounds.
        """
        name = type(error).__name__
        _log.error("set back: %s", name)
        match self._held:
            case None:
                raise error
            case Attempt() as attempt:
                self._break_off(attempt, FailureReason.ENGINE_ERROR)
            case Claim() | Ending() as held:
                held.setbacks += 1
                if isinstance(held, Ending):
                    held.becomes_failure()
                if held.setbacks >= TRIES_MAX:
                    self._held = None
                    self._jobs.give_up(held.job, name)
            case other:
                assert_never(other)

    def _end(self, ending: Ending) -> None:
        """Publish how it ended, then commit. Repeated by `step` until it is acknowledged."""
        self._held = ending
        require_bounds(ending.result)
        if self._published(RESULTS, ending.result):
            # Committed last: a crash before this line repeats the message instead of losing it.
            self._finish(ending.job)

    def _finish(self, job: QueuedJob) -> None:
        self._held = None
        self._withdrawals.work_ended(job.queued.twin)
        self._jobs.finish(job)

    def _published(self, topic: Topic, message: Message) -> bool:
        """Whether it was acknowledged. If not, it may be in the log nevertheless."""
        try:
            self._publisher.publish(topic, key_of(message), message)
        except PublishFailed:
            _log.warning("not acknowledged: %s", type(message).__name__)
            return False
        return True

    def _replace_child(self) -> None:
        self._child.end()
        self._child = self._start_child()

    def _drain(self) -> None:
        """Finish what runs, if that is soon; give back what does not."""
        ends_s = self._clock() + self._limits.drain_s
        while isinstance(self._held, Attempt | Ending) and self._clock() < ends_s:
            self.step()
        self._give_back()

    def _give_back(self) -> None:
        """Let somebody else have the job, without waiting for its lease to end."""
        if isinstance(self._held, Claim):
            self._release(self._held)
        elif isinstance(self._held, Attempt):
            self._child.end()
            self._fail(self._held, FailureReason.WORKER_LOST)

    def _release(self, claim: Claim) -> None:
        """Give an unanswered claim back, so that nobody waits for its lease to end.

        The offset stays: if the claim was never granted, the next worker reads the job again.
        """
        queued = claim.job.queued
        lost = JobFailed(queued.job, queued.attempt, claim.claim_id, FailureReason.WORKER_LOST)
        self._published(RESULTS, lost)
        self._held = None
