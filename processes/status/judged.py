"""What a look at the database says of the studio, judged."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from processes.parked import span
from processes.status.line import Line
from processes.survey.topic_lags import RECORDER, TopicLags
from queries.survey.concerns import Concern, concerns, is_behind, screenings
from queries.survey.lags import PROJECTOR
from queries.survey.ledger import LedgerLook
from queries.survey.open_work import STARTED, OpenWork
from queries.survey.parking import Parked
from queries.survey.presence import There
from queries.survey.survey import Survey

REPORTS_MAX = 1_000

_BEHIND = {
    "relay": "events reach nobody: is a relay running? `suite run relay`",
    "reactor": "nothing follows from events: is a reactor running? `suite run reactor`",
    "watchdog": "silent workers are not noticed: is a watchdog running? `suite run watchdog`",
    PROJECTOR: "viewers see the past: is a projector running? `suite run projector`",
}
_RULES = {
    "postings-sum-to-zero": "entries whose postings do not sum to zero",
    "nothing-is-negative": "entries or balances below zero",
    "reserved-is-what-jobs-hold": "owners whose reserved credits are not what their jobs hold",
}


def judged(survey: Survey, topics: TopicLags | None) -> Iterator[Line]:
    """A line a thing. `topics` is None where the topics are out of reach, which has its own."""
    found = concerns(survey)
    for lag in survey.lags.readers:
        behind = f"{lag.events} events behind, the first for {_span(lag.seconds)}"
        advice = _BEHIND[lag.reader] if is_behind(lag) else None
        yield Line(f"{lag.reader} reads", behind if lag.events else "to the end", advice)
    yield from _there(survey.there)
    yield from _work(survey.work, found)
    for one in survey.parked:
        yield _parked(one)
    yield from _ledger(survey.ledger)
    if topics is not None:
        yield from _topics(topics)


def _there(there: Sequence[There]) -> Iterator[Line]:
    workers = [one for one in there if one.is_worker]
    if not workers:
        # Jobs wait for them: those that wait too long are told of below.
        yield Line("workers", "none is heard")
    for one in workers:
        memory = "" if one.memory_bytes is None else f", {one.memory_bytes / 2**30:.0f} GiB"
        engines = ", ".join(one.engines) or "no engine"
        advice = None if one.engines else "its log says what is wrong with the folders of weights"
        yield Line(f"worker {one.member}", f"{engines} on {one.device}{memory}", advice)


def _work(work: OpenWork, found: frozenset[Concern]) -> Iterator[Line]:
    waiting = work.jobs["requested"]
    advice = "start more workers: `suite run worker`"
    if not work.claims:
        advice = "is a worker running, with the weights of their engine? `suite run worker`"
    yield Line(
        "jobs that wait",
        f"{waiting.total}, the oldest for {_span(waiting.oldest_s)}" if waiting.total else "none",
        advice if Concern.WAITS_TOO_LONG in found else None,
    )
    late = "the watchdog ends these in a moment; if it does not, is one running?"
    yield Line(
        "jobs that run",
        f"{work.jobs[STARTED].total}, {work.claims_overdue} past their deadline",
        late if Concern.OVERDUE in found else None,
    )
    judging, advice = screenings(work), "is a screener running? `suite run screener`"
    yield Line(
        "screenings that wait",
        f"{judging.total}, the oldest for {_span(judging.oldest_s)}" if judging.total else "none",
        advice if Concern.SCREENING_LATE in found else None,
    )
    due, advice = work.intents_due, "start more reactors, or see in a log what fails"
    yield Line(
        "effects that are due",
        f"{due.total}, the oldest for {_span(due.oldest_s)}" if due.total else "none",
        advice if Concern.EFFECTS_LATE in found else None,
    )


def _parked(one: Parked) -> Line:
    names = {"message": "parked reports", "intent": "parked effects", "owner": "parked read models"}
    if not one.count:
        return Line(names[one.kind], "none")
    return Line(
        names[one.kind],
        f"{one.count}, the oldest for {_span(one.oldest_s)}",
        "`suite parked list` names them; once the cause is mended, `suite parked retry ID`",
    )


def _ledger(look: LedgerLook) -> Iterator[Line]:
    broken = {rule: count for rule, count in look.broken.items() if count}
    if not broken:
        seen = f"{look.entries} entries and {look.owners} balances looked at"
        yield Line("ledger", f"in order: {seen}")
    for rule, count in broken.items():
        yield Line(
            "ledger",
            f"{count} {_RULES[rule]}",
            "`suite audit export FILE`, then `suite audit verify FILE --read-model`: either the "
            "read models are wrong (`suite projections rebuild`), or sell nothing until you know",
        )


def _topics(topics: TopicLags) -> Iterator[Line]:
    reports = sum(one.records for one in topics.groups if one.group == RECORDER)
    yield Line(
        "reports that wait",
        str(reports) if reports else "none",
        "is a recorder running? `suite run recorder`" if reports > REPORTS_MAX else None,
    )
    kept = f"{topics.dead_letters} kept: `suite parked list`" if topics.dead_letters else "none"
    yield Line("dead letters", kept)


def _span(seconds: float) -> str:
    return span(timedelta(seconds=seconds))
