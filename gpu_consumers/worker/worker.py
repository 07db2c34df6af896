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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never
from uuid import UUID, uuid4

from gpu_consumers.worker.assignments import Advanced, Broke, Delivered, Report, Start, Stop
from gpu_consumers.worker.backlog import Backlog, QueuedJob
from gpu_consumers.worker.child_process import Child
from gpu_consumers.worker.claim_doubt import ClaimDoubt
from gpu_consumers.worker.offsets import Offsets
from gpu_consumers.worker.running_job import Attempt, Claim, Ending
from topics.consume import DeadLetterBox, TooManyDeadLetters
from topics.messages.control import StopJob
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import JobProgressed, Phase
from topics.messages.results import FailureReason, JobAlive, JobClaimed, JobFailed, JobRendered
from topics.messages.work import WorkKind
from topics.registry import (
    CONTROL,
    GRANTS,
    JOBS,
    PROGRESS,
    RESULTS,
    Message,
    Topic,
    key_of,
)
from topics.transport import (
    AssignmentLost,
    Delivery,
    From,
    PublishFailed,
    TopicPartition,
    Transport,
)

GROUP: Final = "workers"
KINDS: Final = (WorkKind.TRAINING, WorkKind.IMAGE)
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
    engine, how long a phase may last without a step. `clock`: Unix seconds. All methods belong to
    the thread that calls `run`.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        start_child: Callable[[], Child],
        phase_limits_s: Mapping[str, Mapping[Phase, float]],
        *,
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
        self._jobs = transport.consumer(
            GROUP, [JOBS[kind] for kind in KINDS], member_id=name, rebalancing=self
        )
        self._doubt = ClaimDoubt(
            name,
            self._say_claim,
            self._grants,
            silence_max_s=self._limits.silence_max_s,
            ask_again_s=self._limits.claim_again_s,
        )
        self._child = start_child()
        self._dead_letters = DeadLetterBox(self._publisher, GROUP)
        self._backlog = Backlog()
        self._offsets = Offsets()
        self._held: Claim | Attempt | Ending | None = None
        self._stopped: OrderedDict[UUID, None] = OrderedDict()
        self._polled_s = float("-inf")

    @property
    def is_idle(self) -> bool:
        """Whether no job is claimed, running or waiting to be reported."""
        return self._held is None

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
        """One round: read what is there, wait at most `wait_s` for more, act on what is due."""
        self._read_control()
        match self._held:
            case None:
                self._poll_jobs(self._limits.wait_s)
                self._claim_next()
            case Claim():
                self._keep_polling()
                self._read_grants(self._limits.wait_s)
                self._claim_again()
            case Attempt() as attempt:
                self._keep_polling()
                for report in self._child.reports(self._limits.wait_s):
                    self._take_report(attempt, report)
                self._watch(attempt)
            case Ending() as ending:
                self._keep_polling()
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
        self._commit()
        self.lost(partitions)

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.lost`."""
        self._backlog.forget(partitions)
        self._offsets.forget(partitions)

    def _poll_jobs(self, wait_s: float) -> None:
        """Take what is there, up to the room in the backlog, and wait only if nothing waits."""
        self._jobs.resume(self._jobs.assignment)
        is_empty = self._backlog.is_empty
        room = self._backlog.room
        if room:
            self._polled_s = self._clock()
            self._take(self._jobs.poll(wait_s if is_empty else 0.0, room))

    def _keep_polling(self) -> None:
        """Poll with everything paused, once a second: that is what keeps the partitions."""
        now_s = self._clock()
        if now_s - self._polled_s < self._limits.poll_interval_s:
            return
        self._polled_s = now_s
        self._jobs.pause(self._jobs.assignment)
        # What a rebalancing has just brought is not paused yet, and comes into the backlog.
        self._take(self._jobs.poll(0.0, max(self._backlog.room, 1)))

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        """Jobs come into the backlog, and what is none is done with.

        Raises `TooManyDeadLetters`: what could not be read of these is never committed then.
        """
        for one in deliveries:
            self._offsets.taken(one.at, one.offset)
        done = [one for one in deliveries if self._is_done_with(one)]
        for one in done:
            self._offsets.finished(one.at, one.offset)
        if done:
            self._commit()

    def _is_done_with(self, delivery: Delivery) -> bool:
        try:
            readable = self._dead_letters.sort([delivery])
        except PublishFailed:
            # Not finished: it is read again after a restart, and put aside then.
            _log.warning("not acknowledged: DeadLetter")
            return False
        for one in readable:
            if isinstance(one.message, JobQueued) and one.message.kind in KINDS:
                self._backlog.add(QueuedJob(one.at, one.offset, one.message))
                return False
        return True

    def _claim_next(self) -> None:
        job = self._backlog.take()
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
        self._child.send(Start(grant.job, grant.attempt, grant.work))
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
        advanced = attempt.pace.due(now_s)
        if advanced is None:
            return
        progressed = JobProgressed(
            job=attempt.grant.job,
            attempt=attempt.grant.attempt,
            owner=attempt.grant.owner,
            phase=advanced.phase,
            step=advanced.step,
            steps_total=advanced.steps_total,
            at_s=now_s,
            preview_png=advanced.preview_png,
        )
        # Lost progress is no loss: the next report says more.
        self._published(PROGRESS, progressed)

    def _read_control(self) -> None:
        for delivery in self._control.poll(0.0):
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

    def _end(self, ending: Ending) -> None:
        """Publish how it ended, then commit. Repeated by `step` until it is acknowledged."""
        self._held = ending
        if self._published(RESULTS, ending.result):
            # Committed last: a crash before this line repeats the message instead of losing it.
            self._finish(ending.job)

    def _finish(self, job: QueuedJob) -> None:
        self._held = None
        self._offsets.finished(job.at, job.offset)
        self._commit()

    def _commit(self) -> None:
        held = self._jobs.assignment
        offsets = {at: offset for at, offset in self._offsets.to_commit().items() if at in held}
        if not offsets:
            return
        try:
            self._jobs.commit(offsets)
            self._offsets.committed(offsets)
        except AssignmentLost as error:
            # Somebody else reads these again, claims what we did, and is refused.
            self._offsets.forget(error.partitions)

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
