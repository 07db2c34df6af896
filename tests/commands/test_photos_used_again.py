"""Photos that were found good are in the next set without being uploaded again."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from commands.twin.claim_photo_set import ClaimPhotoSet, PhotoSetGranted
from commands.twin.forget_kept_photos import ForgetKeptPhotos
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.submit_photos import SubmitPhotos
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_consent import WithdrawConsent
from domain.consent_text import ConsentScope
from domain.covered_places import covered_places
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.refusals import (
    AlreadyDecided,
    ConsentMissing,
    NotFound,
    PhotoCountOutOfRange,
    UploadsNotPlanned,
)
from domain.time_limits import GOOD_PHOTOS_KEPT_MAX
from domain.twin import Twin
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, StudioSpec


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, with consent and without photos."""
    journey.verified(spec)
    return journey.twin_with_consent(spec)


def refused(
    spec: StudioSpec,
    submitted: SubmitPhotos,
    flaws: dict[int, PhotoFlaw],
    set_flaws: Sequence[SetFlaw] = (),
) -> SubmitPhotos:
    """The gate found these flaws, each at its place in the set."""
    verdicts = tuple(
        PhotoVerdict(photo, (flaws[place],) if place in flaws else ())
        for place, photo in enumerate(submitted.photo_ids)
    )
    command = RecordPhotoVerdicts(
        submitted.twin_id, submitted.submission_id, verdicts, tuple(set_flaws), "gate"
    )
    spec.does(command)
    return submitted


def blurred(spec: StudioSpec, twin: UUID) -> SubmitPhotos:
    """Of twelve photos the last one is blurred."""
    return refused(spec, journey.photos_submitted(spec, twin), {11: PhotoFlaw.BLURRED})


def handed_in(
    spec: StudioSpec, twin: UUID, reused: tuple[UUID, ...], files: int = 1
) -> SubmitPhotos:
    """A set of photos of before, and so many that were uploaded for it."""
    planned = spec.does(PlanPhotoUploads(twin, journey.photo_files(files), reused))
    photos = (*reused, *(upload.photo_id for upload in planned.uploads))
    submitted = SubmitPhotos(twin, planned.submission_id, "pocket", photos)
    spec.does(submitted)
    return submitted


def granted(spec: StudioSpec, submitted: SubmitPhotos) -> dict[UUID, tuple[str, str]]:
    """Where the gate finds each photo of a set, and where its clean copy goes."""
    grant = spec.asks(ClaimPhotoSet(submitted.twin_id, submitted.submission_id))
    assert isinstance(grant, PhotoSetGranted)
    return {one.photo_id: (one.object_key, one.clean_key) for one in grant.photos}


def upload_of(submitted: SubmitPhotos, photo: UUID) -> str:
    return f"uploads/{ADA}/{submitted.twin_id}/1/{submitted.submission_id}/{photo}"


def copy_of(submitted: SubmitPhotos, photo: UUID) -> str:
    return f"photos/{submitted.twin_id}/1/{submitted.submission_id}/{photo}.png"


def test_only_what_is_flawed_is_uploaded_again(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    good, bad = first.photo_ids[:11], first.photo_ids[11]
    deleted = react(spec)
    assert upload_of(first, bad) in deleted
    assert not {upload_of(first, photo) for photo in good} & set(deleted)
    assert f"uploads/{ADA}/{twin}/1/{first.submission_id}/" not in deleted

    second = handed_in(spec, twin, good)
    found = granted(spec, second)
    for photo in good:
        assert found[photo] == (upload_of(first, photo), copy_of(second, photo))
    new = second.photo_ids[-1]
    assert found[new] == (upload_of(second, new), copy_of(second, new))

    spec.when(journey.good_verdicts(second)).then("twin.photos-accepted", "twin.places-gave-way")
    spec.clock.pass_by(hours=1)
    assert {upload_of(first, photo) for photo in good} <= set(react(spec))


def test_an_accepted_set_is_changed_without_uploading_the_rest_of_it(
    spec: StudioSpec, twin: UUID
) -> None:
    first = journey.photos_accepted(spec, twin)
    second = handed_in(spec, twin, first.photo_ids[1:], files=0)
    found = granted(spec, second)
    assert [found[photo][0] for photo in second.photo_ids] == [
        copy_of(first, photo) for photo in second.photo_ids
    ]
    # A set that is refused takes nothing from the one that was accepted.
    refused(spec, second, {0: PhotoFlaw.TOO_DARK})
    spec.clock.pass_by(days=2)
    assert not [
        place
        for place in react(spec)
        if place.startswith(f"photos/{twin}/1/{first.submission_id}/")
    ]
    third = handed_in(spec, twin, first.photo_ids)
    spec.does(journey.good_verdicts(third))
    spec.clock.pass_by(hours=1)
    assert f"photos/{twin}/1/{first.submission_id}/" in react(spec)


def test_a_photo_may_wait_for_the_second_next_set(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    second = handed_in(spec, twin, first.photo_ids[:10])
    spec.when(
        RecordPhotoVerdicts(
            twin,
            second.submission_id,
            tuple(
                PhotoVerdict(photo, (PhotoFlaw.BLURRED,) if photo == second.photo_ids[-1] else ())
                for photo in second.photo_ids
            ),
            (),
            "gate",
        )
    ).then("twin.photos-rejected", "twin.places-gave-way")
    third = handed_in(spec, twin, first.photo_ids[:10])
    assert granted(spec, third)[first.photo_ids[0]][0] == upload_of(first, first.photo_ids[0])
    # The one that the second set left out is gone.
    dropped = first.photo_ids[10]
    spec.when(PlanPhotoUploads(twin, (), (dropped,))).then_refused(UploadsNotPlanned)
    spec.clock.pass_by(hours=1)
    assert upload_of(first, dropped) in react(spec)


def test_good_photos_go_after_a_day(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    spec.clock.pass_by(seconds=GOOD_PHOTOS_KEPT_MAX.total_seconds() - 1)
    kept = {upload_of(first, photo) for photo in first.photo_ids[:11]}
    assert not kept & set(react(spec))
    spec.clock.pass_by(seconds=1)
    assert kept <= set(react(spec))
    spec.when(PlanPhotoUploads(twin, (), first.photo_ids[:10])).then_refused(
        UploadsNotPlanned, path=("reused",)
    )
    spec.when(ForgetKeptPhotos(twin, first.submission_id)).then_refused(AlreadyDecided)


def test_what_waits_to_be_judged_outlives_the_day(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    spec.clock.pass_by(hours=23)
    react(spec)
    second = handed_in(spec, twin, first.photo_ids[:10])
    spec.clock.pass_by(hours=2)
    deleted = react(spec)
    needed = {upload_of(first, photo) for photo in first.photo_ids[:10]}
    assert upload_of(first, first.photo_ids[10]) in deleted
    assert not needed & set(deleted)
    spec.given(journey.good_verdicts(second))
    spec.clock.pass_by(hours=1)
    assert needed <= set(react(spec))


@pytest.mark.parametrize(
    ("flaws", "set_flaws"),
    [
        ({11: PhotoFlaw.ANOTHER_PERSON}, (SetFlaw.NOT_ONE_PERSON,)),
        ({11: PhotoFlaw.NOT_JUDGED}, ()),
    ],
)
def test_nothing_is_kept_of_a_set_where_somebody_else_or_worse_may_be_in_it(
    spec: StudioSpec,
    twin: UUID,
    flaws: dict[int, PhotoFlaw],
    set_flaws: tuple[SetFlaw, ...],
) -> None:
    first = refused(spec, journey.photos_submitted(spec, twin), flaws, set_flaws)
    assert f"uploads/{ADA}/{twin}/1/{first.submission_id}/" in react(spec)
    spec.when(PlanPhotoUploads(twin, (), first.photo_ids[:10])).then_refused(UploadsNotPlanned)


def test_a_withdrawal_takes_what_was_kept_along(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    spec.given(WithdrawConsent(twin))
    assert f"uploads/{ADA}/{twin}/1/" in react(spec)
    spec.when(PlanPhotoUploads(twin, (), first.photo_ids[:10])).then_refused(ConsentMissing)


def test_nothing_is_kept_once_training_is_not_consented_to(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    spec.given(TakeBackConsentScopes(twin, (ConsentScope.TRAINING,)))
    kept = {upload_of(first, photo) for photo in first.photo_ids[:11]}
    assert kept <= set(react(spec))
    assert covered_places(spec.load(Twin, twin)) == frozenset()


def test_photos_of_another_are_unknown(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    good = first.photo_ids[:10]
    journey.verified(spec, GRACE)
    graces = journey.twin_with_consent(spec, GRACE)
    spec.when(PlanPhotoUploads(graces, (), good), owner=GRACE).then_refused(UploadsNotPlanned)
    spec.when(PlanPhotoUploads(twin, (), good), owner=GRACE).then_refused(NotFound)
    planned = spec.does(PlanPhotoUploads(graces, journey.photo_files(1)), owner=GRACE)
    smuggled = SubmitPhotos(
        graces, planned.submission_id, "pocket", (*good, planned.uploads[0].photo_id)
    )
    spec.when(smuggled, owner=GRACE).then_refused(UploadsNotPlanned)
    # Of another twin of one's own, as well: its consent is another.
    second = journey.twin_with_consent(spec)
    spec.when(PlanPhotoUploads(second, (), good)).then_refused(UploadsNotPlanned)


def test_photos_of_before_count(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    spec.when(PlanPhotoUploads(twin, ())).then_refused(PhotoCountOutOfRange, given=0)
    too_many = PlanPhotoUploads(twin, journey.photo_files(10), first.photo_ids[:11])
    spec.when(too_many).then_refused(PhotoCountOutOfRange, given=21)
    planned = spec.does(PlanPhotoUploads(twin, (), first.photo_ids[:3]))
    few = SubmitPhotos(twin, planned.submission_id, "pocket", first.photo_ids[:3])
    spec.when(few).then_refused(PhotoCountOutOfRange, given=3)


def test_what_is_kept_is_covered_until_it_goes(spec: StudioSpec, twin: UUID) -> None:
    first = blurred(spec, twin)
    kept = {upload_of(first, photo) for photo in first.photo_ids[:11]}
    assert kept <= covered_places(spec.load(Twin, twin))
    spec.clock.pass_by(seconds=timedelta(days=1).total_seconds())
    react(spec)
    assert not kept & covered_places(spec.load(Twin, twin))
