"""How far each running job is: the latest word of the progress topic, kept in memory."""

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from msgspec import UNSET

from topics.messages.progress import JobProgressed, Phase
from topics.transport import BroadcastReader

log = structlog.get_logger()

JOBS_MAX = 1_000
"""Each may hold a preview of 16 KiB, and a training one a checkpoint. A job whose word was dropped
says more within the second."""

AGE_MAX_S = 15 * 60
"""A running job is heard of every few seconds: what is older has ended."""

POLL_S = 0.5
RETRY_DELAY_S = 1.0


@dataclass(frozen=True)
class _Heard:
    word: JobProgressed
    at_s: float
    first_step: JobProgressed | None
    last_step: JobProgressed | None
    samples: Mapping[int, JobProgressed]


@dataclass(frozen=True)
class HowFar:
    """The latest word on a job. `left_s`: what its steps will still take after that word, at the
    pace of those made; None until two of them were heard of. `samples`: by its step, the first word
    that showed what each checkpoint of a training drew."""

    word: JobProgressed
    left_s: float | None
    samples: Mapping[int, JobProgressed] = field(default_factory=dict)


class ProgressBoard:
    """Reads the whole progress topic from its retained start, so that a new node knows it too."""

    def __init__(
        self, wake: Callable[[UUID], None], monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._wake = wake
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._latest: OrderedDict[UUID, _Heard] = OrderedDict()
        self._of_owner: defaultdict[UUID, dict[UUID, JobProgressed]] = defaultdict(dict)

    def of_job(self, job_id: UUID, attempt: int) -> HowFar | None:
        """The latest word on this attempt of a job."""
        with self._lock:
            heard = self._latest.get(job_id)
        if heard is None or heard.word.attempt != attempt:
            return None
        return HowFar(heard.word, _left_s(heard), heard.samples)

    def of_owner(self, owner_id: UUID) -> list[JobProgressed]:
        """The latest word on each job of an owner."""
        with self._lock:
            return list(self._of_owner.get(owner_id, {}).values())

    def run(self, reader: BroadcastReader, stop: threading.Event) -> None:
        """Read until `stop` is set. For a thread of its own."""
        while not stop.is_set():
            try:
                deliveries = reader.poll(POLL_S)
            except Exception as error:
                # Whichever transport runs may be away for a while. Progress can wait for it.
                log.warning("progress reader failed", error=type(error).__name__)
                stop.wait(RETRY_DELAY_S)
                continue
            for delivery in deliveries:
                if isinstance(delivery.message, JobProgressed):
                    self.note(delivery.message)

    def note(self, progressed: JobProgressed) -> None:
        """Take over a word unless a later one is known."""
        with self._lock:
            known = self._latest.get(progressed.job)
            if known is not None and _order(known.word) > _order(progressed):
                return
            now_s = self._monotonic_s()
            self._latest[progressed.job] = _heard(progressed, now_s, known)
            self._latest.move_to_end(progressed.job)
            self._of_owner[progressed.owner][progressed.job] = progressed
            self._forget(before_s=now_s - AGE_MAX_S)
        self._wake(progressed.owner)

    def _forget(self, before_s: float) -> None:
        """Drop what is too old, and the oldest of what is too much."""
        while self._latest:
            oldest = next(iter(self._latest.values()))
            if len(self._latest) <= JOBS_MAX and oldest.at_s >= before_s:
                return
            self._latest.popitem(last=False)
            of_owner = self._of_owner[oldest.word.owner]
            del of_owner[oldest.word.job]
            if not of_owner:
                del self._of_owner[oldest.word.owner]


def _heard(word: JobProgressed, now_s: float, known: _Heard | None) -> _Heard:
    """A word beside the first and the last one on the steps of its attempt."""
    of_before = known is not None and known.word.attempt == word.attempt
    first = known.first_step if known is not None and of_before else None
    last = known.last_step if known is not None and of_before else None
    if word.phase is Phase.STEP:
        first, last = first or word, word
    samples = dict(known.samples) if known is not None and of_before else {}
    passed = () if word.checkpoints is UNSET else word.checkpoints
    if passed and word.preview_png is not None:
        samples.setdefault(passed[-1].step, word)
    return _Heard(word, now_s, first, last, samples)


def _left_s(heard: _Heard) -> float | None:
    first, last = heard.first_step, heard.last_step
    if first is None or last is None or last.step <= first.step:
        return None
    step_s = (last.at_s - first.at_s) / (last.step - first.step)
    # What is told beside it may be a later word, which itself took time.
    return max(0.0, (last.steps_total - last.step) * step_s - (heard.word.at_s - last.at_s))


def _order(word: JobProgressed) -> tuple[int, float]:
    return word.attempt, word.at_s
