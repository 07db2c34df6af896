"""Photos that owners begin pictures and clips with: what is taken in, and when it goes."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.checks import CheckVerdict
from domain.kernel.identity import source_photos_id
from domain.refusals import (
    AlreadyDecided,
    ConsentMissing,
    NotFound,
    NotVerified,
    SourcePhotoNotReady,
    SourcePhotoOfAnotherEngine,
    StaleResult,
    TooManySourcePhotos,
    TwinNotTrained,
    UploadsNotPlanned,
)
from domain.source_photo import SourceFlaw, SourceGone
from domain.source_photos import SOURCE_PHOTOS_MAX, SourcePhotos
from domain.time_limits import JOB_OPEN_MAX, SOURCE_PHOTO_KEPT_MAX
from domain.twin import Twin
from tests.domain.aggregate_spec import given
from tests.domain.people import (
    ADA,
    ADAS_TWIN,
    LIGHTHOUSE_JOB,
    MONDAY,
    PHOTOREALISTIC,
    POCKET,
    accepted_twin,
    consented_twin,
    named,
    newcomer,
    trained_twin,
    verified,
)
from tests.domain.photos_to_begin_with import (
    CLEAN,
    LANTERN,
    ROW,
    accepted_photo,
    judge,
    passed,
    plan,
    planned_photo,
    submitted_photo,
)


def withdrawn(twin: Twin) -> Twin:
    twin.withdraw_consent(at=MONDAY)
    return twin


def test_one_of_each_owner() -> None:
    assert SourcePhotos.open(ADA, at=MONDAY).id == source_photos_id(ADA)


def test_a_photo_is_planned_submitted_and_accepted() -> None:
    twin = trained_twin()
    photos = SourcePhotos.open(ADA, at=MONDAY)
    [planned] = given(photos).when(lambda p: plan(p, LANTERN, twin)).then(SourcePhotos.Planned)
    assert isinstance(planned, SourcePhotos.Planned)
    # Wherever the twin's consent ends, they go with all that it covered.
    assert planned.places.uploads.startswith(f"uploads/{ADA}/{ADAS_TWIN}/{twin.epoch}/")
    assert planned.places.photos.startswith(f"photos/{ADAS_TWIN}/{twin.epoch}/")
    given(photos).when(lambda p: p.submit(LANTERN, at=MONDAY)).then(SourcePhotos.Submitted)
    given(photos).when(lambda p: p.submit(LANTERN, at=MONDAY)).then_nothing()
    given(photos).when(lambda p: judge(p, twin, passed())).then(SourcePhotos.Accepted)
    assert photos.require_ready(LANTERN, twin, POCKET.id) == CLEAN


@pytest.mark.parametrize(
    ("twin", "person", "refusal"),
    [
        (trained_twin, newcomer, NotVerified),
        (consented_twin, verified, TwinNotTrained),
        (accepted_twin, verified, TwinNotTrained),
        (lambda: withdrawn(trained_twin()), verified, ConsentMissing),
        (trained_twin, lambda: verified(named("Grace")), NotFound),
    ],
)
def test_no_face_is_taken_in_without_consent_and_something_to_compare_it_with(
    twin: Any, person: Any, refusal: Any
) -> None:
    given(SourcePhotos.open(ADA, at=MONDAY)).when(
        lambda p: p.plan(
            LANTERN, twin=twin(), person=person(), entry=POCKET, size_bytes=1, at=MONDAY
        )
    ).then_refused(refusal)


def test_there_are_at_most_so_many() -> None:
    twin = trained_twin()
    photos = planned_photo(twin)
    for number in range(1, SOURCE_PHOTOS_MAX):
        plan(photos, named(f"photo {number} to begin with"), twin)
    given(photos).when(lambda p: plan(p, named("one more"), twin)).then_refused(TooManySourcePhotos)
    given(photos).when(lambda p: plan(p, LANTERN, twin)).then_refused(AlreadyDecided)
    photos.delete(LANTERN, at=MONDAY)
    given(photos).when(lambda p: plan(p, named("one more"), twin)).then(SourcePhotos.Planned)


@pytest.mark.parametrize(
    ("checks", "flaws"),
    [
        (passed(identity=False), (SourceFlaw.ANOTHER_PERSON,)),
        (passed(faces=2, face_count=False), (SourceFlaw.SEVERAL_FACES,)),
        (passed(in_world=False), (SourceFlaw.REAL_PHOTOGRAPH,)),
        # What is not of the engine's world has no other basis to be judged on.
        (passed(in_world=False, minor_veto=None), (SourceFlaw.REAL_PHOTOGRAPH,)),
        (passed(known_hash=False), (SourceFlaw.NOT_ALLOWED,)),
        (passed(minor_veto=False), (SourceFlaw.NOT_ALLOWED,)),
        (passed(known_hash=None), (SourceFlaw.NOT_JUDGED,)),
        (passed(faces=0, no_enrolled_match=False), (SourceFlaw.ANOTHER_PERSON,)),
        (passed()[:-1], (SourceFlaw.NOT_JUDGED,)),
        ((), (SourceFlaw.NOT_JUDGED,)),
        # A face that nobody compared with the twin's.
        (passed(faces=0)[:1] + passed(faces=1)[1:2] + passed(faces=0)[2:], None),
        # What is no number of faces is not "none".
        (
            tuple(
                msgspec.structs.replace(one, score=None) if one.check == "face_count" else one
                for one in passed(faces=0)
            ),
            None,
        ),
    ],
)
def test_a_photo_passes_what_outputs_pass(
    checks: tuple[CheckVerdict, ...], flaws: tuple[SourceFlaw, ...] | None
) -> None:
    twin = trained_twin()
    [refused] = (
        given(submitted_photo(twin))
        .when(lambda p: judge(p, twin, checks))
        .then(SourcePhotos.Refused)
    )
    assert isinstance(refused, SourcePhotos.Refused)
    assert flaws is None or refused.flaws == flaws


def test_a_photo_of_nobody_is_accepted() -> None:
    twin = trained_twin()
    given(submitted_photo(twin)).when(lambda p: judge(p, twin, passed(faces=0))).then(
        SourcePhotos.Accepted
    )


def test_without_a_policy_or_a_copy_nothing_is_accepted() -> None:
    twin = trained_twin()
    for row, clean in ((None, CLEAN), (ROW, None)):

        def decide(photos: SourcePhotos, row: Any = row, clean: Any = clean) -> None:
            photos.record_judged(
                LANTERN,
                twin=twin,
                row=row,
                policy_version=1,
                flaw=None,
                checks=passed(),
                clean=clean,
                at=MONDAY,
            )

        given(submitted_photo(twin)).when(decide).then(SourcePhotos.Refused)


def test_what_could_not_be_read_is_refused_for_that() -> None:
    twin = trained_twin()
    [refused] = (
        given(submitted_photo(twin))
        .when(lambda p: judge(p, twin, flaw=SourceFlaw.TRUNCATED))
        .then(SourcePhotos.Refused)
    )
    assert isinstance(refused, SourcePhotos.Refused)
    assert refused.flaws == (SourceFlaw.TRUNCATED,)


def test_a_verdict_counts_once_and_while_the_consent_is_in_force() -> None:
    twin = trained_twin()
    given(planned_photo(twin)).when(lambda p: judge(p, twin, passed())).then_refused(StaleResult)
    given(accepted_photo(twin)).when(lambda p: judge(p, twin, passed())).then_refused(StaleResult)
    given(submitted_photo(twin)).when(lambda p: judge(p, withdrawn(twin), passed())).then_refused(
        StaleResult
    )


def test_nothing_begins_with_a_photo_that_waits_or_whose_consent_is_over() -> None:
    twin = trained_twin()
    given(submitted_photo(twin)).when(
        lambda p: p.require_ready(LANTERN, twin, POCKET.id)
    ).then_refused(SourcePhotoNotReady)
    photos = accepted_photo(twin)
    given(photos).when(lambda p: p.require_ready(named("no photo"), twin, POCKET.id)).then_refused(
        NotFound
    )
    given(photos).when(lambda p: p.require_ready(LANTERN, withdrawn(twin), POCKET.id)).then_refused(
        SourcePhotoNotReady
    )


def test_a_photo_begins_something_only_on_the_engine_whose_policy_it_passed() -> None:
    twin = trained_twin()
    given(accepted_photo(twin)).when(
        lambda p: p.require_ready(LANTERN, twin, PHOTOREALISTIC.id)
    ).then_refused(SourcePhotoOfAnotherEngine)


def test_whoever_was_to_begin_with_it_is_named_when_it_goes() -> None:
    photos = accepted_photo()
    photos.lend(LANTERN, LIGHTHOUSE_JOB, at=MONDAY)
    [gone] = given(photos).when(lambda p: p.delete(LANTERN, at=MONDAY)).then(SourcePhotos.Deleted)
    assert isinstance(gone, SourcePhotos.Deleted)
    assert (gone.because, gone.lent_to) == (SourceGone.BY_OWNER, (LIGHTHOUSE_JOB,))
    given(photos).when(lambda p: p.delete(LANTERN, at=MONDAY)).then_refused(NotFound)


def test_jobs_that_must_have_ended_are_not_named() -> None:
    photos = accepted_photo()
    photos.lend(LANTERN, LIGHTHOUSE_JOB, at=MONDAY)
    [gone] = (
        given(photos)
        .when(lambda p: p.delete(LANTERN, at=MONDAY + JOB_OPEN_MAX))
        .then(SourcePhotos.Deleted)
    )
    assert isinstance(gone, SourcePhotos.Deleted)
    assert gone.lent_to == ()


def test_what_was_not_submitted_is_forgotten() -> None:
    given(planned_photo()).when(lambda p: p.forget_planned(LANTERN, at=MONDAY)).then(
        SourcePhotos.Deleted
    )
    given(submitted_photo()).when(lambda p: p.forget_planned(LANTERN, at=MONDAY)).then_refused(
        UploadsNotPlanned
    )


def test_what_nobody_could_judge_is_refused() -> None:
    given(submitted_photo()).when(lambda p: p.give_up(LANTERN, at=MONDAY)).then(
        SourcePhotos.Refused
    )
    given(accepted_photo()).when(lambda p: p.give_up(LANTERN, at=MONDAY)).then_refused(StaleResult)


def test_what_nothing_began_with_for_a_month_goes() -> None:
    later = MONDAY + SOURCE_PHOTO_KEPT_MAX
    photos = accepted_photo()
    given(photos).when(
        lambda p: p.forget_unused(LANTERN, at=later - timedelta(seconds=1))
    ).then_refused(AlreadyDecided)
    photos.lend(LANTERN, LIGHTHOUSE_JOB, at=later - timedelta(days=1))
    given(photos).when(lambda p: p.forget_unused(LANTERN, at=later)).then_refused(AlreadyDecided)
    at = later - timedelta(days=1) + SOURCE_PHOTO_KEPT_MAX
    given(photos).when(lambda p: p.forget_unused(LANTERN, at=at)).then(SourcePhotos.Deleted)


def test_the_end_of_a_consent_takes_its_photos_and_no_others() -> None:
    twin = trained_twin()
    photos = accepted_photo(twin)
    given(photos).when(lambda p: p.forget_uncovered(twin, at=MONDAY)).then_nothing()
    given(photos).when(lambda p: p.forget_uncovered(withdrawn(twin), at=MONDAY)).then(
        SourcePhotos.Deleted
    )
    given(photos).when(lambda p: p.forget_uncovered(twin, at=MONDAY)).then_nothing()
