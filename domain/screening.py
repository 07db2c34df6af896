"""How often, and for how long at a time, the outputs of one attempt may be screened."""

from datetime import timedelta
from enum import StrEnum

SCREENINGS_MAX = 5
"""A store that does not answer five times, minutes apart, is no hiccup."""

SCREENING_LIMIT = timedelta(minutes=10)
"""From the moment a screener begins, since a long queue in front of it is no stall. What takes
longer has stalled."""


class ScreeningFailure(StrEnum):
    """Why a screening ended without verdicts."""

    UNAVAILABLE = "unavailable"
    STALLED = "stalled"
