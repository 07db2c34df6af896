"""Whatever a worker reports that can be read: it is recorded or refused, and can be shown."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid5

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import STORED_FORM
from domain.kernel.stored_form import STORED_EVENT_SIZE_MAX_BYTES
from projections.isolation import Isolation
from projections.registry import READ_MODELS
from tests.commands import journey
from tests.recorder.results_desk import Attempt, ResultsDesk
from tests.topics.any_message import any_of
from topics.messages import bounds
from topics.messages.fact import Fact
from topics.messages.results import (
    CheckResult,
    JobClaimed,
    JobFailed,
    JobRendered,
    JudgedPhoto,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    RenderedOutput,
    ScreenedOutput,
    SourcePhotoJudged,
    TrainedAdapter,
)
from topics.registry import Message

CHECK_NAMES = [verdict.check for verdict in journey.PASSED]


@pytest.fixture(scope="module")
def folding(postgres_server: Any) -> Iterator[psycopg.Connection[Any]]:
    """A database whose read models stay empty."""
    postgres_server.create_database("any_report", template="migrated")
    with psycopg.connect(postgres_server.admin_url("any_report"), autocommit=True) as connection:
        yield connection
    postgres_server.drop_database("any_report")


def shown(desk: ResultsDesk, connection: psycopg.Connection[Any]) -> None:
    """Fold everything that happened into PostgreSQL's read models, and take it back."""
    facts = [
        Fact(
            row.position,
            row.owner_id,
            row.originator_id,
            row.originator_version,
            row.event_type,
            row.data,
            desk.clock(),
        )
        for row in desk.store.rows()
    ]
    isolation = Isolation(STORED_FORM, desk.store._sealer, READ_MODELS)
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE projector")
        cursor.execute("SET LOCAL search_path = views")
        assert isolation.apply_at_once(cursor, facts).parked == ()


def one_of(*likely: object) -> st.SearchStrategy[Any]:
    return st.sampled_from(likely)


def reports_of(attempt: Attempt, twin: Any) -> st.SearchStrategy[Message]:
    """Any report: mostly about this attempt, so that it is not refused at the door."""
    about = {
        "job": st.just(attempt.job) | st.uuids() | st.just(twin),
        "attempt": st.just(1) | st.integers(0, 2**31 - 1),
        "claim_id": st.just(attempt.claim) | st.uuids(),
    }
    item = {"item": st.just(0) | st.integers(0, 3)}
    rendered = any_of(RenderedOutput, item)
    checks = st.lists(
        any_of(CheckResult, {"check": one_of(*CHECK_NAMES)}) | any_of(CheckResult), max_size=16
    ).map(tuple)
    screened = any_of(ScreenedOutput, item | {"checks": checks})
    return st.one_of(
        any_of(
            JobRendered, about | {"outputs": st.lists(rendered, min_size=1, max_size=2).map(tuple)}
        ),
        any_of(
            OutputsScreened,
            about | {"outputs": st.lists(screened, min_size=1, max_size=2).map(tuple)},
        ),
        any_of(JobFailed, about),
        any_of(JobClaimed, about | {"twin": st.none() | st.just(twin) | st.uuids()}),
        any_of(PhotosJudged, {"twin": st.just(twin) | st.just(attempt.job) | st.uuids()}),
        any_of(SourcePhotoJudged, {"twin": st.just(twin) | st.just(attempt.job) | st.uuids()}),
        any_of(PackMade, {"packs": st.just(twin) | st.just(attempt.job) | st.uuids()}),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_reports_are_recorded_or_refused_and_what_follows_can_be_shown(
    folding: psycopg.Connection[Any], data: st.DataObject
) -> None:
    desk = ResultsDesk()
    twin = desk.creator()
    attempt = desk.started(twin)
    for _ in range(data.draw(st.integers(1, 4))):
        desk.records(data.draw(reports_of(attempt, twin)))
    assert desk.parked_reports() == []
    assert desk.letters() == []
    shown(desk, folding)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_outputs_of_the_attempt_can_be_shown_when_they_are_released(
    folding: psycopg.Connection[Any], data: st.DataObject
) -> None:
    desk = ResultsDesk()
    attempt = desk.started(desk.creator())
    about = {
        "job": st.just(attempt.job),
        "attempt": st.just(1),
        "claim_id": st.just(attempt.claim),
    }
    output = any_of(RenderedOutput, {"item": st.just(0)}).map(lambda one: (one,))
    desk.records(
        data.draw(any_of(JobRendered, about | {"outputs": output, "adapter": st.none()})),
        attempt.screened(),
    )
    assert attempt.state == "completed"
    shown(desk, folding)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_verdict_on_photos_can_be_shown(
    folding: psycopg.Connection[Any], data: st.DataObject
) -> None:
    desk = ResultsDesk()
    owner = uuid5(desk.creator(), "owner of another")
    journey.verified(desk, owner)
    twin = journey.twin_with_consent(desk, owner)
    submitted = journey.photos_submitted(desk, twin, owner)
    photo = any_of(JudgedPhoto, {"photo_id": one_of(*submitted.photo_ids)})
    judged = any_of(
        PhotosJudged,
        {
            "twin": st.just(twin),
            "submission": st.just(submitted.submission_id),
            "photos": st.lists(photo, max_size=14).map(tuple),
        },
    )
    desk.records(data.draw(judged))
    assert desk.parked_reports() == []
    shown(desk, folding)


def test_the_largest_reports_make_events_that_fit() -> None:
    desk = ResultsDesk()
    twin = desk.creator()
    owner = desk.started(twin).owner
    job = desk.does(journey.pictures_of(twin, 8), owner=owner).job_id
    claim = journey.claimed(desk, job, owner).claim_id
    key = "/".join(["k" * 127] * 4)
    outputs = tuple(
        RenderedOutput(number, key, "f" * 64, 2**40, 65_535, 65_535, "image/" + "x" * 94, 2**32 - 1)
        for number in range(8)
    )
    desk.records(JobRendered(job, 1, claim, outputs))
    check = CheckResult(
        "c" * bounds.CHECK_NAME_LENGTH_MAX,
        passed=False,
        model="m" * bounds.MODEL_NAME_LENGTH_MAX,
        score=-1.7976931348623157e308,
    )
    checks = (check,) * bounds.CHECKS_MAX
    screened = tuple(
        ScreenedOutput(number, checks, key, "f" * 64, 2**40) for number in range(bounds.OUTPUTS_MAX)
    )
    desk.records(OutputsScreened(job, 1, uuid5(job, "screening"), screened, checks))
    assert desk.parked_reports() == []
    sizes = [len(row.data) for row in desk.store.rows() if row.event_type == "job.screened"]
    assert sizes
    assert 0.9 * STORED_EVENT_SIZE_MAX_BYTES < max(sizes) <= STORED_EVENT_SIZE_MAX_BYTES


def test_the_largest_report_of_a_training_fits() -> None:
    desk = ResultsDesk()
    owner = uuid5(desk.creator(), "owner of another")
    twin = journey.twin_ready_to_train(desk, owner)
    job = desk.does(journey.training_of(twin), owner=owner).job_id
    claim = journey.claimed(desk, job, owner).claim_id
    outputs = tuple(
        RenderedOutput(number, "a/b", "f" * 64, 2**40, 65_535, 65_535, "image/png", 7)
        for number in range(3)
    )
    adapter = TrainedAdapter("a/" + "b" * 127, "f" * 64, 2**40, 4_096, 1_000_000, -1.001)
    desk.records(JobRendered(job, 1, claim, outputs, adapter))
    check = CheckResult("c" * 40, passed=False, model="m" * 128, score=-1.7976931348623157e308)
    desk.records(
        OutputsScreened(
            job,
            1,
            uuid5(job, "screening"),
            tuple(ScreenedOutput(number, (check,) * 16) for number in range(3)),
            (check,) * 16,
        )
    )
    assert desk.parked_reports() == []
