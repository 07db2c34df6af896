"""Whether the claim of a granted attempt still holds, for a parent that stood still meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from gpu_consumers.worker.running_job import Attempt
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued

_log = logging.getLogger(__name__)


class ClaimDoubt:
    """Asks about a claim by claiming again: one that holds gets its grant anew, another is refused.

    `ask` publishes the claim of a queued job. A parent that has said nothing about an attempt
    for `silence_max_s` doubts it, and asks every `ask_again_s` until there is an answer.
    """

    def __init__(
        self,
        ask: Callable[[JobQueued, UUID], None],
        *,
        silence_max_s: float,
        ask_again_s: float,
    ) -> None:
        self._ask = ask
        self._silence_max_s = silence_max_s
        self._ask_again_s = ask_again_s

    def since(self, said_s: float, now_s: float) -> bool:
        """Whether what was last said then leaves a doubt now."""
        return now_s - said_s >= self._silence_max_s

    def look(self, attempt: Attempt, now_s: float) -> None:
        """Begin to doubt where there is reason to, and ask where it is time to."""
        if self.since(attempt.alive_s, now_s):
            attempt.doubted_s = float("-inf")
        if attempt.doubted_s is not None and now_s - attempt.doubted_s >= self._ask_again_s:
            attempt.doubted_s = now_s
            self._ask(attempt.job.queued, attempt.grant.claim_id)

    def is_lost(self, attempt: Attempt, answer: JobGranted | ClaimRefused) -> bool:
        """Take the answer about an attempt's claim. True where it is somebody else's, or nobody's.

        An answer that nobody asked for says nothing.
        """
        if attempt.doubted_s is None:
            return False
        attempt.doubted_s = None
        if isinstance(answer, JobGranted):
            return False
        _log.warning("claim lost: job %s, %s", answer.job, answer.reason)
        return True
