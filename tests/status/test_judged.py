"""What is well, what is not, and that there is always something to do about what is not."""

from dataclasses import replace

import pytest

from processes.status.judged import judged
from processes.survey.topic_lags import TopicLag, TopicLags
from queries.survey.concerns import Concern, concerns
from queries.survey.lags import Lag, Lags
from queries.survey.ledger import RULES, LedgerLook
from queries.survey.open_work import Ages, OpenWork
from queries.survey.parking import Parked
from queries.survey.presence import There
from queries.survey.survey import Survey

READERS = ("projector", "reactor", "relay", "watchdog")
HOUR_S = 3_600.0
QUIET = Survey(
    lags=Lags(7, tuple(Lag(name, 0, 0.0) for name in READERS)),
    work=OpenWork(
        jobs=dict.fromkeys(("requested", "started", "rendered", "photos-submitted"), Ages()),
        intents_due=Ages(),
        claims=0,
        claims_overdue=0,
        intents_leased=0,
    ),
    parked=tuple(Parked(kind, 0, 0.0) for kind in ("message", "intent", "owner")),
    ledger=LedgerLook(5, 2, 1, dict.fromkeys(RULES, 0)),
)
NO_TOPICS_BEHIND = TopicLags((TopicLag("recorder", "suite.results.v1", 0),), 0)


def ills(survey: Survey, topics: TopicLags | None = NO_TOPICS_BEHIND) -> dict[str, str]:
    """What is not well, and what to do about it."""
    return {line.subject: line.advice for line in judged(survey, topics) if line.advice is not None}


def one(oldest_s: float) -> Ages:
    return Ages((1, 0, 0, 0), oldest_s)


def with_work(**changed: object) -> Survey:
    return replace(QUIET, work=replace(QUIET.work, **changed))  # type: ignore[arg-type]


def with_jobs(**jobs: Ages) -> Survey:
    named = {name.replace("_", "-"): ages for name, ages in jobs.items()}
    return with_work(jobs={**QUIET.work.jobs, **named})


def test_a_quiet_studio_is_well() -> None:
    assert ills(QUIET) == {}


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_that_stays_behind_is_not_well_and_its_process_is_named(reader: str) -> None:
    behind = tuple(
        replace(lag, events=9, seconds=HOUR_S) if lag.reader == reader else lag
        for lag in QUIET.lags.readers
    )
    found = ills(replace(QUIET, lags=Lags(7, behind)))
    assert found.keys() == {f"{reader} reads"}
    assert f"`suite run {reader}`" in found[f"{reader} reads"]


def test_a_reader_that_is_behind_for_a_moment_is_well() -> None:
    behind = tuple(replace(lag, events=9_000, seconds=3.0) for lag in QUIET.lags.readers)
    assert ills(replace(QUIET, lags=Lags(9_007, behind))) == {}


def test_work_that_nobody_takes_up_is_not_well_after_minutes_and_behind_others_after_an_hour() -> (
    None
):
    assert ills(with_jobs(requested=one(100.0))) == {}
    assert "is a worker running" in ills(with_jobs(requested=one(300.0)))["jobs that wait"]
    busy = replace(with_jobs(requested=one(300.0)).work, claims=1)
    assert ills(replace(QUIET, work=busy)) == {}
    busy = replace(with_jobs(requested=one(2 * HOUR_S)).work, claims=1)
    assert "more workers" in ills(replace(QUIET, work=busy))["jobs that wait"]


@pytest.mark.parametrize("state", ["rendered", "photos_submitted"])
def test_a_screening_that_nobody_does_is_not_well(state: str) -> None:
    assert ills(with_jobs(**{state: one(60.0)})) == {}
    assert "screener" in ills(with_jobs(**{state: one(HOUR_S)}))["screenings that wait"]


def test_a_claim_past_its_deadline_and_an_effect_long_due_are_not_well() -> None:
    assert "watchdog" in ills(with_work(claims=1, claims_overdue=1))["jobs that run"]
    assert "reactors" in ills(with_work(intents_due=one(HOUR_S)))["effects that are due"]
    assert ills(with_work(intents_due=one(2.0))) == {}


@pytest.mark.parametrize("kind", ["message", "intent", "owner"])
def test_what_is_parked_is_not_well_and_can_be_listed(kind: str) -> None:
    parked = tuple(replace(one, count=1) if one.kind == kind else one for one in QUIET.parked)
    [advice] = ills(replace(QUIET, parked=parked)).values()
    assert "`suite parked list`" in advice


@pytest.mark.parametrize("rule", RULES)
def test_a_ledger_that_breaks_a_rule_is_not_well_and_is_to_be_audited(rule: str) -> None:
    ledger = replace(QUIET.ledger, broken={**QUIET.ledger.broken, rule: 2})
    found = [line for line in judged(replace(QUIET, ledger=ledger), None) if not line.is_well]
    assert [line.subject for line in found] == ["ledger"]
    assert found[0].what.startswith("2 ")
    assert "suite audit verify" in str(found[0].advice)


def test_reports_that_pile_up_are_not_well_and_dead_letters_are_only_told() -> None:
    behind = TopicLags((TopicLag("recorder", "suite.results.v1", 5_000),), 3)
    assert ills(QUIET, behind).keys() == {"reports that wait"}
    told = {line.subject: line.what for line in judged(QUIET, behind)}
    assert told["dead letters"].startswith("3 kept")


PRESS = There(
    is_worker=True,
    member="press",
    device="NVIDIA H100",
    memory_bytes=80 * 2**30,
    engines=("pocket", "stable-diffusion-xl"),
)
SIEVE = There(is_worker=False, member="sieve", device="", memory_bytes=None, engines=("pocket",))


def test_every_worker_is_named_with_its_device_and_its_engines() -> None:
    lines = {line.subject: line for line in judged(replace(QUIET, there=(PRESS, SIEVE)), None)}
    assert lines["worker press"].what == "pocket, stable-diffusion-xl on NVIDIA H100, 80 GiB"
    assert lines["worker press"].is_well
    assert "workers" not in lines


def test_a_worker_without_any_engine_is_not_well() -> None:
    found = ills(replace(QUIET, there=(replace(PRESS, engines=()),)))
    assert "folders of weights" in found["worker press"]


def test_that_no_worker_is_heard_is_said() -> None:
    [line] = [line for line in judged(QUIET, None) if line.subject == "workers"]
    assert line.what == "none is heard"


@pytest.mark.parametrize(
    ("survey", "concern"),
    [
        (with_jobs(requested=one(121.0)), Concern.WAITS_TOO_LONG),
        (with_work(claims=1, claims_overdue=1), Concern.OVERDUE),
        (with_jobs(photos_submitted=one(HOUR_S)), Concern.SCREENING_LATE),
        (with_work(intents_due=one(HOUR_S)), Concern.EFFECTS_LATE),
        (replace(QUIET, parked=(Parked("intent", 1, 1.0),)), Concern.PARKED),
        (
            replace(QUIET, ledger=LedgerLook(5, 2, 1, {**QUIET.ledger.broken, RULES[0]: 1})),
            Concern.LEDGER_BROKEN,
        ),
        (
            replace(QUIET, lags=Lags(7, (Lag("projector", 9, HOUR_S),))),
            Concern.READ_MODELS_BEHIND,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Concern) else "",
)
def test_what_status_says_is_not_well_is_what_the_operators_page_is_told(
    survey: Survey, concern: Concern
) -> None:
    assert concern in concerns(survey)
    assert ills(survey) != {}
    assert concerns(QUIET) == frozenset()


def test_nobody_is_missed_where_nothing_waits() -> None:
    waiting = with_jobs(requested=one(1.0))
    assert concerns(waiting) == {Concern.NO_WORKER}
    assert concerns(replace(waiting, there=(PRESS,))) == frozenset()
    assert concerns(QUIET, failed_in_an_hour=1) == {Concern.FAILED_LATELY}
