"""A twin: what is agreed to, what may be done under it, and what a withdrawal ends."""

from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
import pytest

from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.engines import EngineEntry
from domain.job_kind import JobKind
from domain.person import Person
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    AssuranceTooLow,
    BiometricReleaseMissing,
    ConsentMissing,
    ConsentTextChanged,
    NotFound,
    NotVerified,
    PhotoCountOutOfRange,
    PhotosNotAccepted,
    RatingNotAllowed,
    StaleResult,
    TwinBusy,
    TwinNotTrained,
    UploadsNotPlanned,
)
from domain.twin import OPEN_JOBS_MAX, Twin
from domain.twin_consent import OFFERED_ANYWHERE
from tests.domain.aggregate_spec import given
from tests.domain.people import (
    ADAPTER,
    ADAS_TWIN,
    GRACE,
    LIGHTHOUSE_JOB,
    MONDAY,
    NEXT_YEAR,
    PHOTOREALISTIC,
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
    new_twin,
    newcomer,
    plan,
    submitted_twin,
    trained_twin,
    verified,
)

EVERYTHING = OFFERED_ANYWHERE
GOOD_VERDICTS = tuple(PhotoVerdict(photo) for photo in TWELVE_PHOTOS)


def sign(twin: Twin) -> None:
    twin.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "en", at=MONDAY)


def consent(
    person: Person | None = None,
    text_sha256: str = CONSENT.sha256,
    scope: Sequence[ConsentScope] = EVERYTHING,
) -> Callable[[Twin], None]:
    return lambda twin: twin.grant_consent(person or verified(), text_sha256, scope, at=MONDAY)


def submit(
    photos: Sequence[UUID] = TWELVE_PHOTOS,
    entry: EngineEntry = POCKET,
    person: Person | None = None,
    submission: UUID = SUBMISSION,
) -> Callable[[Twin], None]:
    return lambda twin: twin.submit_photos(
        submission, person=person or verified(), entry=entry, photo_ids=photos, at=MONDAY
    )


def judge(
    verdicts: Sequence[PhotoVerdict] = GOOD_VERDICTS, set_flaws: Sequence[SetFlaw] = ()
) -> Callable[[Twin], None]:
    return lambda twin: twin.record_photo_verdicts(
        SUBMISSION, verdicts, set_flaws, "pocket-analyser-1", at=MONDAY
    )


def train(entry: EngineEntry = POCKET, person: Person | None = None) -> Callable[[Twin], None]:
    return lambda twin: twin.authorise_training(
        TRAINING_JOB,
        person=person or verified(),
        entry=entry,
        policy_version=POLICY_VERSION,
        at=MONDAY,
    )


def draw(
    job_id: UUID = LIGHTHOUSE_JOB,
    *,
    kind: JobKind = JobKind.IMAGES,
    rating: Rating = Rating.GENERAL,
    person: Person | None = None,
    entry: EngineEntry = POCKET,
) -> Callable[[Twin], None]:
    return lambda twin: twin.authorise_generation(
        job_id,
        person=person or verified(),
        entry=entry,
        kind=kind,
        rating=rating,
        jurisdiction="XX",
        policy_version=POLICY_VERSION,
        at=MONDAY,
    )


def deliver(job_id: UUID = TRAINING_JOB, *, epoch: int = 1) -> Callable[[Twin], None]:
    return lambda twin: twin.deliver_adapter(job_id, epoch, ADAPTER, at=MONDAY)


def withdraw(twin: Twin) -> None:
    twin.withdraw_consent(at=TUESDAY)


def withdrawn_twin() -> Twin:
    twin = trained_twin()
    withdraw(twin)
    return twin


def test_the_biometric_release_is_signed_once_and_word_for_word() -> None:
    twin = new_twin()
    given(twin).when(lambda t: t.sign_biometric_release("00" * 32, "en", at=MONDAY)).then_refused(
        ConsentTextChanged
    )
    given(twin).when(sign).then(Twin.BiometricReleaseSigned)
    given(twin).when(sign).then_refused(AlreadyDecided)


def test_consent_comes_after_the_biometric_release() -> None:
    twin = new_twin()
    given(twin).when(consent()).then_refused(BiometricReleaseMissing)
    sign(twin)
    given(twin).when(consent()).then(Twin.ConsentGranted)
    assert (twin.epoch, twin.scope) == (1, EVERYTHING)


def test_consent_to_another_text_is_none() -> None:
    twin = new_twin()
    sign(twin)
    refusal = given(twin).when(consent(text_sha256="00" * 32)).then_refused(ConsentTextChanged)
    assert refusal.expected_sha256 == CONSENT.sha256


def test_nobody_consents_for_somebody_else() -> None:
    twin = new_twin()
    sign(twin)
    given(twin).when(consent(verified(GRACE))).then_refused(NotFound)


def test_an_unverified_person_cannot_consent() -> None:
    twin = new_twin()
    sign(twin)
    given(twin).when(consent(newcomer())).then_refused(NotVerified)


def test_a_consent_to_nothing_is_none() -> None:
    twin = new_twin()
    sign(twin)
    given(twin).when(consent(scope=())).then_refused(ConsentMissing)


def test_consent_is_given_once_until_it_is_withdrawn() -> None:
    given(consented_twin()).when(consent()).then_refused(AlreadyDecided)


def test_a_withdrawal_raises_the_epoch_and_has_everything_deleted() -> None:
    twin = trained_twin()
    draw()(twin)
    withdrawn, deletion = (
        given(twin).when(withdraw).then(Twin.ConsentWithdrawn, Twin.DeletionRequested)
    )
    assert isinstance(withdrawn, Twin.ConsentWithdrawn)
    assert (withdrawn.epoch, withdrawn.open_jobs) == (2, (LIGHTHOUSE_JOB,))
    assert isinstance(deletion, Twin.DeletionRequested)
    assert {prefix.partition("/")[0] for prefix in deletion.prefixes} == {
        "uploads",
        "photos",
        "templates",
        "adapters",
    }
    assert not twin.epoch_is_current(1)
    assert twin.accepted is None


def test_what_was_not_given_cannot_be_withdrawn() -> None:
    given(new_twin()).when(withdraw).then_refused(ConsentMissing)


def test_after_a_withdrawal_nothing_is_allowed_any_more() -> None:
    for decision in (submit(), train(), draw()):
        given(withdrawn_twin()).when(decision).then_refused(ConsentMissing)


@pytest.mark.parametrize("known", [submitted_twin, accepted_twin])
def test_a_set_that_waits_or_was_accepted_is_not_submitted_twice(
    known: Callable[[], Twin],
) -> None:
    given(known()).when(submit()).then_nothing()
    given(known()).when(submit(TWELVE_PHOTOS[:11])).then_refused(AlreadyDecided)


def test_a_set_that_was_rejected_is_not_handed_in_again() -> None:
    twin = submitted_twin()
    judge(set_flaws=[SetFlaw.NOT_ONE_PERSON])(twin)
    given(twin).when(submit()).then_refused(UploadsNotPlanned)


def test_a_new_consent_does_not_revive_the_old_epoch() -> None:
    twin = withdrawn_twin()
    given(twin).when(consent()).then(Twin.ConsentGranted)
    assert twin.epoch_is_current(2)
    assert not twin.epoch_is_current(1)
    given(twin).when(draw()).then_refused(TwinNotTrained)


def test_new_photos_need_not_wait_until_the_old_ones_are_deleted() -> None:
    twin = withdrawn_twin()
    consent()(twin)
    given(twin).when(submit()).then_refused(UploadsNotPlanned)
    plan(twin, named("twelve more photos of Ada"), TWELVE_PHOTOS)
    another = submit(submission=named("twelve more photos of Ada"))
    given(twin).when(another).then(Twin.PhotosSubmitted)


def test_a_deletion_nobody_asked_for_is_not_recorded() -> None:
    given(new_twin()).when(lambda t: t.record_deletion(("photos/",), 1, at=MONDAY)).then_refused(
        AlreadyDecided
    )


def test_a_deletion_is_requested_once() -> None:
    twin = withdrawn_twin()
    given(twin).when(lambda t: t.request_deletion(t.to_delete, at=TUESDAY)).then_nothing()


def test_ten_to_twenty_different_photos_make_a_set() -> None:
    many = [named(f"photo {number}") for number in range(21)]
    for photos in (many[:9], many, [*many[:9], many[0]]):
        given(consented_twin()).when(submit(photos)).then_refused(PhotoCountOutOfRange)
    for photos in (many[:10], many[:20]):
        twin = consented_twin()
        plan(twin, SUBMISSION, tuple(many[:20]))
        given(twin).when(submit(photos)).then(Twin.PhotosSubmitted)


def test_photos_need_release_consent_and_a_verified_owner() -> None:
    released = new_twin()
    sign(released)
    given(new_twin()).when(submit()).then_refused(BiometricReleaseMissing)
    given(released).when(submit()).then_refused(ConsentMissing)
    given(consented_twin()).when(submit(person=newcomer())).then_refused(NotVerified)
    given(consented_twin()).when(submit(person=verified(GRACE))).then_refused(NotFound)


def test_a_photorealistic_engine_needs_a_document() -> None:
    given(consented_twin()).when(submit(entry=PHOTOREALISTIC)).then_refused(AssuranceTooLow)
    given(accepted_twin()).when(train(PHOTOREALISTIC)).then_refused(AssuranceTooLow)


def test_a_set_without_flaws_is_accepted() -> None:
    twin = submitted_twin()
    given(twin).when(judge()).then(Twin.PhotosAccepted)
    assert twin.accepted is not None
    assert twin.accepted.photos == TWELVE_PHOTOS


def test_one_flaw_rejects_the_set_and_says_which_photo() -> None:
    blurred = PhotoVerdict(TWELVE_PHOTOS[0], (PhotoFlaw.BLURRED,))
    [rejected] = (
        given(submitted_twin()).when(judge((blurred, *GOOD_VERDICTS[1:]))).then(Twin.PhotosRejected)
    )
    assert isinstance(rejected, Twin.PhotosRejected)
    assert rejected.verdicts == (blurred, *GOOD_VERDICTS[1:])


def test_a_photo_without_a_verdict_rejects_the_set() -> None:
    [rejected] = given(submitted_twin()).when(judge(GOOD_VERDICTS[1:])).then(Twin.PhotosRejected)
    assert isinstance(rejected, Twin.PhotosRejected)
    assert rejected.verdicts[0] == PhotoVerdict(TWELVE_PHOTOS[0], (PhotoFlaw.NOT_JUDGED,))


def test_good_photos_of_two_people_are_rejected_together() -> None:
    given(submitted_twin()).when(judge(set_flaws=(SetFlaw.NOT_ONE_PERSON,))).then(
        Twin.PhotosRejected
    )


def test_verdicts_on_another_set_are_stale() -> None:
    given(consented_twin()).when(judge()).then_refused(StaleResult)
    given(accepted_twin()).when(judge()).then_refused(StaleResult)


def test_verdicts_after_a_withdrawal_are_stale() -> None:
    twin = submitted_twin()
    withdraw(twin)
    consent()(twin)
    given(twin).when(judge()).then_refused(StaleResult)


def test_a_set_that_waits_under_another_epoch_is_never_accepted() -> None:
    """No event leaves one waiting; a snapshot of another release might."""
    state = submitted_twin().snapshot_state()
    assert state.submitted is not None
    older = msgspec.structs.replace(state.submitted, epoch=state.epoch)
    later = msgspec.structs.replace(state, epoch=state.epoch + 1, submitted=older)
    twin = Twin.from_snapshot(ADAS_TWIN, 4, later)
    assert twin.consented
    given(twin).when(judge()).then_refused(StaleResult)


def test_training_needs_accepted_photos() -> None:
    given(submitted_twin()).when(train()).then_refused(PhotosNotAccepted)
    given(accepted_twin()).when(train()).then(Twin.TrainingAuthorised)


def test_training_needs_the_owner_to_be_verified_still() -> None:
    given(accepted_twin()).when(
        lambda t: t.authorise_training(
            TRAINING_JOB,
            person=verified(),
            entry=POCKET,
            policy_version=POLICY_VERSION,
            at=NEXT_YEAR,
        )
    ).then_refused(NotVerified)


def test_one_training_runs_at_a_time() -> None:
    given(learning_twin()).when(train()).then_refused(TwinBusy)


def test_an_adapter_is_taken_from_its_own_training_under_the_current_epoch_only() -> None:
    given(learning_twin()).when(deliver()).then(Twin.AdapterDelivered)
    given(learning_twin()).when(deliver(LIGHTHOUSE_JOB)).then_refused(StaleResult)
    withdrawn = learning_twin()
    withdraw(withdrawn)
    consent()(withdrawn)
    for claimed_epoch in (1, 2):
        given(withdrawn).when(deliver(epoch=claimed_epoch)).then_refused(StaleResult)


def test_a_twin_is_drawn_once_it_is_trained() -> None:
    given(learning_twin()).when(draw()).then_refused(TwinNotTrained)
    given(trained_twin()).when(draw()).then(Twin.GenerationAuthorised)


def test_nobody_draws_somebody_elses_twin() -> None:
    given(trained_twin()).when(draw(person=verified(GRACE))).then_refused(NotFound)


@pytest.mark.parametrize("rating", [Rating.SUGGESTIVE, Rating.ADULT])
def test_the_consent_covers_general_pictures_only(rating: Rating) -> None:
    given(trained_twin()).when(draw(rating=rating)).then_refused(RatingNotAllowed)


def test_a_consent_to_training_alone_allows_no_pictures() -> None:
    twin = withdrawn_twin()
    consent(scope=(ConsentScope.TRAINING,))(twin)
    given(twin).when(draw()).then_refused(ConsentMissing)


def test_open_jobs_of_a_twin_have_a_limit() -> None:
    twin = trained_twin()
    for number in range(OPEN_JOBS_MAX):
        draw(named(f"job {number}"))(twin)
    given(twin).when(draw()).then_refused(TwinBusy)


def test_a_job_ends_once() -> None:
    twin = trained_twin()
    draw()(twin)
    given(twin).when(lambda t: t.end_job(LIGHTHOUSE_JOB, at=MONDAY)).then(Twin.JobEnded)
    given(twin).when(lambda t: t.end_job(LIGHTHOUSE_JOB, at=MONDAY)).then_nothing()


def test_a_twins_name_is_nowhere_in_its_state() -> None:
    assert "Ada in colour" not in repr(vars(new_twin()) | {"_pending_events": None})
