"""Ends attempts that nobody is alive for. It judges silence and nothing else.

Which claims run it reads from the event log, who is alive it hears on the results topic. Silence is
what it would have heard: so it listens to the end before it judges, asks the topic for its own
voice back, and takes a time in which it was deaf itself for nobody's silence.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from commands.jobs.expire_attempt import ExpireAttempt, expiry_key
from commands.ports.watched_claims import WatchedClaim, WatchedClaims
from commands.studio import Studio
from domain.job import Job
from domain.kernel.refusal import Refusal
from domain.kernel.stored_form import NoKeys, StoredEventUnreadable, StoredForm
from topics.messages.fact import Fact
from topics.messages.results import JobAlive
from topics.registry import RESULTS, key_of
from topics.transport import BroadcastReader, Publication, Publisher, PublishFailed

log = structlog.get_logger()

READ_LIMIT = 2_000
WAIT_MAX_S = 0.5
WAITS_PER_LEASE = 10
DEAF_SHARES = 4
"""A turn longer than this part of the lease was no listening: nobody is judged by it."""
JUDGED_PER_TURN_MAX = 20
"""Each expiry may wait for an owner's lock, and meanwhile nobody is listened to."""
LOST_CALLS_MAX = 3
"""More calls in a row that nobody hears are no outage: a new reader may hear them."""

_ENDS = frozenset(
    kind.TOPIC
    for kind in (
        Job.AttemptOpened,
        Job.Rendered,
        Job.AttemptFailed,
        Job.Screened,
        Job.Completed,
        Job.Failed,
        Job.Cancelled,
    )
)
"""After any of these no worker runs the job. What they say besides is not read."""


class OwnVoiceLost(Exception):
    """What this watchdog publishes does not reach it. It is over: another start reads anew."""

    def __init__(self) -> None:
        super().__init__("the results topic takes what is published and hands out nothing")


class FactLog(Protocol):
    """The event log, as far as the watchdog reads it."""

    def read(self, after: int, limit: int) -> list[Fact]:
        """At most `limit` facts after a position, in order. Fewer means that was all there is."""
        ...


@dataclass
class _Running:
    """A claim, when it was last heard of, and what was published to hear whether it is silent."""

    claim: WatchedClaim
    heard_s: float
    call: UUID | None = None
    called_s: float = 0.0
    call_is_heard: bool = False
    again_s: float = float("-inf")
    """Not judged before: its expiry failed."""

    @property
    def is_unanswered(self) -> bool:
        """Whether a call is out that was not heard yet."""
        return self.call is not None and not self.call_is_heard

    def take_back_call(self) -> None:
        """It was heard of, or nobody can tell."""
        self.call, self.call_is_heard = None, False


@dataclass
class _Changes:
    """What a batch of the log has changed."""

    begun: dict[UUID, WatchedClaim] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)


class Watchdog:
    """The one active watchdog. Its caller holds the name.

    `facts` and `memory` raise where another one may have taken over. `voices` were opened before.
    """

    def __init__(
        self,
        facts: FactLog,
        memory: WatchedClaims,
        voices: BroadcastReader,
        publisher: Publisher,
        form: StoredForm,
        studio: Studio,
        *,
        lease_s: float,
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime],
        new_call_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._facts = facts
        self._memory = memory
        self._voices = voices
        self._publisher = publisher
        self._form = form
        self._studio = studio
        self._lease_s = lease_s
        self._monotonic_s = monotonic_s
        self._now = now
        self._new_call_id = new_call_id
        self._keys = NoKeys()
        self._unreadable_at: int | None = None
        self._listening_since_s = self._turned_s = monotonic_s()
        self._lost_calls = 0
        self._has_caught_up = False
        self._position, claims = memory.load()
        self._running = {claim.job_id: _Running(claim, self._listening_since_s) for claim in claims}

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set: looked at every turn, also while a long log is read.

        Raises `OwnVoiceLost`.
        """
        while not stop.is_set():
            self.turn(min(WAIT_MAX_S, self._lease_s / WAITS_PER_LEASE))

    def turn(self, wait_s: float) -> None:
        """Read on, listen to the end, and judge. Waits at most `wait_s` for the first voice."""
        is_at_end = self._read_on()
        self._listen(wait_s if is_at_end else 0.0)
        turned_s, now_s = self._turned_s, self._monotonic_s()
        # Counted from the last turn's judgement on: that took its time, too.
        self._turned_s = now_s
        if now_s - turned_s > self._lease_s / DEAF_SHARES:
            self._was_deaf("a turn took too long", now_s)
        elif not is_at_end and not self._has_caught_up:
            # Whoever spoke so far may have been nobody we knew.
            self._listening_since_s = now_s
        elif is_at_end:
            self._has_caught_up = True
            self._judge(now_s)

    def _read_on(self) -> bool:
        """Read one batch of the log and remember it. Answers whether that was all there is."""
        facts = self._facts.read(self._position, READ_LIMIT)
        if facts:
            changes = _Changes()
            for fact in facts:
                self._note(fact, changes)
            self._position = facts[-1].position
            settled = self._position
            if self._unreadable_at is not None:
                # Read again by a release that can read it; what lies behind it may be folded twice.
                settled = min(settled, self._unreadable_at - 1)
            self._memory.save(settled, changes.begun.values(), changes.ended)
        return len(facts) < READ_LIMIT

    def _note(self, fact: Fact, changes: _Changes) -> None:
        job_id = fact.originator_id
        if fact.event_type == Job.Started.TOPIC:
            claim = self._claim_in(fact)
            if claim is not None:
                changes.begun[job_id] = claim
                changes.ended.discard(job_id)
                self._running[job_id] = _Running(claim, self._monotonic_s())
        elif fact.event_type in _ENDS:
            changes.begun.pop(job_id, None)
            changes.ended.add(job_id)
            self._running.pop(job_id, None)

    def _claim_in(self, fact: Fact) -> WatchedClaim | None:
        try:
            started = self._form.decode(
                fact.event_type,
                fact.originator_id,
                fact.originator_version,
                fact.data,
                self._keys,
            )
        except StoredEventUnreadable as error:
            log.error("event unreadable", position=fact.position, reason=str(error))
            self._unreadable_at = self._unreadable_at or fact.position
            return None
        assert isinstance(started, Job.Started)
        return WatchedClaim(
            fact.originator_id, fact.owner_id, started.attempt, started.claim_id, started.deadline
        )

    def _listen(self, wait_s: float) -> None:
        """Hear what was said until nothing more comes, or the turn has taken long enough."""
        ends_s = self._monotonic_s() + self._lease_s / WAITS_PER_LEASE
        while heard := self._voices.poll(wait_s):
            for delivery in heard:
                if isinstance(delivery.message, JobAlive):
                    self._hear(delivery.message)
            if self._monotonic_s() >= ends_s:
                return
            wait_s = 0.0

    def _hear(self, voice: JobAlive) -> None:
        running = self._running.get(voice.job)
        if running is None:
            return
        if voice.claim_id == running.claim.claim_id:
            running.heard_s = self._monotonic_s()
            running.take_back_call()
        elif voice.claim_id == running.call:
            running.call_is_heard = True
            self._lost_calls = 0

    def _judge(self, now_s: float) -> None:
        if now_s - self._listening_since_s < self._lease_s:
            return
        lost_s = now_s - self._lease_s / DEAF_SHARES
        if any(one.is_unanswered and one.called_s <= lost_s for one in self._running.values()):
            self._lost_calls += 1
            if self._lost_calls > LOST_CALLS_MAX:
                raise OwnVoiceLost()
            self._was_deaf("our own voice does not come back", now_s)
            return
        silent_since_s, now = now_s - self._lease_s, self._now()
        waiting = [one for one in self._running.values() if one.again_s <= now_s]
        silent = [one for one in waiting if one.heard_s <= silent_since_s]
        self._call([one for one in silent if one.call is None][:JUDGED_PER_TURN_MAX], now_s)
        due = [
            one
            for one in waiting
            if one.claim.deadline <= now or (one.heard_s <= silent_since_s and one.call_is_heard)
        ]
        for running in due[:JUDGED_PER_TURN_MAX]:
            self._expire(running)

    def _call(self, silent: Collection[_Running], now_s: float) -> None:
        """Publish a voice of our own behind all that each of these may have said.

        It is keyed as theirs are, so that it lies in the same partition; nobody else knows its
        claim. Heard, it proves that all before it was heard.
        """
        if not silent:
            return
        calls: list[Publication] = []
        for one in silent:
            one.call, one.called_s, one.call_is_heard = self._new_call_id(), now_s, False
            voice = JobAlive(one.claim.job_id, one.claim.attempt, one.call)
            calls.append(Publication(RESULTS, key_of(voice), voice))
        try:
            self._publisher.publish_all(calls)
        except PublishFailed:
            self._was_deaf("the topics are out of reach", now_s)

    def _was_deaf(self, why: str, now_s: float) -> None:
        """Nobody is judged before one whole lease of listening has passed."""
        if self._running:
            log.warning("not listening", reason=why)
        self._listening_since_s = now_s
        for running in self._running.values():
            running.take_back_call()

    def _expire(self, running: _Running) -> None:
        claim = running.claim
        command = ExpireAttempt(claim.job_id, claim.attempt, claim.claim_id)
        try:
            self._studio.execute(command, owner_id=claim.owner_id, key=expiry_key(claim.claim_id))
        except Refusal as refusal:
            # Its result arrived in the meantime; the log will say so.
            log.info("attempt not expired", job=str(claim.job_id), code=refusal.code)
        except Exception as error:
            # One owner's trouble is not the others': tried again when another lease has passed.
            log.warning("expiry failed", job=str(claim.job_id), error=type(error).__name__)
            running.again_s = self._monotonic_s() + self._lease_s
            return
        else:
            log.warning("attempt expired", job=str(claim.job_id), attempt=claim.attempt)
        self._running.pop(claim.job_id, None)
