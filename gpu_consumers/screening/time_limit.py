"""Answers within a time limit, from models that may raise anything, or never answer."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final, TypeVar

ANALYSIS_LIMIT_S: Final = 30.0

_Answer = TypeVar("_Answer")


class NotAnalysed(Exception):
    """There is no answer: no model, an error, or none in time. This always denies."""


class TimeLimit:
    """Asks one question at a time, on a thread of its own, for `limit_s` seconds at most."""

    def __init__(self, name: str, limit_s: float) -> None:
        self._name = name
        self._limit_s = limit_s
        self._executor: ThreadPoolExecutor | None = None

    def ask(self, question: Callable[[], _Answer]) -> _Answer:
        """The answer. Raises NotAnalysed, and nothing else."""
        executor = self._executor or ThreadPoolExecutor(1, self._name)
        self._executor = executor
        asked: Future[_Answer] = executor.submit(question)
        try:
            return asked.result(self._limit_s)
        except FutureTimeout as late:
            # The stuck thread keeps its executor; the next picture gets another one.
            executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
            raise NotAnalysed("no answer in time") from late
        except Exception as failed:
            raise NotAnalysed(type(failed).__name__) from failed
