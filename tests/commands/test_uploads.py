"""Photos on their way in: planned, given up in time, refused when their time is over."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from commands.twin.forget_uploads import ForgetUploads
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.read_upload_plan import ReadUploadPlan
from commands.twin.submit_photos import SubmitPhotos
from commands.twin.withdraw_consent import WithdrawConsent
from domain.photo_set import SetFlaw
from domain.refusals import ConsentMissing, NotFound, TooManyUploads, UploadsNotPlanned
from domain.twin import Twin
from domain.twin_photos import UPLOAD_PLANS_MAX
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, StudioSpec


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, with consent and without photos."""
    journey.verified(spec)
    return journey.twin_with_consent(spec)


def test_a_plan_says_how_much_is_coming(spec: StudioSpec, twin: UUID) -> None:
    spec.given(PlanPhotoUploads(twin, journey.photo_files(12)))
    [planned] = spec.events(Twin.UploadsPlanned)
    assert (len(planned.photos), planned.size_bytes, planned.epoch) == (12, 240_000, 1)


def test_the_same_key_gets_the_same_plan(spec: StudioSpec, twin: UUID) -> None:
    key, plan = uuid4(), PlanPhotoUploads(twin, journey.photo_files(12))
    first = spec.does(plan, key=key)
    spec.when(plan, key=key).then()
    assert spec.result == first


def test_nobody_plans_without_end(spec: StudioSpec, twin: UUID) -> None:
    plan = PlanPhotoUploads(twin, journey.photo_files(20))
    for _ in range(UPLOAD_PLANS_MAX):
        spec.when(plan).then("twin.uploads-planned")
    spec.when(plan).then_refused(TooManyUploads, limit=UPLOAD_PLANS_MAX, retry_after_s=3_600)
    spec.clock.pass_by(hours=1)
    react(spec)
    spec.when(plan).then("twin.uploads-planned")


def test_photos_that_nobody_submits_are_deleted_after_an_hour(spec: StudioSpec, twin: UUID) -> None:
    planned = spec.does(PlanPhotoUploads(twin, journey.photo_files(12)))
    uploads = f"uploads/{ADA}/{twin}/1/{planned.submission_id}/"
    spec.clock.pass_by(minutes=59)
    assert uploads not in react(spec)
    spec.clock.pass_by(minutes=1)
    assert uploads in react(spec)
    photos = tuple(upload.photo_id for upload in planned.uploads)
    spec.when(SubmitPhotos(twin, planned.submission_id, "pocket", photos)).then_refused(
        UploadsNotPlanned
    )


def test_photos_that_were_submitted_outlive_the_hour(spec: StudioSpec, twin: UUID) -> None:
    submitted = journey.photos_submitted(spec, twin)
    spec.clock.pass_by(hours=2)
    assert react(spec) == []
    spec.when(journey.good_verdicts(submitted)).then("twin.photos-accepted")


def test_a_set_that_nobody_judges_is_refused_after_a_day(spec: StudioSpec, twin: UUID) -> None:
    submitted = journey.photos_submitted(spec, twin)
    spec.clock.pass_by(hours=24)
    assert f"photos/{twin}/1/{submitted.submission_id}/" in react(spec)
    [rejected] = spec.events(Twin.PhotosRejected)
    assert rejected.set_flaws == (SetFlaw.NOT_JUDGED,)
    spec.when(journey.good_verdicts(submitted)).then()


def test_a_set_that_was_judged_is_not_refused_a_day_later(spec: StudioSpec, twin: UUID) -> None:
    journey.photos_accepted(spec, twin)
    spec.clock.pass_by(days=2)
    react(spec)
    assert spec.events(Twin.PhotosRejected) == []


def test_a_plan_can_be_given_up(spec: StudioSpec, twin: UUID) -> None:
    planned = spec.does(PlanPhotoUploads(twin, journey.photo_files(12)))
    is_open = ReadUploadPlan(twin, planned.submission_id)
    spec.asks(is_open)
    spec.when(ForgetUploads(twin, planned.submission_id)).then("twin.uploads-forgotten")
    with pytest.raises(UploadsNotPlanned):
        spec.asks(is_open)
    assert f"uploads/{ADA}/{twin}/1/{planned.submission_id}/" in react(spec)


def test_a_withdrawal_ends_every_plan(spec: StudioSpec, twin: UUID) -> None:
    planned = spec.does(PlanPhotoUploads(twin, journey.photo_files(12)))
    spec.given(WithdrawConsent(twin))
    with pytest.raises(UploadsNotPlanned):
        spec.asks(ReadUploadPlan(twin, planned.submission_id))
    photos = tuple(upload.photo_id for upload in planned.uploads)
    spec.when(SubmitPhotos(twin, planned.submission_id, "pocket", photos)).then_refused(
        ConsentMissing
    )
    spec.clock.pass_by(hours=1)
    react(spec)
    assert spec.events(Twin.UploadsForgotten) == []


def test_nobody_elses_plan_is_given_up(spec: StudioSpec, twin: UUID) -> None:
    planned = spec.does(PlanPhotoUploads(twin, journey.photo_files(12)))
    journey.verified(spec, GRACE)
    spec.when(ForgetUploads(twin, planned.submission_id), owner=GRACE).then_refused(NotFound)


def test_a_set_of_another_twin_is_not_submitted(spec: StudioSpec, twin: UUID) -> None:
    planned = spec.does(PlanPhotoUploads(twin, journey.photo_files(12)))
    photos = tuple(upload.photo_id for upload in planned.uploads)
    other = journey.twin_with_consent(spec)
    spec.when(SubmitPhotos(other, planned.submission_id, "pocket", photos)).then_refused(
        UploadsNotPlanned
    )


def test_a_superseded_set_is_deleted_at_once_and_an_hour_later(
    spec: StudioSpec, twin: UUID
) -> None:
    first = journey.photos_submitted(spec, twin)
    journey.photos_submitted(spec, twin)
    places = [
        f"uploads/{ADA}/{twin}/1/{first.submission_id}/",
        f"photos/{twin}/1/{first.submission_id}/",
        f"templates/{twin}/1/{first.submission_id}.json",
    ]
    at_once = react(spec)
    assert [at_once.count(place) for place in places] == [2, 2, 2]
    spec.clock.pass_by(**{"seconds": timedelta(hours=1).total_seconds()})
    later = react(spec)
    assert [later.count(place) for place in places] == [4, 4, 4]
