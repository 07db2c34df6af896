"""The whole studio in numbers: by one process, and only what is still true."""

from prometheus_client import CollectorRegistry

from processes.metrics.studio import StudioMetrics, shown
from processes.survey.bounded_look import STALE_S, BoundedLook
from processes.survey.topic_lags import TopicLags
from queries.survey.survey import Survey
from tests.metrics.everything import SURVEY, TOPICS


class Database:
    """Answers, until it is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.now_s = 1_000.0

    def look(self) -> Survey:
        if self.is_away:
            raise ConnectionError
        return SURVEY

    def metrics(self) -> StudioMetrics:
        survey: BoundedLook[Survey] = BoundedLook(
            self.look, wait_max_s=30.0, monotonic_s=lambda: self.now_s
        )
        topics: BoundedLook[TopicLags] = BoundedLook(
            lambda: TOPICS, wait_max_s=30.0, monotonic_s=lambda: self.now_s
        )
        return StudioMetrics(survey, topics)


def test_only_while_a_process_is_the_active_one_does_it_show_the_studio() -> None:
    registry, metrics = CollectorRegistry(), Database().metrics()
    assert registry.get_sample_value("suite_log_position") is None
    with shown(registry, metrics):
        assert registry.get_sample_value("suite_log_position") == SURVEY.lags.head
    assert registry.get_sample_value("suite_log_position") is None


def test_a_database_that_is_away_leaves_its_numbers_out_and_says_since_when() -> None:
    registry, database = CollectorRegistry(), Database()
    with shown(registry, database.metrics()):
        assert registry.get_sample_value("suite_log_position") == SURVEY.lags.head
        database.is_away = True
        database.now_s += STALE_S + 1.0
        assert registry.get_sample_value("suite_log_position") is None
        at = {"at": "database"}
        age_s = registry.get_sample_value("suite_survey_age_seconds", at)
        assert age_s == STALE_S + 1.0
        assert registry.get_sample_value("suite_survey_failures_total", at)
        # What the topics say is as true as before.
        assert registry.get_sample_value("suite_dead_letters") == 0
