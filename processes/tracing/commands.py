"""A span for each command that is about a job, or belongs to a mutation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from opentelemetry.trace import StatusCode

from domain.kernel.refusal import Refusal
from processes.tracing.tracing import Tracing


class CommandSpans:
    """Observes commands. Of what they raise, a refusal's code is kept, else the class."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    @contextmanager
    def command(self, name: str, command: Any, *, owner_id: UUID, key: UUID) -> Iterator[None]:
        """See `CommandObserver.command`."""
        subject = getattr(command, "job_id", None) or getattr(command, "submission_id", None)
        with self._tracing.span(f"command {name}", subject, {"suite.command": name}) as span:
            try:
                yield
            except Refusal as refusal:
                if span is not None:
                    span.set_attribute("suite.refusal", refusal.code)
                raise
            except Exception as error:
                if span is not None:
                    span.set_attribute("error.type", type(error).__name__)
                    span.set_status(StatusCode.ERROR)
                raise
