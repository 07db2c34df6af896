"""Clips from request to gallery: drawn by a worker, cut and encoded by the screener, charged."""

import io
from typing import Any
from uuid import UUID

import av
import pytest
from PIL import Image

from commands.gallery.purge_asset import PurgeAsset
from commands.jobs.request_video import RequestVideo
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from domain.consent_text import ConsentScope
from domain.job_state import JobFailure, JobState
from domain.kernel.personal_text import PersonalText
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import Asset
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.scripted_analyser import ADA, SOMEBODY_ELSE
from tests.flow.studio_desk import StudioDesk

CLIP_MILLICREDITS = 800 * 512 * 512 * 4 // 1_000_000
"""Of one clip of four seconds, 512 pixels wide and high."""


def animate(studio: StudioDesk, owner: UUID, **wishes: Any) -> UUID:
    """Ask for clips of four seconds. Answers the job."""
    request = RequestVideo(
        engine="pocket",
        prompt=PersonalText("a lighthouse keeper"),
        price_version=1,
        session_jurisdiction="XX",
        duration_s=4,
        motion="nod",
        **wishes,
    )
    job: UUID = studio.does(request, owner).job_id
    return job


def clips_of(studio: LivingStudio, owner: UUID) -> tuple[Asset, ...]:
    return tuple(studio.gallery_of(owner, GalleryFilter(kinds=("video",))))


def test_a_clip_from_words_is_in_the_gallery_with_all_of_its_files(studio: LivingStudio) -> None:
    owner = studio.creator()
    job = animate(studio, owner)
    studio.comes_to(job, owner, JobState.COMPLETED)
    assert studio.wallet(owner)[1:] == (0, CLIP_MILLICREDITS)
    [clip] = until(lambda: clips_of(studio, owner), "the clip is in the gallery")
    assert (clip.duration_ms, clip.media_type) == (4_000, "video/mp4")
    files = {file.role: studio.objects.get(file.object_key) for file in clip.renditions}
    with av.open(io.BytesIO(files["master"]), "r") as film:
        assert len(list(film.decode(video=0))) == 32
    for role, picture_format in (
        ("preview", "WEBP"),
        ("gif", "GIF"),
        ("poster", "PNG"),
        ("thumbnail-256", "WEBP"),
    ):
        with Image.open(io.BytesIO(files[role])) as picture:
            assert picture.format == picture_format
    unsigned = [role for role, data in files.items() if b"c2pa" not in data]
    assert unsigned == ["poster", "thumbnail-256", "thumbnail-512"]
    assert clip.placeholder is not None
    until(lambda: not list(studio.objects.keys(f"quarantine/{job}/")), "quarantine is empty")


def test_a_clip_begins_with_a_picture_and_tells_how_like_its_twin_it_is(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    studio.comes_to(studio.draw(twin, owner), owner, JobState.COMPLETED)
    [picture] = until(lambda: studio.gallery_of(owner), "the picture is in the gallery")
    job = animate(studio, owner, source_asset_id=picture.asset_id)
    studio.comes_to(job, owner, JobState.COMPLETED)
    [clip] = until(lambda: clips_of(studio, owner), "the clip is in the gallery")
    assert (clip.source_asset_id, clip.twin_id) == (picture.asset_id, twin)
    assert clip.likeness == pytest.approx((1.0,) * 4)


def test_a_clip_that_ends_as_somebody_else_is_cut_and_its_seconds_are_charged(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.analyser.script.extend([*28 * [ADA], *4 * [SOMEBODY_ELSE]])
    studio.comes_to(animate(studio, owner, twin_id=twin), owner, JobState.COMPLETED)
    [clip] = until(lambda: clips_of(studio, owner), "the clip is in the gallery")
    assert clip.duration_ms is not None
    assert 3_000 <= clip.duration_ms < 4_000
    charged = CLIP_MILLICREDITS * clip.duration_ms // 4_000
    assert studio.wallet(owner)[1:] == (0, spent + charged)


def test_a_clip_of_somebody_else_is_refused_and_free(studio: LivingStudio) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.analyser.script.extend(64 * [SOMEBODY_ELSE])
    job = studio.comes_to(animate(studio, owner, twin_id=twin), owner, JobState.COMPLETED)
    assert (job.released, studio.wallet(owner)[1:]) == ((), (0, spent))
    for asset in job.refused:
        until(lambda a=asset: not list(studio.objects.keys(f"gallery/{a}/")), "nothing is kept")  # type: ignore[misc]


def test_a_purged_clip_leaves_no_file(studio: LivingStudio) -> None:
    owner = studio.creator()
    studio.comes_to(animate(studio, owner), owner, JobState.COMPLETED)
    [clip] = until(lambda: clips_of(studio, owner), "the clip is in the gallery")
    studio.does(PurgeAsset(clip.asset_id), owner)
    until(lambda: not list(studio.objects.keys(f"gallery/{clip.asset_id}/")), "nothing is left")


def test_a_job_that_is_drawn_from_a_picture_ends_when_that_is_purged(studio: LivingStudio) -> None:
    owner = studio.creator()
    studio.comes_to(studio.draw(None, owner), owner, JobState.COMPLETED)
    [picture] = until(lambda: studio.gallery_of(owner), "the picture is in the gallery")
    spent = studio.wallet(owner)[2]
    studio.painter.hold()
    job = animate(studio, owner, source_asset_id=picture.asset_id)
    studio.is_drawn(job, owner)
    studio.does(PurgeAsset(picture.asset_id), owner)
    studio.comes_to(job, owner, JobState.FAILED)
    studio.painter.let_go()
    assert studio.why_it_failed(job) == JobFailure.SOURCE_GONE
    assert studio.wallet(owner)[1:] == (0, spent)


def test_clips_taken_back_while_they_are_screened_are_neither_released_nor_charged(
    studio: LivingStudio,
) -> None:
    owner = studio.creator()
    twin = studio.trained_twin(owner)
    spent = studio.wallet(owner)[2]
    studio.analyser.hold()
    job = animate(studio, owner, twin_id=twin)
    studio.comes_to(job, owner, JobState.RENDERED)
    until(studio.analyser.is_looking.is_set, "the clip is looked at")
    studio.does(TakeBackConsentScopes(twin, (ConsentScope.CLIPS,)), owner)
    studio.comes_to(job, owner, JobState.CANCELLED)
    studio.analyser.let_go()
    assert studio.wallet(owner)[1:] == (0, spent)
    until(lambda: not list(studio.objects.keys(f"quarantine/{job}/")), "quarantine is empty")
    assert clips_of(studio, owner) == ()
