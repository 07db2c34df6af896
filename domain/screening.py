"""How often, and for how long at a time, the outputs of one attempt may be screened."""

from datetime import timedelta
from enum import StrEnum

SCREENINGS_MAX = 5
"""A store that does not answer five times, minutes apart, is no hiccup."""

SCREENING_LIMIT = timedelta(minutes=10)
"""From the moment a screening is asked for, its wait for a screener included. What takes longer
has stalled: nobody holds a customer's credits for longer than `SCREENINGS_MAX` times this."""


class ScreeningFailure(StrEnum):
    """Why a screening ended without verdicts."""

    UNAVAILABLE = "unavailable"
    STALLED = "stalled"
