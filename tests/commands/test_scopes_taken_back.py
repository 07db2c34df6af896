"""A scope that is taken back stops and hides what rests on it, and nothing else."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

from commands.gallery.keep_asset import KeepAsset
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.late import ReportLate
from commands.jobs.read_prompt import ReadPrompt
from commands.jobs.record_screening import ScreeningTaken
from commands.safety.publish_policy import PublishPolicy
from commands.twin.add_consent_scopes import AddConsentScopes
from commands.twin.claim_photo_set import ClaimPhotoSet
from commands.twin.consent_now import ConsentTicked
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from domain.asset import Asset, HiddenBecause
from domain.consent_text import CONSENT, ConsentScope
from domain.engines import ENGINES
from domain.job import Job
from domain.job_state import CancelledBy, JobState
from domain.kernel.identity import SYSTEM, asset_id, wallet_id
from domain.policy import DEFAULT_ROWS
from domain.rating import Rating
from domain.refusals import AlreadyDecided, ConsentMissing, RatingNotAllowed
from domain.twin import Twin
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec

TRAINING, PICTURES, CLIPS = (ConsentScope.TRAINING, ConsentScope.PICTURES, ConsentScope.CLIPS)
SUGGESTIVE = ConsentScope.SUGGESTIVE


def taken_back(twin: UUID, *scope: ConsentScope) -> TakeBackConsentScopes:
    return TakeBackConsentScopes(twin, scope)


def ticked(twin: UUID, *scope: ConsentScope) -> AddConsentScopes:
    return AddConsentScopes(twin, CONSENT.sha256, scope)


def test_a_queued_job_is_cancelled_and_costs_nothing(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    before = _available(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    spec.when(taken_back(twin, PICTURES)).then("twin.consent-scopes-taken-back")
    assert spec.result == ConsentTicked(1, (TRAINING, CLIPS))
    assert spec.does(journey.claim_of(job)) == ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    react(spec)
    _assert_stopped(spec, job)
    assert _available(spec) == before


def test_a_running_job_is_cancelled_and_its_work_deleted(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    before = _available(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.claimed(spec, job)
    late_work = journey.rendering_of(spec, claim)
    spec.given(taken_back(twin, PICTURES))
    with pytest.raises(ConsentMissing):
        spec.asks(ReadPrompt(job, 1, claim.claim_id))
    spec.when(late_work).then("job.result-discarded")
    assert isinstance(spec.result, ReportLate)
    react(spec)
    _assert_stopped(spec, job)
    assert _available(spec) == before


def test_a_job_being_screened_releases_nothing_even_if_it_is_ticked_again(
    spec: StudioSpec,
) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.rendered(spec, job)
    verdicts = journey.screening_of(spec, job)
    spec.given(taken_back(twin, PICTURES), ticked(twin, PICTURES))
    assert spec.asks(ClaimScreening(job, 1, claim.claim_id)) == ClaimDenied(
        ClaimDenial.CONSENT_WITHDRAWN
    )
    spec.when(verdicts).then("job.result-discarded", "asset.refused", "asset.refused")
    react(spec)
    _assert_stopped(spec, job)
    again = spec.does(journey.pictures_of(twin)).job_id
    assert isinstance(journey.finished(spec, again), ScreeningTaken)
    assert _hidden(spec, asset_id(again, 0)) is None


def test_a_job_that_rests_on_another_scope_goes_on(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    spec.given(taken_back(twin, CLIPS, TRAINING))
    react(spec)
    assert journey.finished(spec, job).released == (asset_id(job, 0), asset_id(job, 1))
    assert _hidden(spec, asset_id(job, 0)) is None


def test_pictures_are_hidden_until_their_owner_keeps_them_and_samples_stay(
    spec: StudioSpec,
) -> None:
    twin = journey.trained_twin(spec)
    [training] = spec.events(Job.Completed)
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    picture, other = asset_id(job, 0), asset_id(job, 1)
    spec.given(taken_back(twin, PICTURES))
    assert _hidden(spec, picture) is HiddenBecause.CONSENT_WITHDRAWN
    assert _hidden(spec, training.released[0]) is None
    spec.when(KeepAsset(picture)).then("asset.kept")
    spec.given(ticked(twin, PICTURES))
    assert _hidden(spec, picture) is None
    # Ticked again is not what it rested on.
    assert _hidden(spec, other) is HiddenBecause.CONSENT_WITHDRAWN


def test_without_training_samples_are_hidden_and_pictures_are_made_as_before(
    spec: StudioSpec,
) -> None:
    twin = journey.trained_twin(spec)
    [training] = spec.events(Job.Completed)
    spec.when(taken_back(twin, TRAINING)).then(
        "twin.consent-scopes-taken-back", "twin.deletion-requested"
    )
    assert _hidden(spec, training.released[0]) is HiddenBecause.CONSENT_WITHDRAWN
    places = spec.events(Twin.DeletionRequested)[-1].prefixes
    assert {place.partition("/")[0] for place in places} == {"uploads", "photos"}
    react(spec)
    assert _twin(spec).to_delete == ()
    job = spec.does(journey.pictures_of(twin)).job_id
    assert len(journey.finished(spec, job).released) == 2
    spec.when(PlanPhotoUploads(twin, journey.photo_files(12))).then_refused(
        ConsentMissing, scopes=(TRAINING,)
    )


def test_a_training_that_runs_stops_and_delivers_nothing(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    before = _available(spec)
    job = spec.does(journey.training_of(twin)).job_id
    journey.rendered(spec, job)
    verdicts = journey.screening_of(spec, job)
    spec.given(taken_back(twin, TRAINING))
    react(spec)
    spec.when(verdicts)
    assert isinstance(spec.result, ReportLate)
    _assert_stopped(spec, job)
    assert _available(spec) == before
    assert spec.events(Twin.AdapterDelivered) == []


def test_a_photo_set_being_judged_is_dropped_with_training(spec: StudioSpec) -> None:
    journey.verified(spec)
    twin = journey.twin_with_consent(spec)
    submitted = journey.photos_submitted(spec, twin)
    spec.given(taken_back(twin, TRAINING))
    assert spec.asks(ClaimPhotoSet(twin, submitted.submission_id)) == ClaimDenied(
        ClaimDenial.STALE_ATTEMPT
    )
    react(spec)
    spec.when(journey.good_verdicts(submitted)).then()
    assert isinstance(spec.result, ReportLate)


def test_photos_are_taken_in_again_once_training_is_ticked_again(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    journey.rich(spec)
    spec.given(taken_back(twin, TRAINING), ticked(twin, TRAINING))
    journey.photos_accepted(spec, twin)
    deleted = react(spec)
    new = _twin(spec).accepted
    assert new is not None
    assert not any(str(new.submission_id) in place for place in deleted if "photos/" in place)
    job = spec.does(journey.training_of(twin)).job_id
    assert len(journey.finished(spec, job).released) > 0


def test_a_tick_is_added_without_stopping_anything(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    spec.given(taken_back(twin, CLIPS))
    job = spec.does(journey.pictures_of(twin)).job_id
    spec.when(ticked(twin, CLIPS)).then("twin.consent-scopes-added")
    spec.when(ticked(twin, CLIPS)).then_refused(AlreadyDecided)
    react(spec)
    assert len(journey.finished(spec, job).released) == 2


@pytest.mark.parametrize("scope", [ConsentScope.SUGGESTIVE, ConsentScope.ADULT])
def test_a_rating_is_ticked_nowhere_as_shipped(spec: StudioSpec, scope: ConsentScope) -> None:
    twin = journey.trained_twin(spec)
    spec.when(ticked(twin, scope)).then_refused(RatingNotAllowed)
    # A row alone changes nothing: the engine has to be able to, too.
    row = DEFAULT_ROWS[0]
    bold = msgspec.structs.replace(row, rating=Rating.SUGGESTIVE)
    spec.does(PublishPolicy(2, (ADA,), (row, bold)), owner=SYSTEM)
    spec.when(ticked(twin, scope)).then_refused(RatingNotAllowed)
    bolder = replace(journey.pictures_of(twin), rating_cap=Rating.SUGGESTIVE)
    spec.when(bolder).then_refused(RatingNotAllowed)


@pytest.fixture
def suggestive_engine(spec: StudioSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pocket engine, were it able to, and a policy that allows it. Neither ships."""
    bold = msgspec.structs.replace(ENGINES["pocket"], ratings=(Rating.GENERAL, Rating.SUGGESTIVE))
    for module in ("domain.engines", "domain.consent_scopes"):
        monkeypatch.setattr(f"{module}.ENGINES", {**ENGINES, "pocket": bold})
    row = DEFAULT_ROWS[0]
    rows = (row, msgspec.structs.replace(row, rating=Rating.SUGGESTIVE))
    spec.does(PublishPolicy(2, (ADA,), rows), owner=SYSTEM)


@pytest.mark.usefixtures("suggestive_engine")
def test_a_stronger_rating_is_made_while_its_own_scope_is_ticked(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    wish = replace(journey.pictures_of(twin), rating_cap=Rating.SUGGESTIVE)
    spec.when(wish).then_refused(ConsentMissing, scopes=(SUGGESTIVE,))
    general = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, general)
    spec.when(ticked(twin, ConsentScope.ADULT)).then_refused(RatingNotAllowed)
    spec.given(ticked(twin, SUGGESTIVE))
    job = spec.does(wish).job_id
    assert spec.load(Job, job).scopes == {PICTURES: 1, SUGGESTIVE: 1}
    assert len(journey.finished(spec, job).released) == 2
    waiting = spec.does(wish).job_id
    spec.given(taken_back(twin, SUGGESTIVE))
    react(spec)
    _assert_stopped(spec, waiting)
    assert _hidden(spec, asset_id(job, 0)) is HiddenBecause.CONSENT_WITHDRAWN
    assert _hidden(spec, asset_id(general, 0)) is None
    spec.when(wish).then_refused(ConsentMissing, scopes=(SUGGESTIVE,))


def test_a_first_consent_to_a_rating_that_is_not_offered_is_refused(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    spec.given(taken_back(twin, TRAINING, PICTURES, CLIPS))
    adult = GrantConsent(twin, CONSENT.sha256, (PICTURES, ConsentScope.ADULT))
    spec.when(adult).then_refused(RatingNotAllowed)


def _twin(spec: StudioSpec) -> Twin:
    twin: Twin = spec.load(Twin, spec.events(Twin.Created)[0].originator_id)
    return twin


def _available(spec: StudioSpec) -> int:
    wallet = spec.load(Wallet, wallet_id(ADA))
    available: int = wallet.available
    return available


def _hidden(spec: StudioSpec, picture: UUID) -> HiddenBecause | None:
    asset = spec.load(Asset, picture)
    assert isinstance(asset, Asset)
    return asset.hidden_because(_twin(spec).consent_in_force)


def _assert_stopped(spec: StudioSpec, job_id: UUID) -> None:
    job = spec.load(Job, job_id)
    assert (job.state, job.cancelled_by, job.charge_millicredits) == (
        JobState.CANCELLED,
        CancelledBy.CONSENT_WITHDRAWN,
        0,
    )
    assert job_id not in _twin(spec).open_jobs
    assert [event for event in spec.events(Asset.Released) if event.job_id == job_id] == []
