"""Each scope is ticked, added and taken back by itself."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from domain.consent_scopes import RATINGS, SCOPES_OF_WORK, scopes_offered
from domain.consent_text import (
    BIOMETRIC_RELEASE,
    CONSENT,
    CONSENTS,
    FIRST_CONSENT,
    SCOPE_WORDS,
    ConsentScope,
    consent_version,
)
from domain.covered_places import covered_places
from domain.job_kind import JobKind
from domain.object_keys import adapters_of_job_prefix
from domain.photo_places import places_of_set
from domain.photo_set import PhotoVerdict
from domain.policy import DEFAULT_ROWS
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    ConsentMissing,
    ConsentTextChanged,
    NotFound,
    RatingNotAllowed,
    StaleResult,
)
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from domain.twin_state import OpenJob, TwinState
from tests.domain.aggregate_spec import given
from tests.domain.golden_streams import golden_streams
from tests.domain.people import (
    ADA,
    ADAPTER,
    ADAS_TWIN,
    GRACE,
    LIGHTHOUSE_JOB,
    MONDAY,
    POCKET,
    SUBMISSION,
    TRAINING_JOB,
    TUESDAY,
    accepted_twin,
    consented_twin,
    learning_twin,
    named,
    new_twin,
    plan,
    planned_twin,
    submitted_twin,
    trained_twin,
    verified,
)
from tests.domain.stored import replayed

TRAINING, PICTURES, CLIPS = (ConsentScope.TRAINING, ConsentScope.PICTURES, ConsentScope.CLIPS)
SUGGESTIVE, ADULT = ConsentScope.SUGGESTIVE, ConsentScope.ADULT
BOLD = msgspec.structs.replace(POCKET, ratings=tuple(Rating))
"""An engine that no catalogue has."""
PLACES = places_of_set(ADA, ADAS_TWIN, 1, SUBMISSION)


def new_twin_with_release() -> Twin:
    """Ada's twin, to which nobody has consented yet."""
    twin = new_twin()
    twin.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "en", at=MONDAY)
    return twin


def agreed_to(*scope: ConsentScope, offered: Sequence[ConsentScope] = OFFERED_ANYWHERE) -> Twin:
    """Ada's twin with the release and a consent to exactly this."""
    twin = new_twin_with_release()
    twin.grant_consent(verified(), CONSENT.sha256, scope, offered=offered, at=MONDAY)
    return twin


def trained_for(*scope: ConsentScope) -> Twin:
    """Ada's trained twin, for which every rating was offered, with this ticked besides."""
    twin = trained_twin()
    twin.add_consent_scopes(
        verified(), CONSENT.sha256, scope, offered=tuple(ConsentScope), at=MONDAY
    )
    return twin


def take_back(*scope: ConsentScope) -> Callable[[Twin], None]:
    return lambda twin: twin.take_back_consent_scopes(scope, at=TUESDAY)


def add(*scope: ConsentScope, text_sha256: str = CONSENT.sha256) -> Callable[[Twin], None]:
    return lambda twin: twin.add_consent_scopes(verified(), text_sha256, scope, at=TUESDAY)


def draw(kind: JobKind, rating: Rating = Rating.GENERAL) -> Callable[[Twin], None]:
    return lambda twin: twin.authorise_generation(
        LIGHTHOUSE_JOB,
        person=verified(),
        entry=BOLD,
        kind=kind,
        rating=rating,
        jurisdiction="XX",
        policy_version=1,
        at=TUESDAY,
    )


def deliver(twin: Twin) -> None:
    twin.deliver_adapter(TRAINING_JOB, 1, ADAPTER, at=TUESDAY)


def authorised(*kinds: JobKind) -> Twin:
    """Ada's trained twin with an open job of each kind, named by it."""
    twin = trained_twin()
    for kind in kinds:
        twin.authorise_generation(
            named(kind),
            person=verified(),
            entry=POCKET,
            kind=kind,
            rating=Rating.GENERAL,
            jurisdiction="XX",
            policy_version=1,
            at=TUESDAY,
        )
    return twin


def test_the_text_says_what_stands_beside_every_box() -> None:
    assert SCOPE_WORDS.keys() == set(ConsentScope)
    assert all(words in CONSENT.text for words in SCOPE_WORDS.values())


def test_every_version_of_the_text_is_known_by_its_digest() -> None:
    assert [consent_version(text.sha256) for text in CONSENTS] == [1, 2]
    assert consent_version("00" * 32) is consent_version(None) is None
    assert FIRST_CONSENT.sha256 == (
        "c450317da379f710881685080077a5cb85ba1c1e6d7aa255a972383900fa2ddd"
    )


def test_ratings_are_offered_where_an_engine_and_a_policy_row_allow_them() -> None:
    shipped = [(row.engine, row.rating) for row in DEFAULT_ROWS]
    assert scopes_offered(shipped) == (TRAINING, PICTURES, CLIPS)
    # Every engine that ships is general: a row for more than it can do offers nothing.
    assert scopes_offered([("pocket", "suggestive"), ("nobody", "adult")]) == OFFERED_ANYWHERE
    assert set(OFFERED_ANYWHERE).isdisjoint(RATINGS)


@pytest.mark.parametrize("scope", RATINGS)
def test_a_rating_that_is_not_offered_cannot_be_ticked(scope: ConsentScope) -> None:
    refused = given(new_twin_with_release()).when(
        lambda t: t.grant_consent(verified(), CONSENT.sha256, (PICTURES, scope), at=MONDAY)
    )
    assert refused.then_refused(RatingNotAllowed).rating == RATINGS[scope]
    given(consented_twin()).when(add(scope)).then_refused(RatingNotAllowed)


def test_a_rating_covers_nothing_by_itself() -> None:
    given(new_twin_with_release()).when(
        lambda t: t.grant_consent(
            verified(), CONSENT.sha256, (SUGGESTIVE,), offered=tuple(ConsentScope), at=MONDAY
        )
    ).then_refused(ConsentMissing)
    twin = agreed_to(CLIPS, SUGGESTIVE, offered=tuple(ConsentScope))
    given(twin).when(take_back(CLIPS)).then(Twin.ConsentWithdrawn, Twin.DeletionRequested)


def test_a_consent_to_an_earlier_text_is_not_given_any_more() -> None:
    given(new_twin_with_release()).when(
        lambda t: t.grant_consent(verified(), FIRST_CONSENT.sha256, (PICTURES,), at=MONDAY)
    ).then_refused(ConsentTextChanged)
    given(consented_twin()).when(add(CLIPS, text_sha256=FIRST_CONSENT.sha256)).then_refused(
        ConsentTextChanged
    )


def test_a_scope_is_added_while_everything_goes_on() -> None:
    twin = agreed_to(TRAINING)
    [added] = given(twin).when(add(CLIPS, TRAINING)).then(Twin.ConsentScopesAdded)
    assert isinstance(added, Twin.ConsentScopesAdded)
    assert (added.scope, added.epoch) == ((CLIPS,), 1)
    assert (twin.scope, twin.epoch) == ((TRAINING, CLIPS), 1)
    given(twin).when(add(CLIPS)).then_refused(AlreadyDecided)
    given(twin).when(add()).then_refused(AlreadyDecided)


def test_a_new_text_is_accepted_without_a_withdrawal() -> None:
    twin: Twin = replayed(golden_streams()["twin-whose-photos-were-rejected"])
    assert twin.consent_in_force.scopes == {TRAINING: 1, PICTURES: 1}
    given(twin).when(add()).then(Twin.ConsentScopesAdded)
    assert (twin.scope, twin.epoch) == ((TRAINING, PICTURES), 1)
    given(twin).when(add()).then_refused(AlreadyDecided)


def test_what_is_added_needs_a_consent_and_its_own_person() -> None:
    given(new_twin_with_release()).when(add(CLIPS)).then_refused(ConsentMissing)
    given(agreed_to(PICTURES)).when(
        lambda t: t.add_consent_scopes(verified(GRACE), CONSENT.sha256, (CLIPS,), at=MONDAY)
    ).then_refused(NotFound)


def test_a_scope_is_taken_back_by_itself_and_once() -> None:
    twin = consented_twin()
    [taken] = given(twin).when(take_back(CLIPS, ADULT)).then(Twin.ConsentScopesTakenBack)
    assert isinstance(taken, Twin.ConsentScopesTakenBack)
    assert (taken.versions, taken.epoch) == ({CLIPS: 2}, 1)
    assert (twin.scope, twin.epoch) == ((TRAINING, PICTURES), 1)
    refusal = given(twin).when(take_back(CLIPS)).then_refused(ConsentMissing)
    assert refusal.scopes == (CLIPS,)
    given(twin).when(take_back()).then_refused(ConsentMissing)


def test_the_last_scope_that_is_taken_back_is_a_withdrawal() -> None:
    twin = trained_twin()
    take_back(TRAINING, CLIPS)(twin)
    given(twin).when(take_back(PICTURES)).then(Twin.ConsentWithdrawn, Twin.DeletionRequested)
    assert (twin.epoch, twin.scope, covered_places(twin)) == (2, (), frozenset())


def test_a_job_that_rests_on_a_scope_stops_with_it_and_no_other_does() -> None:
    twin = authorised(JobKind.IMAGES, JobKind.VIDEO)
    [taken] = given(twin).when(take_back(CLIPS)).then(Twin.ConsentScopesTakenBack)
    assert isinstance(taken, Twin.ConsentScopesTakenBack)
    assert taken.open_jobs == (named(JobKind.VIDEO),)
    assert not twin.covers(1, twin.scopes_of(named(JobKind.VIDEO)))
    assert twin.covers(1, twin.scopes_of(named(JobKind.IMAGES)))


def test_a_job_of_before_rests_on_pictures_and_a_training_on_training() -> None:
    of_before = {JobKind.IMAGES: {PICTURES: 1}, JobKind.TRAINING: {TRAINING: 1}}
    assert {kind: OpenJob(kind, "pocket", 1).rests_on for kind in of_before} == of_before


def test_a_scope_that_is_ticked_again_revives_nothing() -> None:
    twin = authorised(JobKind.VIDEO)
    then = twin.scopes_of(named(JobKind.VIDEO))
    take_back(CLIPS)(twin)
    add(CLIPS)(twin)
    assert not twin.covers(1, then)
    given(twin).when(draw(JobKind.VIDEO)).then(Twin.GenerationAuthorised)
    assert twin.scopes_of(LIGHTHOUSE_JOB) == {CLIPS: 2}
    # Versions outlive a withdrawal, too.
    twin.withdraw_consent(at=TUESDAY)
    twin.grant_consent(verified(), CONSENT.sha256, OFFERED_ANYWHERE, at=TUESDAY)
    assert twin.consent_in_force.scopes == {TRAINING: 1, PICTURES: 1, CLIPS: 2}


@pytest.mark.parametrize(("kind", "scope"), [(JobKind.IMAGES, PICTURES), (JobKind.VIDEO, CLIPS)])
def test_a_kind_needs_its_scope_and_the_refusal_names_it(
    kind: JobKind, scope: ConsentScope
) -> None:
    twin = trained_twin()
    take_back(scope)(twin)
    refusal = given(twin).when(draw(kind)).then_refused(ConsentMissing)
    assert refusal.scopes == (scope,)
    assert refusal.message.endswith(" covers pictures." if scope is PICTURES else " covers clips.")


@pytest.mark.parametrize(
    ("rating", "scope"), [(rating, scope) for scope, rating in RATINGS.items()]
)
def test_a_rating_needs_its_scope_and_an_engine_that_has_it(
    rating: Rating, scope: ConsentScope
) -> None:
    refusal = given(trained_twin()).when(draw(JobKind.IMAGES, rating)).then_refused(ConsentMissing)
    assert refusal.scopes == (scope,)
    twin = trained_for(scope)
    given(twin).when(draw(JobKind.IMAGES, rating)).then(Twin.GenerationAuthorised)
    assert twin.scopes_of(LIGHTHOUSE_JOB) == {PICTURES: 1, scope: 1}
    given(trained_for(scope)).when(
        lambda t: t.authorise_generation(
            LIGHTHOUSE_JOB,
            person=verified(),
            entry=POCKET,
            kind=JobKind.IMAGES,
            rating=rating,
            jurisdiction="XX",
            policy_version=1,
            at=TUESDAY,
        )
    ).then_refused(RatingNotAllowed)


@pytest.mark.parametrize("waiting", [planned_twin, submitted_twin, accepted_twin, learning_twin])
def test_without_training_nothing_of_a_face_is_kept_that_no_adapter_needs(
    waiting: Callable[[], Twin],
) -> None:
    twin = waiting()
    _, deletion = (
        given(twin)
        .when(take_back(TRAINING))
        .then(Twin.ConsentScopesTakenBack, Twin.DeletionRequested)
    )
    assert isinstance(deletion, Twin.DeletionRequested)
    learnt = [adapters_of_job_prefix(ADAS_TWIN, 1, job) for job in twin.open_jobs]
    assert set(deletion.prefixes) == {*PLACES.all, *learnt}
    assert covered_places(twin) == frozenset()
    assert (twin.submitted, twin.accepted) == (None, None)


def test_without_training_an_adapter_and_the_face_it_is_checked_against_stay() -> None:
    twin = trained_twin()
    _, deletion = (
        given(twin)
        .when(take_back(TRAINING))
        .then(Twin.ConsentScopesTakenBack, Twin.DeletionRequested)
    )
    assert isinstance(deletion, Twin.DeletionRequested)
    assert set(deletion.prefixes) == {PLACES.uploads, PLACES.photos}
    assert covered_places(twin) == {ADAPTER.object_key, PLACES.template}
    given(twin).when(draw(JobKind.IMAGES)).then(Twin.GenerationAuthorised)


def test_a_training_that_runs_is_void_without_its_scope() -> None:
    twin = learning_twin()
    [taken, _] = (
        given(twin)
        .when(take_back(TRAINING))
        .then(Twin.ConsentScopesTakenBack, Twin.DeletionRequested)
    )
    assert isinstance(taken, Twin.ConsentScopesTakenBack)
    assert taken.open_jobs == (TRAINING_JOB,)
    given(twin).when(deliver).then_refused(StaleResult)
    add(TRAINING)(twin)
    given(twin).when(deliver).then_refused(StaleResult)
    # What it may have written goes once it has ended.
    given(twin).when(lambda t: t.end_job(TRAINING_JOB, at=TUESDAY)).then(
        Twin.JobEnded, Twin.PlacesGaveWay
    )


def test_the_face_of_before_goes_once_a_new_adapter_takes_its_place() -> None:
    twin = trained_twin()
    take_back(TRAINING)(twin)
    add(TRAINING)(twin)
    again, photos = named("photos of after"), tuple(named(f"after {n}") for n in range(10))
    plan(twin, again, photos)
    twin.submit_photos(again, person=verified(), entry=POCKET, photo_ids=photos, at=TUESDAY)
    good = [PhotoVerdict(photo) for photo in photos]
    twin.record_photo_verdicts(again, good, (), "analyser", at=TUESDAY)
    job = named("the second training")
    twin.authorise_training(job, person=verified(), entry=POCKET, policy_version=1, at=TUESDAY)
    assert twin.scopes_of(job) == {TRAINING: 2}
    newer = msgspec.structs.replace(ADAPTER, object_key="adapters/newer.safetensors")
    _, gave_way = (
        given(twin)
        .when(lambda t: t.deliver_adapter(job, 1, newer, at=TUESDAY))
        .then(Twin.AdapterDelivered, Twin.PlacesGaveWay)
    )
    assert isinstance(gave_way, Twin.PlacesGaveWay)
    assert set(gave_way.places) == {ADAPTER.object_key, PLACES.template}


def test_pictures_that_are_taken_back_leave_photos_and_clips() -> None:
    twin = trained_twin()
    before = covered_places(twin)
    given(twin).when(take_back(PICTURES)).then(Twin.ConsentScopesTakenBack)
    assert covered_places(twin) == before
    given(twin).when(draw(JobKind.VIDEO)).then(Twin.GenerationAuthorised)


def test_what_was_forgotten_of_photos_is_forgotten_by_a_snapshot_too() -> None:
    twin = trained_twin()
    take_back(TRAINING)(twin)
    state = msgspec.json.decode(msgspec.json.encode(twin.snapshot_state()), type=TwinState)
    assert state == twin.snapshot_state()
    again = Twin.from_snapshot(twin.id, twin.version, state)
    assert (again.consent_in_force, covered_places(again)) == (
        twin.consent_in_force,
        covered_places(twin),
    )


def test_some_scope_covers_each_kind_of_work() -> None:
    assert set(OFFERED_ANYWHERE) == SCOPES_OF_WORK
