"""What a worker counts: its own work by engine, whatever it hears of others."""

from uuid import UUID, uuid4

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from processes.metrics.work import WorkMetrics
from tests.topics.sample_messages import SAMPLES
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.results import FailureReason, JobClaimed, JobFailed, JobRendered
from topics.messages.work import ImageWork
from topics.registry import GRANTS, RESULTS, Message
from topics.transport import Delivery


class Counted:
    """A worker's metrics, and the messages that pass it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.now_s = 0.0
        self.metrics = WorkMetrics(
            self.registry, loads=["pocket"], engines=["pocket"], monotonic_s=lambda: self.now_s
        )

    def claims(self, claim_id: UUID) -> None:
        claimed = SAMPLES["job.claimed"]
        assert isinstance(claimed, JobClaimed)
        self.metrics.said(RESULTS, msgspec.structs.replace(claimed, claim_id=claim_id))

    def hears(self, message: Message) -> None:
        self.metrics.heard(Delivery(GRANTS.name, 0, 0, "", message))

    def reports(self, message: Message) -> None:
        self.metrics.said(RESULTS, message)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def grant(claim_id: UUID, engine: str = "pocket", pictures: int = 1) -> JobGranted:
    granted = SAMPLES["job.granted.image"]
    assert isinstance(granted, JobGranted)
    assert isinstance(granted.work, ImageWork)
    items = granted.work.items[:1] * pictures
    work = msgspec.structs.replace(granted.work, engine=engine, items=items)
    return msgspec.structs.replace(granted, claim_id=claim_id, work=work)


def rendered(claim_id: UUID) -> JobRendered:
    found = SAMPLES["job.rendered"]
    assert isinstance(found, JobRendered)
    return msgspec.structs.replace(found, claim_id=claim_id)


IMAGE = {"work": "image", "engine": "pocket"}


def test_work_is_running_from_the_grant_to_the_report() -> None:
    worker, claim = Counted(), uuid4()
    worker.claims(claim)
    assert worker.value("suite_work_running", **IMAGE) is None
    worker.hears(grant(claim))
    assert worker.value("suite_work_running", **IMAGE) == 1
    worker.now_s = 7.0
    worker.reports(rendered(claim))
    assert worker.value("suite_work_running", **IMAGE) == 0
    assert worker.value("suite_work_seconds_sum", **IMAGE) == 7.0
    assert worker.value("suite_work_total", **IMAGE, outcome="done") == 1


def test_jobs_that_are_drawn_together_share_the_time_by_their_pictures() -> None:
    worker, three, one = Counted(), uuid4(), uuid4()
    for claim in (three, one):
        worker.claims(claim)
    worker.hears(grant(three, pictures=3))
    worker.now_s = 1.0
    worker.hears(grant(one, engine="retired"))
    worker.now_s = 9.0
    worker.reports(rendered(one))
    worker.now_s = 11.0
    worker.reports(rendered(three))
    worker.now_s = 100.0
    worker.hears(grant(uuid4()))
    others = {"work": "image", "engine": "other"}
    assert worker.value("suite_work_spent_seconds_total", **IMAGE) == 1 + 6 + 2
    assert worker.value("suite_work_spent_seconds_total", **others) == 2


def test_what_is_said_or_heard_twice_counts_once() -> None:
    worker, claim = Counted(), uuid4()
    for _ in range(2):
        worker.claims(claim)
        worker.hears(grant(claim))
    assert worker.value("suite_work_running", **IMAGE) == 1
    for _ in range(2):
        worker.reports(rendered(claim))
    assert worker.value("suite_work_running", **IMAGE) == 0
    assert worker.value("suite_work_total", **IMAGE, outcome="done") == 1


def test_the_grants_of_others_are_heard_and_not_counted() -> None:
    worker = Counted()
    worker.hears(grant(uuid4()))
    worker.hears(ClaimRefused("gpu-2", uuid4(), 1, uuid4(), ClaimRefusal.JOB_ENDED))
    assert worker.value("suite_work_running", **IMAGE) is None
    assert worker.value("suite_claims_refused_total", reason=ClaimRefusal.JOB_ENDED.value) is None


@pytest.mark.parametrize("reason", FailureReason)
def test_a_failure_is_counted_by_its_reason(reason: FailureReason) -> None:
    worker, claim = Counted(), uuid4()
    worker.claims(claim)
    worker.hears(grant(claim))
    worker.reports(JobFailed(uuid4(), 1, claim, reason))
    assert worker.value("suite_work_total", **IMAGE, outcome=reason.value) == 1


def test_a_refused_claim_is_counted_by_its_reason() -> None:
    worker, claim = Counted(), uuid4()
    worker.claims(claim)
    worker.hears(ClaimRefused("gpu-1", uuid4(), 1, claim, ClaimRefusal.JOB_ENDED))
    reason = ClaimRefusal.JOB_ENDED.value
    assert worker.value("suite_claims_refused_total", reason=reason) == 1


def test_an_engine_that_this_release_does_not_know_is_no_label() -> None:
    worker, claim = Counted(), uuid4()
    worker.claims(claim)
    worker.hears(grant(claim, engine="an-engine-of-ada"))
    assert worker.value("suite_work_running", work="image", engine="other") == 1


def test_a_worker_shows_which_engines_it_has_the_weights_of() -> None:
    assert Counted().value("suite_worker_engine", engine="pocket") == 1
