"""The verdicts that a release rests on: the names of the checks, and what one check said."""

import math
from enum import StrEnum

import msgspec


class Check(StrEnum):
    """Every check a policy row can require."""

    KNOWN_HASH = "known_hash"
    FACE_COUNT = "face_count"
    IDENTITY = "identity"
    NO_ENROLLED_MATCH = "no_enrolled_match"
    IN_WORLD = "in_world"
    MINOR_VETO = "minor_veto"
    CONTENT_RATING = "content_rating"
    PROVENANCE = "provenance"


class CheckVerdict(msgspec.Struct, frozen=True):
    """What one check said of one output.

    `passed` is None where the check could not be made. `score` is None where the check has none.
    `model` names the model or list and its version. For `known_hash`, `score` is the age in seconds
    that the list had when it was used.
    """

    check: str
    passed: bool | None
    model: str
    score: float | None = None


class ItemVerdict(msgspec.Struct, frozen=True):
    """All that was said of one item of a job."""

    item: int
    checks: tuple[CheckVerdict, ...]


def storable(verdict: CheckVerdict) -> CheckVerdict:
    """The verdict as an event holds it. JSON has no NaN; such a score decides nothing."""
    if verdict.score is None or math.isfinite(verdict.score):
        return verdict
    return msgspec.structs.replace(verdict, passed=None, score=None)
