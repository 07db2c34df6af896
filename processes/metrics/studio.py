"""The whole studio in numbers, as its database shows it. The active watchdog alone shows them."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from processes.survey.bounded_look import BoundedLook
from processes.survey.topic_lags import TopicLags
from queries.survey.open_work import AGES
from queries.survey.survey import Survey


class StudioMetrics(Collector):
    """Shows what was seen last; what is too old to be true is left out, and its age tells why.

    Labels are names of readers, states, ages, kinds, rules, groups and topics.
    """

    def __init__(self, survey: BoundedLook[Survey], topics: BoundedLook[TopicLags]) -> None:
        self._survey = survey
        self._topics = topics

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`. Takes at most as long as two looks may."""
        survey, topics = self._survey.seen(), self._topics.seen()
        age = GaugeMetricFamily(
            "suite_survey_age_seconds", "Since the last look that succeeded.", labels=["at"]
        )
        failures = CounterMetricFamily("suite_survey_failures", "Looks that failed.", labels=["at"])
        for at, seen in (("database", survey), ("topics", topics)):
            age.add_metric([at], seen.age_s)
            failures.add_metric([at], seen.failures)
        yield from (age, failures)
        if survey.value is not None:
            yield from _of_survey(survey.value)
        if topics.value is not None:
            yield from _of_topics(topics.value)


@contextmanager
def shown(registry: CollectorRegistry, metrics: StudioMetrics) -> Iterator[None]:
    """Show them for the length of a `with` block: while this process is the active one."""
    registry.register(metrics)
    try:
        yield
    finally:
        registry.unregister(metrics)


def _of_survey(survey: Survey) -> Iterator[Metric]:
    yield from _lags(survey)
    yield from _work(survey)
    parked = GaugeMetricFamily("suite_parked", "Tried again at the slowest pace.", labels=["kind"])
    oldest = GaugeMetricFamily(
        "suite_parked_oldest_seconds", "Since the oldest was parked.", labels=["kind"]
    )
    for one in survey.parked:
        parked.add_metric([one.kind], one.count)
        oldest.add_metric([one.kind], one.oldest_s)
    yield from (parked, oldest)
    yield from _ledger(survey)


def _lags(survey: Survey) -> Iterator[Metric]:
    yield GaugeMetricFamily("suite_log_position", "Position of the last event.", survey.lags.head)
    events = GaugeMetricFamily(
        "suite_log_lag_events", "Events that a reader has not read.", labels=["reader"]
    )
    seconds = GaugeMetricFamily(
        "suite_log_lag_seconds", "Age of the first event not read.", labels=["reader"]
    )
    for lag in survey.lags.readers:
        events.add_metric([lag.reader], lag.events)
        seconds.add_metric([lag.reader], lag.seconds)
    yield from (events, seconds)


def _work(survey: Survey) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "suite_jobs_open", "Jobs and photo sets that have not ended.", labels=["state", "age"]
    )
    oldest = GaugeMetricFamily(
        "suite_jobs_oldest_seconds", "Age of the oldest in its state.", labels=["state"]
    )
    for state, ages in survey.work.jobs.items():
        for age, count in zip(AGES, ages.counts, strict=True):
            jobs.add_metric([state, age], count)
        oldest.add_metric([state], ages.oldest_s)
    yield from (jobs, oldest)
    due = GaugeMetricFamily(
        "suite_intents_due", "Effects whose time has come, by for how long.", labels=["age"]
    )
    for age, count in zip(AGES, survey.work.intents_due.counts, strict=True):
        due.add_metric([age], count)
    yield due
    yield GaugeMetricFamily(
        "suite_intents_due_oldest_seconds",
        "For how long the oldest effect has been due.",
        survey.work.intents_due.oldest_s,
    )
    leases = GaugeMetricFamily(
        "suite_leases", "What somebody holds: claims of jobs, owners' turns.", labels=["of"]
    )
    leases.add_metric(["claims"], survey.work.claims)
    leases.add_metric(["intents"], survey.work.intents_leased)
    yield leases
    yield GaugeMetricFamily(
        "suite_claims_overdue", "Claims past their deadline.", survey.work.claims_overdue
    )


def _ledger(survey: Survey) -> Iterator[Metric]:
    broken = GaugeMetricFamily(
        "suite_ledger_broken", "Entries and balances that break a rule.", labels=["rule"]
    )
    for rule, count in survey.ledger.broken.items():
        broken.add_metric([rule], count)
    yield broken
    looked = CounterMetricFamily(
        "suite_ledger_looked_at", "Rows looked at since the start.", labels=["what"]
    )
    looked.add_metric(["entries"], survey.ledger.entries)
    looked.add_metric(["owners"], survey.ledger.owners)
    yield looked
    yield CounterMetricFamily(
        "suite_ledger_rounds", "How often all of it was looked at.", survey.ledger.rounds
    )


def _of_topics(topics: TopicLags) -> Iterator[Metric]:
    lag = GaugeMetricFamily(
        "suite_topic_lag_records",
        "Records that a group has not handled.",
        labels=["group", "topic"],
    )
    for one in topics.groups:
        lag.add_metric([one.group, one.topic], one.records)
    yield lag
    yield GaugeMetricFamily("suite_dead_letters", "Dead letters kept.", topics.dead_letters)
