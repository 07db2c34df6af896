"""Clips, from words and from a picture: asked for, drawn, screened, and charged by the second."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest

from commands.gallery.purge_asset import PurgeAsset
from commands.jobs.cancel_job import CancelJob
from commands.jobs.claim_screening import ClaimScreening, ClipGrant
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.fail_job import FailJob
from commands.jobs.grants.drawn import VideoGrant
from commands.jobs.late import ReportLate
from commands.jobs.read_prompt import ReadPrompt
from commands.jobs.request_video import RequestVideo
from commands.jobs.retry_job import RetryJob
from commands.quote import QuoteClips
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset
from domain.asset_kind import AssetKind
from domain.job import Job
from domain.job_state import JobFailure, JobState
from domain.kernel.identity import asset_id, wallet_id
from domain.kernel.personal_text import PersonalText
from domain.kernel.refusal import Refusal
from domain.rating import Rating
from domain.refusals import (
    AspectRatioUnsupported,
    AssetNotAvailable,
    ConsentMissing,
    CountOutOfRange,
    DurationUnsupported,
    EngineUnavailable,
    InsufficientCredits,
    NotFound,
    PromptHasTooManyWords,
    RatingNotAllowed,
    SettingOutOfRange,
    SourceNotAPicture,
    SourceRatioDiffers,
    SourceShowsAnotherTwin,
    StaleResult,
    TooManySeconds,
    UnknownMotion,
    UnknownStyle,
)
from domain.wallet import Wallet
from tests.commands import journey
from tests.commands.journey import A_NOD
from tests.commands.reactor import react
from tests.commands.studio_spec import ADA, GRACE, StudioSpec

REQUESTED_WITHOUT_TWIN = ("person.generation-authorised", "wallet.reserved", "job.requested")


@pytest.fixture
def ada(spec: StudioSpec) -> StudioSpec:
    """Ada is verified and has credits, and no twin."""
    journey.verified(spec)
    journey.rich(spec)
    return spec


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Ada's twin, trained."""
    return journey.trained_twin(spec)


def picture(spec: StudioSpec, twin: UUID) -> UUID:
    """A released picture of the twin, 512 pixels wide and high."""
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.finished(spec, job)
    return asset_id(job, 0)


def available(spec: StudioSpec) -> int:
    wallet: Wallet = spec.load(Wallet, wallet_id(ADA))
    return wallet.available


def granted(spec: StudioSpec, job: UUID) -> VideoGrant:
    """What the first worker that claims is given."""
    work = spec.does(journey.claim_of(job)).work
    assert isinstance(work, VideoGrant)
    return work


def test_clips_are_asked_for_without_a_twin(ada: StudioSpec) -> None:
    ada.when(A_NOD).then(*REQUESTED_WITHOUT_TWIN)
    job = ada.load(Job, ada.result.job_id)
    assert (job.settings.frames, job.settings.motion) == (32, "nod")
    assert ada.result.quoted_millicredits == job.quoted_millicredits > 0
    assert ada.asks(QuoteClips("pocket", 2, duration_s=4)).millicredits == job.quoted_millicredits


def test_clips_are_asked_for_with_a_twin(spec: StudioSpec, twin: UUID) -> None:
    spec.when(replace(A_NOD, twin_id=twin)).then(
        "twin.generation-authorised", "wallet.reserved", "job.requested"
    )


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"duration_s": 2}, DurationUnsupported),
        ({"duration_s": 6}, DurationUnsupported),
        ({"duration_s": -4}, DurationUnsupported),
        ({"motion": "cartwheel"}, UnknownMotion),
        ({"count": 0}, CountOutOfRange),
        ({"count": 5}, CountOutOfRange),
        ({"count": 4}, TooManySeconds),
        ({"style": "baroque"}, UnknownStyle),
        ({"aspect_ratio": "21:9"}, AspectRatioUnsupported),
        ({"num_inference_steps": 51}, SettingOutOfRange),
        ({"guidance_scale": float("nan")}, SettingOutOfRange),
        ({"seed": -1}, SettingOutOfRange),
        ({"engine": "stable-diffusion-1.5"}, EngineUnavailable),
        ({"rating_cap": Rating.ADULT}, RatingNotAllowed),
        ({"prompt": PersonalText("fog " * 38)}, PromptHasTooManyWords),
    ],
)
def test_what_is_wrong_is_said_by_type_and_charges_nothing(
    ada: StudioSpec, changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    before = available(ada)
    ada.when(replace(A_NOD, **changed)).then_refused(refusal)
    assert available(ada) == before


def test_a_quote_refuses_what_the_request_would(ada: StudioSpec) -> None:
    with pytest.raises(TooManySeconds):
        ada.asks(QuoteClips("pocket", 4, duration_s=4))
    with pytest.raises(NotFound):
        ada.asks(QuoteClips("pocket", source_asset_id=UUID(int=3)))


def test_without_credits_no_clip_is_asked_for(spec: StudioSpec) -> None:
    journey.verified(spec)
    spec.when(A_NOD).then_refused(InsufficientCredits)


def test_without_consent_no_clip_of_a_twin_is_asked_for(spec: StudioSpec, twin: UUID) -> None:
    spec.given(WithdrawConsent(twin))
    spec.when(replace(A_NOD, twin_id=twin)).then_refused(ConsentMissing)


def test_a_worker_is_granted_places_for_frames(ada: StudioSpec) -> None:
    job = ada.does(A_NOD).job_id
    claim = journey.claim_of(job)
    work = granted(ada, job)
    assert [item.upload_key for item in work.items] == [
        f"quarantine/{job}/1/{claim.claim_id}/{number}.mkv" for number in range(2)
    ]
    assert (work.source, work.adapter) == (None, None)


def test_a_screener_is_granted_the_length_of_a_clip_and_a_place_for_each_file(
    ada: StudioSpec,
) -> None:
    job = ada.does(A_NOD).job_id
    journey.rendered(ada, job)
    claim = UUID(int=4)
    work = ada.asks(ClaimScreening(job, 1, claim))
    assert work.clip == ClipGrant(frames=32, frame_rate=8, frames_min=24)
    assert "no_enrolled_match" in work.required_checks
    place = f"gallery/{asset_id(job, 0)}/{claim}"
    assert work.outputs[0].gallery_key == f"{place}/master"
    assert [(one.role.value, one.object_key) for one in work.outputs[0].others] == [
        (role, f"{place}/{role}")
        for role in ("preview", "gif", "poster", "thumbnail-256", "thumbnail-512")
    ]
    assert {output.media_type for output in work.outputs} == {"video/x-matroska"}


def test_a_clip_is_released_with_all_of_its_files(spec: StudioSpec, twin: UUID) -> None:
    job = spec.does(replace(A_NOD, twin_id=twin)).job_id
    journey.rendered(spec, job)
    result = spec.does(journey.clips_screened(spec, job, 4_000, 4_000))
    quoted = spec.load(Job, job).quoted_millicredits
    assert result.charged_millicredits == quoted
    *_, last = spec.events(Asset.Released)
    assert (last.kind, last.likeness) == (AssetKind.VIDEO, (0.93, 0.9, 0.88))
    assert [one.role for one in last.renditions] == [one.role for one in journey.clip_files()]
    assert last.master.duration_ms == 4_000


def test_a_clip_whose_end_was_cut_costs_what_was_delivered(spec: StudioSpec, twin: UUID) -> None:
    job = spec.does(replace(A_NOD, twin_id=twin)).job_id
    journey.rendered(spec, job)
    before = available(spec)
    result = spec.does(journey.clips_screened(spec, job, 3_125, 4_000))
    quoted = spec.load(Job, job).quoted_millicredits
    assert result.charged_millicredits == quoted * 7_125 // 8_000
    assert available(spec) == before + quoted - result.charged_millicredits


@pytest.mark.parametrize("length_ms", [2_875, 4_125])
def test_a_clip_that_is_too_short_or_longer_than_asked_is_refused_and_free(
    ada: StudioSpec, length_ms: int
) -> None:
    job = ada.does(A_NOD).job_id
    journey.rendered(ada, job)
    result = ada.does(journey.clips_screened(ada, job, length_ms, 4_000))
    assert result.refused == (asset_id(job, 0),)
    assert result.charged_millicredits == ada.load(Job, job).quoted_millicredits // 2


def test_a_report_of_the_master_alone_releases_no_clip(ada: StudioSpec) -> None:
    job = ada.does(A_NOD).job_id
    journey.rendered(ada, job)
    report = journey.clips_screened(ada, job, 4_000, 4_000)
    alone = tuple(msgspec.structs.replace(one, renditions=()) for one in report.outputs)
    result = ada.does(replace(report, outputs=alone))
    assert (result.released, result.charged_millicredits) == ((), 0)


def test_a_worker_that_reports_pictures_or_too_few_frames_has_rendered_nothing(
    ada: StudioSpec,
) -> None:
    job = ada.does(A_NOD).job_id
    claim = journey.claimed(ada, job)
    report = journey.rendering_of(ada, claim)
    for frames in (None, 31, 10_000):
        wrong = tuple(msgspec.structs.replace(one, frames=frames) for one in report.outputs)
        assert isinstance(ada.does(replace(report, outputs=wrong)), ReportLate)
    assert ada.load(Job, job).state is JobState.STARTED


def test_a_clip_begins_with_a_picture_of_the_gallery(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    spec.when(replace(A_NOD, source_asset_id=source, source_strength=0.5)).then(
        "twin.generation-authorised", "wallet.reserved", "job.requested", "asset.lent"
    )
    job = spec.result.job_id
    work = granted(spec, job)
    assert work.source is not None
    asset = spec.load(Asset, source)
    assert (work.source.object_key, work.source.sha256) == (
        asset.master.object_key,
        asset.master.sha256,
    )
    assert work.source.strength == 0.5
    # What shows a twin is animated as that twin: its adapter draws, and its face is compared.
    assert work.adapter is not None
    assert spec.load(Job, job).twin_id == twin


def test_a_clip_has_the_shape_of_its_picture(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    asked = replace(A_NOD, source_asset_id=source)
    spec.when(replace(asked, aspect_ratio="9:16")).then_refused(
        SourceRatioDiffers, width=512, height=512
    )
    job = spec.does(replace(asked, aspect_ratio=None)).job_id
    assert spec.load(Job, job).settings.aspect_ratio == "1:1"


@pytest.mark.parametrize("strength", [-0.1, 0.0, 1.1, float("nan")])
def test_a_picture_is_drawn_anew_by_a_share_of_it(
    spec: StudioSpec, twin: UUID, strength: float
) -> None:
    asked = replace(A_NOD, source_asset_id=picture(spec, twin), source_strength=strength)
    spec.when(asked).then_refused(SettingOutOfRange)


def test_somebody_elses_picture_is_one_that_does_not_exist(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    journey.verified(spec, GRACE)
    journey.rich(spec, GRACE)
    asked = replace(A_NOD, source_asset_id=source)
    spec.when(asked, owner=GRACE).then_refused(NotFound)
    spec.when(replace(asked, source_asset_id=UUID(int=1)), owner=GRACE).then_refused(NotFound)


def test_a_purged_hidden_or_refused_picture_is_no_source(spec: StudioSpec, twin: UUID) -> None:
    purged, hidden = picture(spec, twin), picture(spec, twin)
    refused = refused_picture(spec, twin)
    spec.given(PurgeAsset(purged), WithdrawConsent(twin))
    for source in (purged, hidden, refused):
        spec.when(replace(A_NOD, source_asset_id=source)).then_refused(AssetNotAvailable)


def refused_picture(spec: StudioSpec, twin: UUID) -> UUID:
    job = spec.does(journey.pictures_of(twin)).job_id
    journey.rendered(spec, job)
    report = journey.screening_of(spec, job)
    nothing = tuple(msgspec.structs.replace(one, checks=()) for one in report.outputs)
    assert spec.does(replace(report, outputs=nothing)).released == ()
    return asset_id(job, 0)


def test_a_clip_is_no_source_of_another(spec: StudioSpec, twin: UUID) -> None:
    job = spec.does(replace(A_NOD, twin_id=twin)).job_id
    journey.rendered(spec, job)
    spec.given(journey.clips_screened(spec, job, 4_000, 4_000))
    asked = replace(A_NOD, source_asset_id=asset_id(job, 0))
    spec.when(asked).then_refused(SourceNotAPicture)


def test_a_picture_of_one_twin_is_not_animated_as_another(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    other = journey.twin_with_consent(spec)
    asked = replace(A_NOD, source_asset_id=source, twin_id=other)
    spec.when(asked).then_refused(SourceShowsAnotherTwin)


def test_a_job_whose_picture_is_purged_before_it_is_read_ends_with_its_credits_back(
    spec: StudioSpec, twin: UUID
) -> None:
    source = picture(spec, twin)
    react(spec)
    before = available(spec)
    waiting, running, read = (
        spec.does(replace(A_NOD, source_asset_id=source, seed=seed, count=1)).job_id
        for seed in range(3)
    )
    journey.claimed(spec, running)
    journey.rendered(spec, read)
    spec.given(PurgeAsset(source))
    react(spec)
    for job in (waiting, running):
        ended = spec.load(Job, job)
        assert (ended.state, ended.charge_millicredits) == (JobState.FAILED, 0)
    assert {event.reason for event in spec.events(Job.Failed)} == {JobFailure.SOURCE_GONE}
    # What has read it is not broken by its end.
    assert spec.load(Job, read).state is JobState.RENDERED
    paid = spec.does(journey.clips_screened(spec, read, 4_000)).charged_millicredits
    assert available(spec) == before - paid


def test_a_claim_of_a_job_whose_picture_is_out_of_sight_ends_it(
    spec: StudioSpec, twin: UUID
) -> None:
    """The reaction comes later, and so does its owner's other worker."""
    source = picture(spec, twin)
    before = available(spec)
    job, other = (
        spec.does(replace(A_NOD, source_asset_id=source, seed=seed, count=1)).job_id
        for seed in range(2)
    )
    claim = journey.claimed(spec, other)
    spec.given(PurgeAsset(source))
    assert spec.does(journey.claim_of(job)) == ClaimDenied(ClaimDenial.JOB_ENDED)
    assert spec.load(Job, job).state is JobState.FAILED
    with pytest.raises(StaleResult):
        spec.asks(ReadPrompt(other, 1, claim.claim_id))
    react(spec)
    assert available(spec) == before


def test_a_report_ends_the_jobs_that_were_to_read_the_picture(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    job = spec.does(replace(A_NOD, source_asset_id=source)).job_id
    reported = spec.load(Asset, source)
    reported.report(at=spec.clock())
    spec.store_events(reported)
    react(spec)
    assert spec.load(Job, job).state is JobState.FAILED


def test_a_picture_forgets_jobs_that_cannot_be_open_any_more(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    first = spec.does(replace(A_NOD, source_asset_id=source)).job_id
    spec.given(CancelJob(first))
    spec.clock.pass_by(hours=25)
    second = spec.does(replace(A_NOD, source_asset_id=source)).job_id
    assert set(spec.load(Asset, source).lent_to) == {second}


def test_a_picture_that_was_lent_very_often_is_purged_all_the_same(
    spec: StudioSpec, twin: UUID
) -> None:
    """Asking and cancelling costs nothing, and no event may grow beyond what the store takes."""
    source = picture(spec, twin)
    lent = spec.load(Asset, source)
    for number in range(2_000):
        lent.lend(uuid5(source, str(number)), at=spec.clock())
    spec.store_events(lent)
    job = spec.does(replace(A_NOD, source_asset_id=source)).job_id
    spec.given(PurgeAsset(source))
    react(spec)
    assert spec.load(Asset, source).purged
    assert spec.load(Job, job).state is JobState.FAILED


def test_a_failed_video_job_is_done_again_as_it_was(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    asked = replace(A_NOD, source_asset_id=source, source_strength=0.4, seed=11)
    first = spec.does(asked).job_id
    spec.given(FailJob(first, JobFailure.ATTEMPTS_EXHAUSTED))
    again = spec.does(RetryJob(first, price_version=1, session_jurisdiction="XX")).job_id
    was, now = spec.load(Job, first), spec.load(Job, again)
    assert (now.settings, now.inputs) == (was.settings, was.inputs)
    assert [item.seed for item in now.items] == [item.seed for item in was.items]


def test_a_job_whose_picture_is_gone_is_not_done_again(spec: StudioSpec, twin: UUID) -> None:
    source = picture(spec, twin)
    first = spec.does(replace(A_NOD, source_asset_id=source)).job_id
    spec.given(PurgeAsset(source))
    react(spec)
    again = RetryJob(first, price_version=1, session_jurisdiction="XX")
    spec.when(again).then_refused(AssetNotAvailable)


def test_a_withdrawal_while_clips_are_drawn_or_screened_releases_nothing(
    spec: StudioSpec, twin: UUID
) -> None:
    drawn, screened = (
        spec.does(replace(A_NOD, twin_id=twin, seed=seed, count=1)).job_id for seed in range(2)
    )
    claim = journey.claimed(spec, drawn)
    journey.rendered(spec, screened)
    rendering = journey.rendering_of(spec, claim)
    report = journey.clips_screened(spec, screened, 4_000)
    spec.given(WithdrawConsent(twin))
    assert isinstance(spec.does(rendering), ReportLate)
    assert isinstance(spec.does(report), ReportLate)
    react(spec)
    assert all(spec.load(Job, job).charge_millicredits == 0 for job in (drawn, screened))
    clips = spec.events(Asset.Released, lambda event: event.kind is AssetKind.VIDEO)
    assert clips == []


def test_the_same_request_again_is_the_same_job(ada: StudioSpec) -> None:
    key = uuid5(ADA, "nod")
    first = ada.does(A_NOD, key=key)
    ada.when(A_NOD, key=key).then()
    assert ada.result == first
    assert isinstance(A_NOD, RequestVideo)
