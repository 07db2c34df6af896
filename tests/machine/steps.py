"""What can happen to a studio, one step at a time. A program is a list of these."""

from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID


@dataclass(frozen=True)
class Do:
    """Somebody sends a command under a key, or asks a question."""

    command: Any
    owner: UUID
    key: UUID


@dataclass(frozen=True)
class Put:
    """An uploader, worker or screener writes these objects."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Reacts:
    """The reactor does all that is due."""


@dataclass(frozen=True)
class Passes:
    """Time passes, and the reactor does everything in its time."""

    seconds: int


@dataclass(frozen=True)
class StandsStill:
    """Time passes while no reactor runs."""

    seconds: int


@dataclass(frozen=True)
class Restarts:
    """Every process ends and is started again, over the same stores."""


@dataclass(frozen=True)
class RereadsLog:
    """The reactor's tail reads the log from its first event again."""


@dataclass(frozen=True)
class LosesAnswers:
    """The next so many commits happen without their acknowledgement."""

    count: int


@dataclass(frozen=True)
class ProvidersAre:
    """The providers can be reached, or cannot."""

    down: bool


@dataclass(frozen=True)
class Pays:
    """Something happens at the payment provider, which tells nobody."""

    purchase: UUID
    status: str
    amount_minor_units: int
    currency: str


@dataclass(frozen=True)
class Decides:
    """The identity provider has decided, and tells nobody."""

    verification: UUID
    outcome: str
    adult: bool | None


@dataclass(frozen=True)
class Projects:
    """The projector reads what is new, after `again` facts that it has read before."""

    again: int = 0


@dataclass(frozen=True)
class Rebuilds:
    """The read models are built again from the first event."""


Step: TypeAlias = (
    Do
    | Put
    | Reacts
    | Passes
    | StandsStill
    | Restarts
    | RereadsLog
    | LosesAnswers
    | ProvidersAre
    | Pays
    | Decides
    | Projects
    | Rebuilds
)
