"""Who claims jobs, keeps the claims alive, and reports how they ended. It never works itself.

The parent must poll every second whatever happens, or its partitions go to another worker. So the
work is done by a child process, and this loop only passes messages: jobs to claims, grants to the
child, the child's reports to results, and stop requests to the child.

Jobs that are drawn together are claimed, granted, kept alive, stopped and reported one by one: they
have nothing in common but the child's time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar, assert_never
from uuid import UUID, uuid4

from msgspec import UNSET

from gpu_consumers.worker.assignments import Delivered
from gpu_consumers.worker.backlog import BatchRoom
from gpu_consumers.worker.child_process import Child
from gpu_consumers.worker.claim_doubt import ClaimDoubt
from gpu_consumers.worker.intake import Intake
from gpu_consumers.worker.running_job import Attempt, Claim, Ending, Held
from gpu_consumers.worker.withdrawals import Withdrawals
from gpu_consumers.worker.worker_voice import WorkerVoice
from gpu_consumers.worker.workplace import Left, Repeat, Workplace
from topics.consume import NOT_THE_MESSAGE, TRIES_MAX, TooManyDeadLetters
from topics.messages.control import ForgetTwin, MoveJob, StopJob
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, JobRendered
from topics.registry import CONTROL, GRANTS
from topics.transport import From, TopicPartition, Transport

_STOPS_REMEMBERED: Final = 4096

_log = logging.getLogger(__name__)
_One = TypeVar("_One", Claim, Attempt, Ending)


@dataclass(frozen=True)
class WorkerLimits:
    """How long the worker waits for what, in seconds.

    `claim_again_s`: a claim without an answer is published again, with the same id.
    `company_s`: how long a granted job waits for the answers of those it was claimed with.
    `grant_fresh_s`: a grant that waited longer is asked for anew: its URLs are about to expire.
    `stop_grace_s`: a child that was told to stop and has not is killed.
    `drain_s`: how long a running job may go on once the worker is told to end.
    `silence_max_s`: a worker that stood still for so long asks whether its claim still holds.
    """

    wait_s: float = 0.25
    poll_interval_s: float = 1.0
    alive_interval_s: float = 5.0
    claim_again_s: float = 5.0
    company_s: float = 0.5
    grant_fresh_s: float = 60.0
    stop_grace_s: float = 10.0
    drain_s: float = 20.0
    silence_max_s: float = 15.0


class Worker:
    """One worker, of one GPU or CPU. `name` is its own: no other running worker may have it.

    `start_child` is called at once and whenever a child had to be ended. `phase_limits_s`: by
    engine, how long a phase may last without a step. `rooms`: by engine, how much is drawn at once;
    of any other, one job. `forget_files`: see `Withdrawals`. `clock`: Unix seconds. All methods
    belong to the thread that calls `run`.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        start_child: Callable[[], Child],
        phase_limits_s: Mapping[str, Mapping[Phase, float]],
        *,
        rooms: Mapping[str, BatchRoom] = MappingProxyType({}),
        forget_files: Callable[[UUID, int], None] = lambda twin, epoch: None,
        limits: WorkerLimits | None = None,
        clock: Callable[[], float] = time.time,
        new_claim_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._name = name
        self._limits = limits or WorkerLimits()
        self._clock = clock
        self._new_claim_id = new_claim_id
        self._publisher = transport.publisher(f"/suite/worker/{name}")
        self._voice = WorkerVoice(name, self._publisher)
        # Before any claim: a grant that is published must find this reader listening.
        self._grants = transport.broadcast([GRANTS], From.END)
        self._control = transport.broadcast([CONTROL], From.START)
        self._jobs = Intake(
            name,
            transport,
            self._publisher,
            self,
            rooms=rooms,
            poll_interval_s=self._limits.poll_interval_s,
            clock=clock,
        )
        self._doubt = ClaimDoubt(
            self._voice.claims,
            silence_max_s=self._limits.silence_max_s,
            ask_again_s=self._limits.claim_again_s,
        )
        self._place = Workplace(
            start_child, phase_limits_s, stop_grace_s=self._limits.stop_grace_s, clock=clock
        )
        # All of one batch: nothing is taken up before the last of them is over.
        self._held: list[Held] = []
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

        Whatever raises over a job that is held ends that job here, and neither the worker nor what
        is drawn beside it.
        """
        self._read_control()
        if not self._held:
            self._jobs.poll(self._limits.wait_s)
            self._claim_next()
            return
        self._jobs.keep_partitions()
        self._read_grants(self._limits.wait_s if self._only_claims else 0.0)
        self._with_each(Claim, self._claim_again)
        self._at_place(self._start_waiting)
        self._at_place(self._listen)
        # Read once: a stop of this process lies between two of these, wherever it took place.
        now_s = self._clock()
        self._with_each(Attempt, lambda attempt: self._watch(attempt, now_s))
        self._leave(self._place.look(now_s))
        self._with_each(Attempt, lambda attempt: self._keep_alive(attempt, now_s))
        self._with_each(Ending, self._end)

    def close(self) -> None:
        """Leave the group and end the child. May be called twice."""
        self._place.close()
        for reader in (self._jobs, self._grants, self._control, self._publisher):
            reader.close()

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.assigned`."""

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.revoked`. A running job goes on: its claim fences, not the partition."""
        self._jobs.forget(partitions)

    def _claim_next(self) -> None:
        now_s = self._clock()
        for job in self._jobs.next_jobs():
            self._held.append(Claim(job, self._new_claim_id(), asked_s=now_s))
        self._with_each(Claim, lambda claim: self._voice.claims(claim.job.queued, claim.claim_id))

    def _claim_again(self, claim: Claim) -> None:
        if self._clock() - claim.asked_s >= self._limits.claim_again_s:
            claim.asked_s = self._clock()
            self._voice.claims(claim.job.queued, claim.claim_id)

    def _read_grants(self, wait_s: float) -> None:
        for delivery in self._grants.poll(wait_s):
            answer = delivery.message
            if isinstance(answer, JobGranted | ClaimRefused) and answer.worker == self._name:
                self._take_answer(answer)

    def _take_answer(self, answer: JobGranted | ClaimRefused) -> None:
        for one in self._held:
            match one:
                case Claim() if one.claim_id == answer.claim_id:
                    if isinstance(answer, JobGranted):
                        self._begin(one, answer)
                    else:
                        self._drop(one, answer)
                    return
                case Attempt() if one.grant.claim_id == answer.claim_id:
                    if self._doubt.is_lost(one, answer):
                        # What the child still draws would be thrown away.
                        self._ask_to_stop(one, FailureReason.WORKER_LOST)
                    return
                case _:
                    pass

    def _drop(self, claim: Claim, refused: ClaimRefused) -> None:
        _log.info("claim refused: job %s, %s", refused.job, refused.reason)
        if claim.was_granted:
            # Said although nobody waits for it: a late failure has what was uploaded deleted.
            self._becomes(claim, Ending(claim.job, claim.lost()))
        else:
            self._finish(claim)

    def _begin(self, claim: Claim, grant: JobGranted) -> None:
        now_s = self._clock()
        attempt = Attempt(claim.job, grant, granted_s=now_s, alive_s=now_s, alone=claim.was_granted)
        if self._doubt.since(claim.asked_s, now_s):
            attempt.doubted_s = float("-inf")
        self._becomes(claim, attempt)
        if grant.job in self._stopped:
            self._fail(attempt, FailureReason.STOPPED)
            return
        _log.info("job granted: %s, attempt %d", grant.job, grant.attempt)
        self._withdrawals.work_begins(claim.job.queued.twin)
        self._with(attempt, lambda one: self._voice.is_alive(one, now_s))

    def _start_waiting(self) -> None:
        """Give the child what is granted, once it is free: nobody waits long for company."""
        waiting = self._are(Attempt)
        if not waiting or self._place.attempts:
            return
        first, now_s = waiting[0], self._clock()
        if self._are(Claim) and now_s - first.granted_s < self._limits.company_s:
            return
        if now_s - first.granted_s >= self._limits.grant_fresh_s:
            again = Claim(first.job, first.grant.claim_id, asked_s=now_s, was_granted=True)
            self._becomes(first, again)
            self._with(again, lambda one: self._voice.claims(one.job.queued, one.claim_id))
            return
        self._place.begin([first, *(one for one in waiting[1:] if one.may_join(first))])

    def _listen(self) -> None:
        if self._place.attempts:
            self._leave(self._place.listen(self._limits.wait_s))

    def _at_place(self, act: Callable[[], None]) -> None:
        """What raises there is the child's: whoever it was at is set back, and nobody else."""
        try:
            act()
        except NOT_THE_MESSAGE:
            raise
        except Exception as error:
            _log.error("set back: %s", type(error).__name__)
            self._leave(self._place.break_off(FailureReason.ENGINE_ERROR))

    def _leave(self, left: Sequence[Left]) -> None:
        for attempt, outcome in left:
            match outcome:
                case Delivered():
                    rendered = JobRendered(
                        job=attempt.grant.job,
                        attempt=attempt.grant.attempt,
                        claim_id=attempt.grant.claim_id,
                        outputs=outcome.outputs,
                        adapter=outcome.adapter,
                        checkpoints=outcome.checkpoints or UNSET,
                    )
                    self._becomes(attempt, Ending(attempt.job, rendered))
                case Repeat.ALONE:
                    _log.warning("to be repeated alone: job %s", attempt.grant.job)
                    attempt.alone = True
                case FailureReason() as reason:
                    self._fail(attempt, reason)
                case other:
                    assert_never(other)

    def _watch(self, attempt: Attempt, now_s: float) -> None:
        """Whether the claim still holds, wherever a stop of this process took place."""
        if self._doubt.since(attempt.alive_s, now_s):
            self._place.excuse(now_s)
        self._doubt.look(attempt, now_s)

    def _keep_alive(self, attempt: Attempt, now_s: float) -> None:
        if now_s - attempt.alive_s >= self._limits.alive_interval_s:
            self._voice.is_alive(attempt, now_s)
        self._voice.progresses(attempt, now_s)

    def _read_control(self) -> None:
        for delivery in self._control.poll(0.0):
            if isinstance(delivery.message, ForgetTwin):
                self._withdrawals.hear(delivery.message, self._place.forget)
            if isinstance(delivery.message, MoveJob):
                self._jobs.move(delivery.message)
            if not isinstance(delivery.message, StopJob):
                continue
            job = delivery.message.job
            self._stopped[job] = None
            if len(self._stopped) > _STOPS_REMEMBERED:
                self._stopped.popitem(last=False)
            for attempt in self._are(Attempt):
                if attempt.grant.job == job:
                    self._ask_to_stop(attempt, FailureReason.STOPPED)

    def _ask_to_stop(self, attempt: Attempt, reason: FailureReason) -> None:
        if attempt in self._place.attempts:
            self._place.stop(attempt, reason)
        else:
            self._fail(attempt, reason)

    def _fail(self, attempt: Attempt, reason: FailureReason) -> None:
        _log.info("job failed: %s, %s", attempt.grant.job, reason)
        self._becomes(attempt, Ending(attempt.job, attempt.failed(reason)))

    def _set_back(self, one: Held, error: Exception) -> None:
        """Something cannot be said of this one: its claim, that it is alive, or its result.

        The domain is told of a failed attempt, if that can be said; else the message is given up,
        and its job ends by its own bounds.
        """
        name = type(error).__name__
        _log.error("set back: %s", name)
        match one:
            case Attempt():
                if one in self._place.attempts:
                    self._leave(self._place.break_off(FailureReason.ENGINE_ERROR))
                if one in self._held:
                    self._fail(one, FailureReason.ENGINE_ERROR)
            case Claim() | Ending():
                one.setbacks += 1
                if isinstance(one, Ending):
                    one.becomes_failure()
                if one.setbacks >= TRIES_MAX:
                    self._held.remove(one)
                    self._jobs.give_up(one.job, name)
            case other:
                assert_never(other)

    def _end(self, ending: Ending) -> None:
        """Publish how it ended, then commit. Repeated by `step` until it is acknowledged."""
        if self._voice.ends(ending.result):
            # Committed last: a crash before this line repeats the message instead of losing it.
            self._finish(ending)

    def _finish(self, one: Claim | Ending) -> None:
        self._held.remove(one)
        self._withdrawals.work_ended(one.job.queued.twin)
        self._jobs.finish(one.job)

    def _becomes(self, one: Held, next_one: Held) -> None:
        self._held[self._held.index(one)] = next_one

    @property
    def _only_claims(self) -> bool:
        return len(self._are(Claim)) == len(self._held)

    def _are(self, kind: type[_One]) -> list[_One]:
        return [one for one in self._held if isinstance(one, kind)]

    def _with_each(self, kind: type[_One], act: Callable[[_One], None]) -> None:
        for one in self._are(kind):
            self._with(one, act)

    def _with(self, one: _One, act: Callable[[_One], None]) -> None:
        try:
            act(one)
        except NOT_THE_MESSAGE:
            raise
        except Exception as error:
            self._set_back(one, error)

    def _drain(self) -> None:
        """Finish what runs, if that is soon; give back what does not."""
        ends_s = self._clock() + self._limits.drain_s
        while not self._only_claims and self._clock() < ends_s:
            self.step()
        self._give_back()

    def _give_back(self) -> None:
        """Let somebody else have the jobs, without waiting for their leases to end."""
        self._place.close()
        for attempt in self._are(Attempt):
            self._fail(attempt, FailureReason.WORKER_LOST)
        self._with_each(Ending, self._end)
        for claim in self._are(Claim):
            # The offset stays: what was never granted, the next worker reads again.
            self._voice.ends(claim.lost())
        self._held.clear()
