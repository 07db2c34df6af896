"""What a twin has in the object store: planned, given up, superseded, replaced, withdrawn."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from domain.consent_text import CONSENT
from domain.covered_places import covered_places
from domain.job_state import AdapterFile
from domain.photo_places import first_places, places_of_set
from domain.photo_set import PhotoVerdict, SetFlaw
from domain.refusals import (
    AlreadyDecided,
    StaleResult,
    TooManyUploads,
    TwinBusy,
    UploadsNotPlanned,
)
from domain.time_limits import UPLOADS_OPEN_MAX
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from domain.twin_events import GAVE_WAY_MAX
from domain.twin_photos import UPLOAD_PLANS_MAX
from tests.domain.aggregate_spec import given
from tests.domain.golden_streams import golden_streams
from tests.domain.people import (
    ADA,
    ADAPTER,
    ADAS_TWIN,
    MONDAY,
    POCKET,
    POLICY_VERSION,
    SUBMISSION,
    TRAINING_JOB,
    TUESDAY,
    TWELVE_PHOTOS,
    accepted_twin,
    consented_twin,
    learning_twin,
    named,
    plan,
    planned_twin,
    submitted_twin,
    trained_twin,
    verified,
)
from tests.domain.stored import replayed

MORE = named("twelve more photos of Ada")
MORE_PHOTOS = tuple(named(f"photo {number} of Ada in May") for number in range(12))
SECOND_TRAINING = named("Ada's second training")
HERE = places_of_set(ADA, ADAS_TWIN, 1, SUBMISSION)
THERE = places_of_set(ADA, ADAS_TWIN, 1, MORE)


def submitted(twin: Twin, submission: UUID, photos: tuple[UUID, ...]) -> None:
    twin.submit_photos(submission, person=verified(), entry=POCKET, photo_ids=photos, at=TUESDAY)


def judged(twin: Twin, submission: UUID, photos: tuple[UUID, ...]) -> None:
    good = [PhotoVerdict(photo) for photo in photos]
    twin.record_photo_verdicts(submission, good, (), "pocket-analyser-1", at=TUESDAY)


def more_accepted(twin: Twin) -> None:
    plan(twin, MORE, MORE_PHOTOS, at=TUESDAY)
    submitted(twin, MORE, MORE_PHOTOS)
    judged(twin, MORE, MORE_PHOTOS)


def authorised(twin: Twin, job: UUID) -> None:
    twin.authorise_training(
        job, person=verified(), entry=POCKET, policy_version=POLICY_VERSION, at=TUESDAY
    )


def delivered_again(twin: Twin) -> None:
    again = AdapterFile("adapters/again", "ad" * 32, 120_000, 16, 120, 0.75)
    twin.deliver_adapter(SECOND_TRAINING, twin.epoch, again, at=TUESDAY)


def gave_way(twin: Twin) -> list[str]:
    """Places that gave way in what the twin decided last."""
    return [
        place
        for event in twin.pending_events
        if isinstance(event, Twin.PlacesGaveWay)
        for place in event.places
    ]


def test_photos_have_places_of_their_consent() -> None:
    twin = consented_twin()
    places = twin.plan_uploads(
        SUBMISSION, person=verified(), photo_ids=TWELVE_PHOTOS, size_bytes=240_000, at=MONDAY
    )
    assert places == HERE
    assert places.upload(TWELVE_PHOTOS[0]) == f"uploads/{ADA}/{ADAS_TWIN}/1/{SUBMISSION}/" + str(
        TWELVE_PHOTOS[0]
    )
    assert twin.places_of(SUBMISSION) == HERE


def test_the_fourth_plan_waits_until_the_first_is_over() -> None:
    twin = consented_twin()
    for number in range(UPLOAD_PLANS_MAX):
        plan(twin, named(f"set {number}"), TWELVE_PHOTOS, at=MONDAY + timedelta(minutes=number))
    later = MONDAY + timedelta(minutes=20)
    fourth = given(twin).when(lambda t: plan(t, MORE, TWELVE_PHOTOS, at=later))
    assert fourth.then_refused(TooManyUploads).retry_after_s == 40 * 60
    twin.forget_uploads(named("set 1"), at=later)
    given(twin).when(lambda t: plan(t, MORE, TWELVE_PHOTOS, at=later)).then(Twin.UploadsPlanned)


def test_a_plan_that_was_submitted_takes_no_room() -> None:
    twin = submitted_twin()
    for number in range(UPLOAD_PLANS_MAX):
        plan(twin, named(f"set {number}"), TWELVE_PHOTOS)
    with pytest.raises(TooManyUploads):
        plan(twin, MORE, TWELVE_PHOTOS, at=MONDAY + 2 * UPLOADS_OPEN_MAX)


@pytest.mark.parametrize("known", [planned_twin, submitted_twin, accepted_twin])
def test_a_set_is_planned_once(known: Callable[[], Twin]) -> None:
    given(known()).when(lambda t: plan(t, SUBMISSION, TWELVE_PHOTOS)).then_refused(AlreadyDecided)


def test_what_was_given_up_is_not_submitted() -> None:
    twin = planned_twin()
    [forgotten] = (
        given(twin)
        .when(lambda t: t.forget_uploads(SUBMISSION, at=TUESDAY))
        .then(Twin.UploadsForgotten)
    )
    assert isinstance(forgotten, Twin.UploadsForgotten)
    assert forgotten.places == HERE
    given(twin).when(lambda t: submitted(t, SUBMISSION, TWELVE_PHOTOS)).then_refused(
        UploadsNotPlanned
    )
    given(twin).when(lambda t: t.forget_uploads(SUBMISSION, at=TUESDAY)).then_refused(
        UploadsNotPlanned
    )


@pytest.mark.parametrize("known", [consented_twin, submitted_twin, accepted_twin, trained_twin])
def test_what_was_submitted_is_not_given_up(known: Callable[[], Twin]) -> None:
    given(known()).when(lambda t: t.forget_uploads(SUBMISSION, at=TUESDAY)).then_refused(
        UploadsNotPlanned
    )
    given(known()).when(lambda t: t.require_planned(SUBMISSION)).then_refused(UploadsNotPlanned)


def test_photos_that_were_not_planned_are_not_submitted() -> None:
    others = (*TWELVE_PHOTOS[:11], named("a photo of Grace"))
    given(planned_twin()).when(lambda t: submitted(t, SUBMISSION, others)).then_refused(
        UploadsNotPlanned
    )
    fewer = TWELVE_PHOTOS[:10]
    given(planned_twin()).when(lambda t: submitted(t, SUBMISSION, fewer)).then(Twin.PhotosSubmitted)


def test_a_set_says_which_one_it_supersedes() -> None:
    twin = submitted_twin()
    plan(twin, MORE, MORE_PHOTOS)
    [event] = given(twin).when(lambda t: submitted(t, MORE, MORE_PHOTOS)).then(Twin.PhotosSubmitted)
    assert isinstance(event, Twin.PhotosSubmitted)
    assert event.supersedes == HERE
    assert covered_places(twin) == set(THERE.all)


def test_photos_of_a_set_that_gave_way_go_at_once_and_its_face_with_the_adapter() -> None:
    twin = trained_twin()
    twin.collect_events()
    more_accepted(twin)
    assert gave_way(twin) == [HERE.photos]
    twin.collect_events()
    authorised(twin, SECOND_TRAINING)
    assert gave_way(twin) == []
    delivered_again(twin)
    assert gave_way(twin) == [HERE.template, ADAPTER.object_key]
    twin.end_job(SECOND_TRAINING, at=TUESDAY)
    assert covered_places(twin) == {"adapters/again", THERE.photos, THERE.template}


def test_photos_that_a_training_learns_from_wait_for_its_end() -> None:
    twin = accepted_twin()
    plan(twin, MORE, MORE_PHOTOS)
    submitted(twin, MORE, MORE_PHOTOS)
    authorised(twin, TRAINING_JOB)
    twin.collect_events()
    judged(twin, MORE, MORE_PHOTOS)
    assert gave_way(twin) == []
    assert {HERE.photos, HERE.template} < covered_places(twin)
    twin.end_job(TRAINING_JOB, at=TUESDAY)
    copies = f"adapters/{ADAS_TWIN}/1/{TRAINING_JOB}/"
    assert {HERE.photos, HERE.template, copies} < set(gave_way(twin))
    assert covered_places(twin) == {THERE.photos, THERE.template}


def test_the_set_that_a_training_learns_from_may_be_handed_in_again() -> None:
    given(learning_twin()).when(lambda t: submitted(t, SUBMISSION, TWELVE_PHOTOS)).then_nothing()


def test_a_training_that_delivered_nothing_leaves_no_copies() -> None:
    twin = learning_twin()
    twin.collect_events()
    twin.end_job(TRAINING_JOB, at=TUESDAY)
    copies = f"adapters/{ADAS_TWIN}/1/{TRAINING_JOB}/"
    assert gave_way(twin) == [copies, f"adapters/{ADAS_TWIN}/{TRAINING_JOB}.safetensors"]
    assert twin.accepted is not None


def test_a_training_that_delivered_keeps_its_adapter() -> None:
    twin = learning_twin()
    twin.deliver_adapter(TRAINING_JOB, 1, ADAPTER, at=TUESDAY)
    twin.collect_events()
    twin.end_job(TRAINING_JOB, at=TUESDAY)
    assert gave_way(twin) == []


def test_a_rejected_set_is_covered_no_more() -> None:
    twin = submitted_twin()
    twin.record_photo_verdicts(SUBMISSION, (), (SetFlaw.NOT_ONE_PERSON,), "analyser", at=TUESDAY)
    assert covered_places(twin) == frozenset()


def test_a_withdrawal_names_prefixes_of_its_epoch_and_nothing_wider() -> None:
    twin = trained_twin()
    plan(twin, MORE, MORE_PHOTOS)
    twin.collect_events()
    twin.withdraw_consent(at=TUESDAY)
    _, requested = twin.collect_events()
    assert isinstance(requested, Twin.DeletionRequested)
    assert requested.for_good
    assert requested.prefixes == (
        f"uploads/{ADA}/{ADAS_TWIN}/1/",
        f"photos/{ADAS_TWIN}/1/",
        f"templates/{ADAS_TWIN}/1/",
        f"adapters/{ADAS_TWIN}/1/",
        # Where this test's adapter lies is of no epoch.
        ADAPTER.object_key,
    )
    assert covered_places(twin) == frozenset()
    given(twin).when(lambda t: t.require_planned(MORE)).then_refused(UploadsNotPlanned)


def test_a_set_of_before_is_deleted_where_it_lies() -> None:
    twin = of_before("twin-that-was-drawn-and-withdrawn", until=7)
    assert twin.accepted is not None
    lies = first_places(twin.owner_id, twin.id, twin.accepted.submission_id)
    twin.withdraw_consent(at=TUESDAY)
    requested = twin.pending_events[-1]
    assert isinstance(requested, Twin.DeletionRequested)
    assert set(lies.all) <= set(requested.prefixes)
    assert f"photos/{twin.id}/" not in requested.prefixes


def test_what_gave_way_before_a_withdrawal_goes_with_it_at_once() -> None:
    twin = of_before("twin-that-was-drawn-and-withdrawn", until=5)
    assert twin.accepted is not None
    lies = first_places(twin.owner_id, twin.id, twin.accepted.submission_id)
    person = verified(twin.owner_id)
    twin.plan_uploads(MORE, person=person, photo_ids=MORE_PHOTOS, size_bytes=9, at=MONDAY)
    twin.submit_photos(MORE, person=person, entry=POCKET, photo_ids=MORE_PHOTOS, at=MONDAY)
    judged(twin, MORE, MORE_PHOTOS)
    assert gave_way(twin) == [lies.photos, lies.template]
    recalled = Twin.from_snapshot(twin.id, twin.version, twin.snapshot_state())
    for one in (twin, recalled):
        one.withdraw_consent(at=TUESDAY)
        requested = one.pending_events[-1]
        assert isinstance(requested, Twin.DeletionRequested)
        assert {lies.photos, lies.template} < set(requested.prefixes)


def test_a_withdrawal_names_but_so_many_places_that_gave_way() -> None:
    twin = accepted_twin()
    for number in range(GAVE_WAY_MAX + 1):
        job = named(f"training {number}")
        authorised(twin, job)
        twin.end_job(job, at=TUESDAY)
    twin.withdraw_consent(at=TUESDAY)
    requested = twin.pending_events[-1]
    assert isinstance(requested, Twin.DeletionRequested)
    of_no_epoch = requested.prefixes[4:]
    assert len(of_no_epoch) == GAVE_WAY_MAX
    assert of_no_epoch[-1] == f"adapters/{ADAS_TWIN}/{job}.safetensors"


def test_a_set_of_before_that_waits_keeps_its_uploads() -> None:
    waiting = of_before("twin-that-was-drawn-and-withdrawn", until=4)
    assert waiting.submitted is not None
    submission = waiting.submitted.submission_id
    given(waiting).when(lambda t: t.clear_first_uploads(submission, at=TUESDAY)).then_refused(
        AlreadyDecided
    )


def test_a_set_of_before_that_was_rejected_goes_altogether() -> None:
    rejected = of_before("twin-whose-photos-were-rejected", until=5)
    assert rejected.submitted is None
    submission = rejected.snapshot_state().over[0]
    [requested] = (
        given(rejected)
        .when(lambda t: t.clear_first_uploads(submission, at=TUESDAY))
        .then(Twin.DeletionRequested)
    )
    assert isinstance(requested, Twin.DeletionRequested)
    assert requested.prefixes == first_places(rejected.owner_id, rejected.id, submission).all


def test_a_set_of_before_that_was_accepted_keeps_its_photos_and_its_face() -> None:
    accepted = of_before("twin-that-was-drawn-and-withdrawn", until=5)
    assert accepted.accepted is not None
    submission = accepted.accepted.submission_id
    given(accepted).when(lambda t: t.clear_first_uploads(submission, at=TUESDAY)).then_nothing()


def test_a_set_of_before_that_was_accepted_and_submitted_again_is_judged_no_more() -> None:
    rows = golden_streams()["twin-that-was-drawn-and-withdrawn"][:5]
    again = msgspec.structs.replace(rows[3], originator_version=6)
    twin: Twin = replayed([*rows, again])
    assert twin.accepted is not None
    assert twin.submitted is None
    submission = twin.accepted.submission_id
    given(twin).when(lambda t: judged(t, submission, twin.accepted.photos)).then_refused(  # type: ignore[union-attr]
        StaleResult
    )
    plan(twin, MORE, MORE_PHOTOS)
    [submitted_more] = (
        given(twin).when(lambda t: submitted(t, MORE, MORE_PHOTOS)).then(Twin.PhotosSubmitted)
    )
    assert isinstance(submitted_more, Twin.PhotosSubmitted)
    assert submitted_more.supersedes is None
    lie = first_places(twin.owner_id, twin.id, submission)
    assert {lie.photos, lie.template} < covered_places(twin)


def test_photos_are_handed_in_and_judged_while_a_training_learns_from_others() -> None:
    twin = learning_twin()
    more_accepted(twin)
    assert {HERE.photos, HERE.template, THERE.photos, THERE.template} == covered_places(twin)
    assert gave_way(twin) == []
    given(twin).when(lambda t: authorised(t, SECOND_TRAINING)).then_refused(TwinBusy)
    twin.deliver_adapter(TRAINING_JOB, twin.epoch, ADAPTER, at=TUESDAY)
    twin.end_job(TRAINING_JOB, at=TUESDAY)
    # The pictures of the new adapter are compared with the face that it learnt.
    assert twin.adapters[0].submission_id == SUBMISSION
    assert HERE.template in covered_places(twin)
    assert gave_way(twin) == [HERE.photos]
    given(twin).when(lambda t: authorised(t, SECOND_TRAINING)).then(Twin.TrainingAuthorised)


def test_new_photos_wait_for_a_deletion_of_before_that_they_would_go_with() -> None:
    state = consented_twin().snapshot_state()
    waiting = msgspec.structs.replace(state, to_delete=(f"photos/{ADAS_TWIN}/",))
    twin = Twin.from_snapshot(ADAS_TWIN, 4, waiting)
    given(twin).when(lambda t: plan(t, SUBMISSION, TWELVE_PHOTOS)).then_refused(TwinBusy)


def test_a_new_consent_covers_nothing_of_the_old_one() -> None:
    twin = trained_twin()
    twin.withdraw_consent(at=TUESDAY)
    twin.grant_consent(verified(), CONSENT.sha256, OFFERED_ANYWHERE, at=TUESDAY)
    plan(twin, MORE, MORE_PHOTOS, at=TUESDAY)
    new = places_of_set(ADA, ADAS_TWIN, 2, MORE)
    assert covered_places(twin) == {new.uploads}
    assert not any(place.startswith(twin.to_delete) for place in new.all)


def of_before(stream: str, *, until: int) -> Twin:
    """A twin from the first events of a stream that an older release wrote."""
    twin: Twin = replayed(golden_streams()[stream][:until])
    return twin
