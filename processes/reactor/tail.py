"""Follows the event log: writes the intents of what it reads, and how far it read, as one."""

import threading
from collections.abc import Sequence
from typing import Protocol

from commands.ports.clock import Clock
from commands.ports.intents import IntentTail
from domain.kernel.stored_form import StoredForm
from processes.reactor.answers import asked_by
from processes.reactor.executor import Wake
from topics.messages.fact import Fact

BATCH_MAX = 200
WAIT_S = 1.0


class FollowedLog(Protocol):
    """The event log, for whoever follows along."""

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """At most `limit` facts after a position, in order."""
        ...

    def wait(self, after: int, timeout_s: float) -> int:
        """Block until there is an event after a position, or the time is up."""
        ...


class Tail:
    """The one active reader of the reactor's name. Carries nothing out."""

    def __init__(
        self, events: FollowedLog, intents: IntentTail, form: StoredForm, clock: Clock, wake: Wake
    ) -> None:
        self._events = events
        self._intents = intents
        self._form = form
        self._clock = clock
        self._wake = wake

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. Raises `ReaderLost` once another process holds the name."""
        read_to = self._intents.position()
        while not stop.is_set():
            read = self.follow(read_to)
            if read == read_to:
                self._events.wait(read_to, WAIT_S)
            read_to = read

    def follow(self, read_to: int) -> int:
        """Read one batch after a position. Answers the position that was reached."""
        facts = self._events.read(read_to, BATCH_MAX)
        if not facts:
            return read_to
        now = self._clock()
        asked = [asked_by(fact, self._form, now=now) for fact in facts]
        intents = [intent for one in asked for intent in one.intents]
        over = [ended for one in asked for ended in one.over]
        read_to = facts[-1].position
        self._intents.record(intents, read_to=read_to, now=now, over=over)
        if intents or over:
            self._wake.call()
        return read_to
