"""Which scopes of a consent work rests on, and whether they are still in force."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from domain.consent_text import ConsentScope
from domain.engines import ENGINES
from domain.job_kind import JobKind
from domain.job_kinds import JOB_KINDS, job_kind
from domain.rating import Rating

_OF_RATING: Mapping[Rating, ConsentScope] = MappingProxyType(
    {Rating.SUGGESTIVE: ConsentScope.SUGGESTIVE, Rating.ADULT: ConsentScope.ADULT}
)

SCOPES_OF_WORK = frozenset(kind.scope for kind in JOB_KINDS.values())
"""What covers anything by itself. A rating only widens one of these."""

RATINGS: Mapping[ConsentScope, Rating] = MappingProxyType(
    {scope: rating for rating, scope in _OF_RATING.items()}
)
"""The scopes that stand for a rating above `GENERAL`."""


class ConsentInForce(msgspec.Struct, frozen=True):
    """What covers a twin now: the epoch, and each scope that is ticked at its version."""

    epoch: int
    scopes: Mapping[ConsentScope, int]

    def covers(self, epoch: int | None, scopes: Mapping[ConsentScope, int]) -> bool:
        """Whether what was decided under `epoch` on these scopes may still rest on them.

        What rests on no scope at all is not covered.
        """
        return bool(scopes) and epoch == self.epoch and scopes.items() <= self.scopes.items()


def scope_of(kind: JobKind) -> ConsentScope:
    """The scope without which no twin takes part in this kind of job."""
    return job_kind(kind).scope


def scopes_needed(kind: JobKind, rating: Rating) -> tuple[ConsentScope, ...]:
    """Every scope that a job of a twin rests on."""
    wider = _OF_RATING.get(rating)
    return (scope_of(kind),) if wider is None else (scope_of(kind), wider)


def scopes_of_before(kind: JobKind) -> dict[ConsentScope, int]:
    """What a job rests on that was authorised before scopes were stored with it."""
    return {scope_of(kind): 1}


def scopes_offered(allowed: Iterable[tuple[str, str]]) -> tuple[ConsentScope, ...]:
    """What may be ticked where the policy in force has rows for these (engine, rating).

    A rating above `GENERAL` is offered only where such a row meets an engine that can make it.
    """
    ratings = {
        rating
        for engine_id, rating in allowed
        if engine_id in ENGINES and rating in ENGINES[engine_id].ratings
    }
    return tuple(
        scope for scope in ConsentScope if scope not in RATINGS or RATINGS[scope] in ratings
    )
