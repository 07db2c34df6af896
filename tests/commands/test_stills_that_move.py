"""An engine that only moves pictures: it asks for one, and reads no words.

Those of the catalogue are closed: the pocket engine stands for them.
"""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest

import domain.engines
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.fail_job import FailJob
from commands.jobs.grants.drawn import VideoGrant
from commands.jobs.retry_job import RetryJob
from commands.quote import QuoteClips, QuoteTraining
from domain.engines import ENGINES
from domain.job import Job
from domain.job_state import JobFailure
from domain.kernel.identity import asset_id
from domain.kernel.personal_text import PersonalText
from domain.refusals import (
    EngineUnavailable,
    NegativePromptUnsupported,
    PromptUnsupported,
    SourceMissing,
)
from domain.video_settings import clip_options
from tests.commands import journey
from tests.commands.studio_spec import StudioSpec

POCKET, STILL = ENGINES["pocket"], ENGINES["stable-video-diffusion"]
MOVES = msgspec.structs.replace(
    POCKET,
    reads_words=False,
    negative_prompt=False,
    training=None,
    pipelines=STILL.pipelines,
    clips=msgspec.structs.replace(clip_options(POCKET), needs_source=True, keeps_first_frame=True),
)
SILENT = replace(journey.A_NOD, prompt=PersonalText(""), count=1)


@pytest.fixture
def source(spec: StudioSpec, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A picture of Ada's twin, drawn while the engine still drew."""
    job = spec.does(journey.pictures_of(journey.trained_twin(spec))).job_id
    journey.finished(spec, job)
    monkeypatch.setattr(domain.engines, "ENGINES", {**ENGINES, "pocket": MOVES})
    return asset_id(job, 0)


def test_a_picture_moves_without_a_word(spec: StudioSpec, source: UUID) -> None:
    spec.when(replace(SILENT, source_asset_id=source)).then(
        "twin.generation-authorised", "wallet.reserved", "job.requested", "asset.lent"
    )
    job = spec.load(Job, spec.result.job_id)
    work = spec.does(journey.claim_of(job.id)).work
    assert isinstance(work, VideoGrant)
    assert work.source is not None


def test_words_for_it_are_refused_and_not_ignored(spec: StudioSpec, source: UUID) -> None:
    begun = replace(SILENT, source_asset_id=source)
    words = PersonalText("a lighthouse keeper")
    spec.when(replace(begun, prompt=words)).then_refused(PromptUnsupported)
    spec.when(replace(begun, negative_prompt=words)).then_refused(NegativePromptUnsupported)


def test_without_a_picture_there_is_nothing_to_move(spec: StudioSpec, source: UUID) -> None:
    spec.when(SILENT).then_refused(SourceMissing)
    with pytest.raises(SourceMissing):
        spec.asks(QuoteClips("pocket", duration_s=4))


def test_the_quote_says_that_words_are_not_read(spec: StudioSpec, source: UUID) -> None:
    words = PersonalText("a lighthouse keeper")
    asked = QuoteClips("pocket", prompt=words, duration_s=4, source_asset_id=source)
    quoted = spec.asks(asked)
    assert not quoted.prompt.is_read
    assert quoted.millicredits == spec.asks(replace(asked, prompt=None)).millicredits > 0


def test_it_draws_no_twin_that_the_picture_does_not_show(spec: StudioSpec, source: UUID) -> None:
    shown = spec.events(Job.Requested, lambda event: event.twin_id is not None)[0].twin_id
    begun = replace(SILENT, source_asset_id=source)
    spec.when(replace(SILENT, twin_id=shown)).then_refused(SourceMissing)
    spec.when(replace(begun, twin_id=shown)).then(
        "twin.generation-authorised", "wallet.reserved", "job.requested", "asset.lent"
    )


def test_it_learns_nobody(spec: StudioSpec, source: UUID) -> None:
    with pytest.raises(EngineUnavailable):
        spec.asks(QuoteTraining("pocket", photo_count=12))


def test_a_clip_that_failed_is_asked_for_again_without_a_word(
    spec: StudioSpec, source: UUID
) -> None:
    first = spec.does(replace(SILENT, source_asset_id=source)).job_id
    spec.given(FailJob(first, JobFailure.ATTEMPTS_EXHAUSTED))
    again = spec.does(RetryJob(first, price_version=1, session_jurisdiction="XX")).job_id
    assert spec.load(Job, again).settings == spec.load(Job, first).settings


def test_its_clip_is_compared_with_the_face_of_the_twin(spec: StudioSpec, source: UUID) -> None:
    job = spec.does(replace(SILENT, source_asset_id=source)).job_id
    claim = journey.rendered(spec, job)
    granted = spec.asks(ClaimScreening(job, 1, claim.claim_id))
    assert granted.template_key is not None
