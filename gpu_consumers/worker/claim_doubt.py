"""Whether the claim of a running attempt still holds, for a parent that stood still meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from gpu_consumers.worker.running_job import Attempt
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.transport import BroadcastReader

_log = logging.getLogger(__name__)


class ClaimDoubt:
    """Asks about a claim by claiming again: one that holds gets its grant anew, another is refused.

    `ask` publishes the claim of a queued job. A parent that has said nothing about an attempt
    for `silence_max_s` doubts it, and asks every `ask_again_s` until there is an answer.
    """

    def __init__(
        self,
        worker: str,
        ask: Callable[[JobQueued, UUID], None],
        grants: BroadcastReader,
        *,
        silence_max_s: float,
        ask_again_s: float,
    ) -> None:
        self._worker = worker
        self._ask = ask
        self._grants = grants
        self._silence_max_s = silence_max_s
        self._ask_again_s = ask_again_s

    def since(self, said_s: float, now_s: float) -> bool:
        """Whether what was last said then leaves a doubt now."""
        return now_s - said_s >= self._silence_max_s

    def is_lost(self, attempt: Attempt, now_s: float) -> bool:
        """Look once. True where the claim is known to be somebody else's, or nobody's."""
        if self.since(attempt.alive_s, now_s):
            attempt.doubted_s = float("-inf")
            # The time in which nobody here looked is not the child's.
            attempt.phase_since_s = now_s
        if attempt.doubted_s is None:
            return False
        if now_s - attempt.doubted_s >= self._ask_again_s:
            attempt.doubted_s = now_s
            self._ask(attempt.job.queued, attempt.grant.claim_id)
        for delivery in self._grants.poll(0.0):
            answer = delivery.message
            if isinstance(answer, JobGranted | ClaimRefused) and (
                (answer.worker, answer.claim_id) == (self._worker, attempt.grant.claim_id)
            ):
                attempt.doubted_s = None
                if isinstance(answer, ClaimRefused):
                    _log.warning("claim lost: job %s, %s", answer.job, answer.reason)
                    return True
        return False
