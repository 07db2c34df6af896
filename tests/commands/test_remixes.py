"""Pictures that begin with a picture, and pictures that differ in their seed only."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from commands.gallery.purge_asset import PurgeAsset
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.fail_job import FailJob
from commands.jobs.grants.drawn import ImagesGrant
from commands.jobs.retry_job import RetryJob
from commands.quote import QuoteClips, QuoteImages
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset
from domain.consent_text import ConsentScope
from domain.job import Job
from domain.job_state import JobFailure, JobState
from domain.kernel.identity import asset_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.refusals import (
    AssetNotAvailable,
    NotFound,
    SettingOutOfRange,
    SourceNotAPicture,
    SourceRatioDiffers,
    SourceShowsAnotherTwin,
    VariationDiffers,
)
from domain.twin import Twin
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_LIGHTHOUSE, A_NOD
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, StudioSpec


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, trained."""
    return journey.trained_twin(spec)


def picture(spec: StudioSpec, twin: UUID | None, **wishes: Any) -> UUID:
    """The first released picture of a job that was asked for like this."""
    job = spec.does(replace(A_LIGHTHOUSE, twin_id=twin, **wishes)).job_id
    journey.finished(spec, job)
    return asset_id(job, 0)


def remix_of(source: UUID, **wishes: Any) -> Any:
    """A keeper in oilskin, drawn over a picture."""
    keeper = PersonalText("a lighthouse keeper in fog")
    return replace(A_LIGHTHOUSE, prompt=keeper, source_asset_id=source, count=1, **wishes)


def available(spec: StudioSpec) -> int:
    wallet: Wallet = spec.load(Wallet, wallet_id(ADA))
    return wallet.available


def varied_by(spec: StudioSpec, job: UUID) -> UUID | None:
    [varies] = {event.varies for event in spec.events(Job.Requested) if event.originator_id == job}
    assert varies is None or isinstance(varies, UUID)
    return varies


def granted(spec: StudioSpec, job: UUID) -> ImagesGrant:
    work = spec.does(journey.claim_of(job)).work
    assert isinstance(work, ImagesGrant)
    return work


def test_a_picture_is_drawn_anew_as_the_twin_that_it_shows(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    spec.when(remix_of(source, source_strength=0.5)).then(
        "twin.generation-authorised", "wallet.reserved", "job.requested", "asset.lent"
    )
    job = spec.result.job_id
    work = granted(spec, job)
    master = spec.load(Asset, source).master
    assert work.source is not None
    assert (work.source.object_key, work.source.sha256) == (master.object_key, master.sha256)
    assert work.source.strength == 0.5
    assert work.adapter is not None
    assert spec.load(Job, job).twin_id == twin


def test_how_much_is_drawn_anew_has_a_default_and_a_range(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    job = spec.does(remix_of(source)).job_id
    [read] = spec.load(Job, job).inputs
    assert read.strength == 0.6
    for strength in (-0.1, 0.0, 0.05, 1.1, float("nan")):
        spec.when(remix_of(source, source_strength=strength)).then_refused(SettingOutOfRange)


def test_a_strength_that_draws_nothing_anew_is_refused_before_it_is_paid(
    spec: StudioSpec, twin: UUID
) -> None:
    """Of one step, nine tenths are none."""
    source = picture(spec, twin)
    for asked in (
        remix_of(source, num_inference_steps=1, source_strength=0.9),
        replace(A_NOD, source_asset_id=source, num_inference_steps=1, source_strength=0.9),
    ):
        spec.when(asked).then_refused(SettingOutOfRange, setting="source_strength", minimum=1.0)


def test_a_picture_of_another_shape_is_no_source(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    spec.when(remix_of(source, aspect_ratio="9:16")).then_refused(SourceRatioDiffers)
    with pytest.raises(SourceRatioDiffers):
        spec.asks(QuoteImages("pocket", 1, aspect_ratio="9:16", source_asset_id=source))
    assert spec.asks(QuoteImages("pocket", 1, source_asset_id=source)).millicredits == 100


def test_what_is_not_in_sight_or_no_picture_or_not_ones_own_is_no_source_and_not_varied(
    spec: StudioSpec, twin: UUID
) -> None:
    clip = spec.does(replace(A_NOD, twin_id=twin, count=1)).job_id
    journey.rendered(spec, clip)
    spec.given(journey.clips_screened(spec, clip, 4_000))
    purged, hidden = picture(spec, twin), picture(spec, twin)
    spec.when(remix_of(asset_id(clip, 0))).then_refused(SourceNotAPicture)
    varied = replace(journey.pictures_of(twin), variation_of=asset_id(clip, 0))
    spec.when(varied).then_refused(VariationDiffers)
    spec.when(remix_of(hidden, twin_id=UUID(int=3))).then_refused(SourceShowsAnotherTwin)
    journey.verified(spec, GRACE)
    journey.rich(spec, GRACE)
    for of_ada in (hidden, UUID(int=1)):
        spec.when(remix_of(of_ada), owner=GRACE).then_refused(NotFound)
        another = replace(A_LIGHTHOUSE, variation_of=of_ada)
        spec.when(another, owner=GRACE).then_refused(NotFound)
    spec.given(PurgeAsset(purged), WithdrawConsent(twin))
    for gone in (purged, hidden):
        spec.when(remix_of(gone)).then_refused(AssetNotAvailable)
        spec.when(replace(A_LIGHTHOUSE, variation_of=gone)).then_refused(AssetNotAvailable)


def test_a_remix_whose_picture_is_purged_before_it_is_read_ends_with_its_credits_back(
    spec: StudioSpec, twin: UUID
) -> None:
    source = picture(spec, twin)
    before = available(spec)
    waiting, claimed_late = (spec.does(remix_of(source, seed=seed)).job_id for seed in range(2))
    spec.given(PurgeAsset(source))
    assert spec.does(journey.claim_of(claimed_late)) == ClaimDenied(ClaimDenial.JOB_ENDED)
    react(spec)
    for job in (waiting, claimed_late):
        assert spec.load(Job, job).state is JobState.FAILED
    assert {event.reason for event in spec.events(Job.Failed)} == {JobFailure.SOURCE_GONE}
    assert available(spec) == before


def test_a_purged_picture_breaks_nothing_that_was_made_of_it(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    job = spec.does(remix_of(source)).job_id
    journey.finished(spec, job)
    spec.given(PurgeAsset(source))
    react(spec)
    child = spec.load(Asset, asset_id(job, 0))
    assert child.is_shown(spec.load(Twin, twin).consent_in_force)
    spec.does(remix_of(child.id))


def test_the_screener_is_told_what_a_remix_was_made_of_and_nothing_of_a_variation(
    spec: StudioSpec, twin: UUID
) -> None:
    source = picture(spec, twin)
    remix = spec.does(remix_of(source)).job_id
    variation = spec.does(replace(journey.pictures_of(twin), variation_of=source)).job_id
    told = {}
    for job in (remix, variation):
        claim = journey.rendered(spec, job)
        work = spec.asks(ClaimScreening(job, 1, claim.claim_id))
        told[job] = {item.source_id for item in work.outputs}
    assert told == {remix: {source}, variation: {None}}


def test_a_variation_is_the_same_request_with_another_seed(spec: StudioSpec, twin: UUID) -> None:
    asked = journey.pictures_of(twin)
    first = picture(spec, twin, seed=3)
    spec.when(replace(asked, variation_of=first, seed=900, count=1)).then(
        "twin.generation-authorised", "wallet.reserved", "job.requested"
    )
    job = spec.result.job_id
    assert varied_by(spec, job) == first
    # It is drawn from noise: a worker is not even told of the picture.
    assert granted(spec, job).source is None


@pytest.mark.parametrize(
    "difference",
    [
        {"prompt": PersonalText("a lighthouse at noon")},
        {"negative_prompt": PersonalText("rain")},
        {"style": "neon"},
        {"guidance_scale": 7.0},
        {"num_inference_steps": 10},
        {"twin_id": None},
    ],
)
def test_whatever_else_differs_is_no_variation(
    spec: StudioSpec, twin: UUID, difference: dict[str, Any]
) -> None:
    first = picture(spec, twin)
    asked = replace(journey.pictures_of(twin), variation_of=first, **difference)
    spec.when(asked).then_refused(VariationDiffers)


def test_a_sample_of_a_training_is_not_varied(spec: StudioSpec, twin: UUID) -> None:
    [sample, *_] = spec.events(Asset.Released)
    asked = replace(journey.pictures_of(twin), variation_of=sample.originator_id)
    spec.when(asked).then_refused(VariationDiffers)


def test_a_remix_is_varied_with_the_picture_that_it_began_with(
    spec: StudioSpec, twin: UUID
) -> None:
    source = picture(spec, twin)
    remix = remix_of(source, source_strength=0.4)
    job = spec.does(remix).job_id
    journey.finished(spec, job)
    first = asset_id(job, 0)
    other_strength = replace(remix, variation_of=first, source_strength=0.5)
    spec.when(other_strength).then_refused(VariationDiffers)
    again = spec.does(replace(remix, variation_of=first, seed=77)).job_id
    assert spec.load(Job, again).inputs == spec.load(Job, job).inputs
    assert varied_by(spec, again) == first
    work = granted(spec, again)
    assert work.source is not None
    assert work.source.strength == 0.4


def test_a_variation_goes_on_where_its_picture_is_purged(spec: StudioSpec, twin: UUID) -> None:
    first = picture(spec, twin)
    job = spec.does(replace(journey.pictures_of(twin), variation_of=first, seed=77)).job_id
    spec.given(PurgeAsset(first))
    react(spec)
    assert granted(spec, job).source is None


def test_a_failed_variation_is_done_again_where_its_picture_is_purged(
    spec: StudioSpec, twin: UUID
) -> None:
    varied = picture(spec, twin)
    first = spec.does(replace(journey.pictures_of(twin), variation_of=varied, seed=77)).job_id
    spec.given(FailJob(first, JobFailure.ATTEMPTS_EXHAUSTED), PurgeAsset(varied))
    again = spec.does(RetryJob(first, price_version=1, session_jurisdiction="XX")).job_id
    assert varied_by(spec, again) == varied


def test_what_was_drawn_without_strength_is_varied_by_the_same_request(
    spec: StudioSpec, twin: UUID
) -> None:
    nobody = replace(journey.pictures_of(twin), twin_strength=0.0)
    job = spec.does(nobody).job_id
    journey.rendered(spec, job)
    report = journey.screening_of(spec, job)
    of_nobody = tuple(
        msgspec.structs.replace(one, checks=journey.PASSED_WITHOUT_TWIN) for one in report.outputs
    )
    spec.does(replace(report, outputs=of_nobody))
    varied = spec.does(replace(nobody, variation_of=asset_id(job, 0), seed=77)).job_id
    assert varied_by(spec, varied) == asset_id(job, 0)


def test_a_quote_reads_a_remix_with_the_name_of_the_twin_that_it_shows(
    spec: StudioSpec, twin: UUID
) -> None:
    """Or else it would say of a prompt that it fits which the request refuses."""
    source, words = picture(spec, twin), PersonalText("a lighthouse keeper in fog")
    for quote in (QuoteImages("pocket", 1), QuoteClips("pocket", 1)):
        asked = replace(quote, prompt=words, source_asset_id=source)
        unnamed, named = (spec.asks(replace(asked, names_twin=said)) for said in (False, True))
        assert unnamed.prompt == named.prompt
        assert named.prompt != spec.asks(replace(quote, prompt=words)).prompt


def test_a_failed_remix_or_variation_is_done_again_as_it_was(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    for asked in (
        remix_of(source, source_strength=0.4, seed=11),
        replace(journey.pictures_of(twin), variation_of=source, seed=11),
    ):
        first = spec.does(asked).job_id
        spec.given(FailJob(first, JobFailure.ATTEMPTS_EXHAUSTED))
        again = spec.does(RetryJob(first, price_version=1, session_jurisdiction="XX")).job_id
        was, now = spec.load(Job, first), spec.load(Job, again)
        assert (now.settings, now.inputs) == (was.settings, was.inputs)
        assert varied_by(spec, again) == varied_by(spec, first)
        assert [item.seed for item in now.items] == [item.seed for item in was.items]


def test_a_clip_whose_picture_is_hidden_with_its_scope_is_not_begun(
    spec: StudioSpec, twin: UUID
) -> None:
    """The twin's clips are covered still, but the picture that this one begins with is not."""
    source = picture(spec, twin)
    before = available(spec)
    job = spec.does(replace(A_NOD, source_asset_id=source)).job_id
    spec.given(TakeBackConsentScopes(twin, (ConsentScope.PICTURES,)))
    assert spec.does(journey.claim_of(job)) == ClaimDenied(ClaimDenial.JOB_ENDED)
    [failed] = spec.events(Job.Failed)
    assert failed.reason is JobFailure.SOURCE_GONE
    assert available(spec) == before
