"""What became of an intent that was carried out and did not fail."""

from dataclasses import dataclass
from datetime import datetime

from commands.ports.intents import Intent


@dataclass(frozen=True)
class Done:
    """Nothing is left to do, but for what follows from it."""

    then: tuple[Intent, ...] = ()
    outcome: str = "done"


@dataclass(frozen=True)
class NotYet:
    """Nothing failed, and nothing is decided: to be tried again then."""

    until: datetime


@dataclass(frozen=True)
class Waits:
    """It has no place in its queue, and is woken once there is one."""


Outcome = Done | NotYet | Waits
