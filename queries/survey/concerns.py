"""What in a look at the studio needs an operator: the one judgement, whoever tells of it."""

from enum import StrEnum
from typing import Final

from queries.survey.lags import PROJECTOR, Lag
from queries.survey.open_work import Ages, OpenWork
from queries.survey.survey import Survey

LAG_MAX_S: Final = 30.0
"""Readers of the log are behind by less than a second, but for a moment after a restart."""
DUE_MAX_S: Final = 60.0
"""Effects are carried out at once; what fails is due later, and parked in the end."""
UNTAKEN_MAX_S: Final = 120.0
"""How long work may wait while nobody works at all."""
WAIT_MAX_S: Final = 3_600.0
"""Whoever waits for longer does not believe that it comes. Every worker may be busy."""
SCREENING_MAX_S: Final = 900.0


class Concern(StrEnum):
    """Something that is not well by itself."""

    READER_BEHIND = "reader-behind"
    READ_MODELS_BEHIND = "read-models-behind"
    """Viewers see the past."""
    NO_WORKER = "no-worker"
    """Jobs wait, and nobody is there to draw."""
    WAITS_TOO_LONG = "waits-too-long"
    OVERDUE = "overdue"
    """A job runs past its deadline."""
    SCREENING_LATE = "screening-late"
    EFFECTS_LATE = "effects-late"
    PARKED = "parked"
    LEDGER_BROKEN = "ledger-broken"
    FAILED_LATELY = "failed-lately"


def concerns(survey: Survey, *, failed_in_an_hour: int = 0) -> frozenset[Concern]:
    """All that one look finds."""
    work = survey.work
    waits = work.jobs["requested"].total > 0
    behind = {lag.reader for lag in survey.lags.readers if is_behind(lag)}
    found = {
        Concern.READER_BEHIND: bool(behind),
        Concern.READ_MODELS_BEHIND: PROJECTOR in behind,
        Concern.NO_WORKER: waits and not any(one.is_worker for one in survey.there),
        Concern.WAITS_TOO_LONG: _waits_too_long(work),
        Concern.OVERDUE: work.claims_overdue > 0,
        Concern.SCREENING_LATE: screenings(work).oldest_s > SCREENING_MAX_S,
        Concern.EFFECTS_LATE: work.intents_due.oldest_s > DUE_MAX_S,
        Concern.PARKED: any(one.count for one in survey.parked),
        Concern.LEDGER_BROKEN: any(survey.ledger.broken.values()),
        Concern.FAILED_LATELY: failed_in_an_hour > 0,
    }
    return frozenset(concern for concern, is_there in found.items() if is_there)


def is_behind(lag: Lag) -> bool:
    """Whether this reader of the log is behind by more than a restart explains."""
    return lag.seconds > LAG_MAX_S


def screenings(work: OpenWork) -> Ages:
    """Outputs and photo sets that wait to be judged."""
    waiting = [work.jobs["rendered"], work.jobs["photos-submitted"]]
    counts = tuple(sum(ages) for ages in zip(*(one.counts for one in waiting), strict=True))
    return Ages(counts, max(one.oldest_s for one in waiting))


def _waits_too_long(work: OpenWork) -> bool:
    limit_s = WAIT_MAX_S if work.claims else UNTAKEN_MAX_S
    return work.jobs["requested"].oldest_s > limit_s
