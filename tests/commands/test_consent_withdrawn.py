"""Withdrawn consent stops what is queued, running or being screened, and costs nothing."""

from uuid import UUID

import pytest

from commands.gallery.keep_asset import KeepAsset
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.late import ReportLate
from commands.jobs.read_prompt import ReadPrompt
from commands.twin.claim_photo_set import ClaimPhotoSet
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset, HiddenBecause
from domain.consent_text import CONSENT
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.identity import asset_id, wallet_id
from domain.refusals import ConsentMissing
from domain.twin import Twin
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, StudioSpec


@pytest.fixture
def available_before(spec: StudioSpec) -> int:
    """The balance of a trained twin's owner."""
    journey.trained_twin(spec)
    available: int = spec.load(Wallet, wallet_id(ADA)).available
    return available


def _twin(spec: StudioSpec) -> Twin:
    twin: Twin = spec.load(Twin, spec.events(Twin.Created)[0].originator_id)
    return twin


def test_a_queued_job_is_cancelled_and_refunded(spec: StudioSpec, available_before: int) -> None:
    twin = _twin(spec).id
    job = spec.does(journey.pictures_of(twin)).job_id
    spec.given(WithdrawConsent(twin))
    assert spec.does(journey.claim_of(job)) == ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    react(spec)
    _assert_stopped_for_nothing(spec, job, available_before)


def test_a_running_job_is_cancelled_and_refunded(spec: StudioSpec, available_before: int) -> None:
    twin = _twin(spec).id
    job = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.claimed(spec, job)
    late_work = journey.rendering_of(spec, claim)
    spec.given(WithdrawConsent(twin))
    react(spec)
    _assert_stopped_for_nothing(spec, job, available_before)
    spec.when(late_work).then("job.result-discarded")
    assert isinstance(spec.result, ReportLate)


def test_work_that_arrives_before_the_reaction_is_late_all_the_same(
    spec: StudioSpec, available_before: int
) -> None:
    twin = _twin(spec).id
    job = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.claimed(spec, job)
    late_work = journey.rendering_of(spec, claim)
    spec.given(WithdrawConsent(twin))
    spec.when(late_work).then("job.result-discarded")
    react(spec)
    _assert_stopped_for_nothing(spec, job, available_before)


def test_a_job_being_screened_releases_nothing(spec: StudioSpec, available_before: int) -> None:
    twin = _twin(spec).id
    job = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.rendered(spec, job)
    verdicts = journey.screening_of(spec, job)
    spec.given(WithdrawConsent(twin))
    assert spec.asks(ClaimScreening(job, 1, claim.claim_id)) == ClaimDenied(
        ClaimDenial.CONSENT_WITHDRAWN
    )
    spec.when(verdicts).then("job.result-discarded", "asset.refused", "asset.refused")
    assert isinstance(spec.result, ReportLate)
    react(spec)
    _assert_stopped_for_nothing(spec, job, available_before)


def test_a_training_being_screened_delivers_nothing(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    job = spec.does(journey.training_of(twin)).job_id
    journey.rendered(spec, job)
    verdicts = journey.screening_of(spec, job)
    spec.given(WithdrawConsent(twin))
    react(spec)
    spec.when(verdicts)
    assert isinstance(spec.result, ReportLate)
    assert spec.events(Twin.AdapterDelivered) == []
    assert spec.events(Asset.Released) == []
    adapter = f"adapters/{twin}/1/{job}/{verdicts.claim_id}.safetensors"
    assert adapter in spec.events(Twin.DeletionRequested)[-1].prefixes


def test_a_granted_claim_loses_its_prompt_with_the_consent(
    spec: StudioSpec, available_before: int
) -> None:
    twin = _twin(spec).id
    job = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.claimed(spec, job)
    question = ReadPrompt(job, 1, claim.claim_id)
    assert spec.asks(question).prompt == journey.A_LIGHTHOUSE.prompt
    spec.given(WithdrawConsent(twin))
    with pytest.raises(ConsentMissing):
        spec.asks(question)


def test_a_photo_set_being_judged_is_dropped(spec: StudioSpec) -> None:
    journey.verified(spec)
    twin = journey.twin_with_consent(spec)
    submitted = journey.photos_submitted(spec, twin)
    spec.given(WithdrawConsent(twin))
    answer = spec.asks(ClaimPhotoSet(twin, submitted.submission_id))
    assert answer == ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    react(spec)
    spec.when(journey.good_verdicts(submitted)).then()
    assert isinstance(spec.result, ReportLate)


def test_all_that_the_consent_covered_is_deleted_and_once_more_later(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    spec.given(WithdrawConsent(twin))
    deleted = react(spec)
    spec.clock.pass_by(hours=1)
    deleted += react(spec)
    covered = [
        f"uploads/{ADA}/{twin}/1/",
        f"photos/{twin}/1/",
        f"templates/{twin}/1/",
        f"adapters/{twin}/1/",
    ]
    # Carried out twice each time, and the first ones again with the later ones.
    assert [deleted.count(place) for place in covered] == [6, 6, 6, 6]
    assert _twin(spec).to_delete == ()


def test_new_photos_need_not_wait_until_the_old_ones_are_gone(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    spec.given(WithdrawConsent(twin), GrantConsent(twin, CONSENT.sha256, journey.EVERYTHING))
    spec.when(PlanPhotoUploads(twin, journey.photo_files(12))).then("twin.uploads-planned")
    new = spec.result.uploads[0].object_key
    assert not any(new.startswith(place) for place in react(spec))


def test_released_pictures_are_hidden_until_their_owner_keeps_them(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    picture = asset_id(job, 0)
    spec.when(KeepAsset(picture)).then()
    spec.given(WithdrawConsent(twin))
    assert _hidden(spec, picture) is HiddenBecause.CONSENT_WITHDRAWN
    spec.when(KeepAsset(picture)).then("asset.kept")
    assert _hidden(spec, picture) is None


def test_a_withdrawal_writes_as_much_for_many_pictures_as_for_none(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    for _ in range(3):
        journey.finished(spec, spec.does(journey.pictures_of(twin)).job_id)
    spec.when(WithdrawConsent(twin)).then("twin.consent-withdrawn", "twin.deletion-requested")
    react(spec)
    assert spec.events(Asset.Hidden) == []


def test_a_second_withdrawal_leaves_alone_what_was_kept_after_the_first(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    spec.given(WithdrawConsent(twin))
    react(spec)
    spec.given(
        KeepAsset(asset_id(job, 0)),
        GrantConsent(twin, CONSENT.sha256, journey.EVERYTHING),
        WithdrawConsent(twin),
    )
    react(spec)
    assert _hidden(spec, asset_id(job, 0)) is None


def _hidden(spec: StudioSpec, picture: UUID) -> HiddenBecause | None:
    asset = spec.load(Asset, picture)
    assert isinstance(asset, Asset)
    return asset.hidden_because(_twin(spec).consent_in_force)


def _assert_stopped_for_nothing(spec: StudioSpec, job_id: object, available: int) -> None:
    [job] = [spec.load(Job, event.originator_id) for event in spec.events(Job.Cancelled)]
    assert (job.id, job.state, job.charge_millicredits) == (job_id, JobState.CANCELLED, 0)
    wallet = spec.load(Wallet, wallet_id(ADA))
    assert (wallet.available, wallet.reserved) == (available, 0)
    assert _twin(spec).open_jobs == ()
    assert [event for event in spec.events(Asset.Released) if event.job_id == job_id] == []
