"""What a claim was granted, as its worker is told it."""

from datetime import UTC, datetime
from uuid import uuid5

import msgspec

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from commands.jobs.claim_screening import (
    CheckpointGrant,
    ClipGrant,
    FilePlace,
    ScreenedItemGrant,
    ScreeningGranted,
)
from commands.jobs.grants.drawn import ImagesGrant, VideoGrant
from commands.jobs.grants.granted import Grant
from commands.jobs.grants.parts import GrantedItem, GrantedPhoto, GrantedSource
from commands.jobs.grants.training import TrainingGrant
from commands.jobs.read_prompt import PromptText
from commands.jobs.record_claim import ClaimGranted
from commands.twin.claim_photo_set import PhotoGrant, PhotoSetGranted
from domain.asked_settings import AskedClips
from domain.engines import engine
from domain.kernel.identity import SYSTEM
from domain.kernel.personal_text import PersonalText
from domain.rating import Rating
from domain.rendition import RenditionRole
from domain.settings import ImageSettings, TrainingSettings
from domain.video_settings import resolve_video
from processes.recorder.granted_work import GrantedWork
from topics.messages import work as messages
from topics.messages.work import (
    CheckpointToCheck,
    ClipToScreen,
    ImageWork,
    PhotoToJudge,
    RenditionPlace,
    TrainingWork,
    VideoWork,
)

JOB, CLAIM, TWIN, PHOTO = (uuid5(SYSTEM, name) for name in ("job", "claim", "twin", "photo"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PICTURES = ImageSettings(
    width=384,
    height=512,
    aspect_ratio="3:4",
    style="neon",
    num_inference_steps=12,
    guidance_scale=3.5,
    twin_strength=0.75,
)
LESSONS = TrainingSettings(
    photo_count=12,
    rank=16,
    steps=900,
    learning_rate=1e-4,
    samples=1,
    width=64,
    height=64,
)
ITEM = GrantedItem(0, 7, "quarantine/0.png")


def granted_work() -> GrantedWork:
    """Work whose URLs are those of a store in memory."""
    store = InMemoryObjectStore(Presigner("http://studio.test/objects", bytes(32)))
    return GrantedWork(store, now_s=lambda: NOON.timestamp())


def granted(work: Grant) -> ClaimGranted:
    """The claim of a job on the pocket engine."""
    return ClaimGranted(JOB, 1, CLAIM, "worker-1", SYSTEM, TWIN, "pocket", NOON, work)


def test_who_draws_is_told_every_setting_but_the_ratio_which_is_a_size_already() -> None:
    text = PromptText(PersonalText("a lighthouse in fog"), None)
    work = granted_work().attempt(
        granted(ImagesGrant(PICTURES, items=(ITEM,), adapter=None)), text, NOON.timestamp()
    )
    assert isinstance(work, ImageWork)
    told = msgspec.structs.asdict(work)
    asked = msgspec.structs.asdict(PICTURES)
    del asked["aspect_ratio"]
    assert {name: told[name] for name in asked} == asked
    assert (work.engine, work.prompt, work.negative_prompt) == ("pocket", "a lighthouse in fog", "")
    assert [(item.item, item.seed) for item in work.items] == [(0, 7)]


def test_who_animates_is_told_every_setting_and_where_to_begin() -> None:
    asked = resolve_video(engine("pocket"), AskedClips(duration_s=4, motion="nod"))
    item = GrantedItem(0, 7, "quarantine/0.mkv")
    source = GrantedSource("gallery/lighthouse", "5e" * 32, strength=0.5)
    text = PromptText(PersonalText("a lighthouse in fog"), None)
    work = granted_work().attempt(
        granted(VideoGrant(asked, items=(item,), adapter=None, source=source)),
        text,
        NOON.timestamp(),
    )
    assert isinstance(work, VideoWork)
    assert (work.width, work.height, work.frames, work.frame_rate) == (256, 256, 32, 8)
    assert (work.motion, work.num_inference_steps) == ("nod", 25)
    assert work.source is not None
    assert (work.source.strength, work.source.download.sha256) == (0.5, "5e" * 32)
    assert "gallery/lighthouse" in work.source.download.url
    [upload] = [item.upload for item in work.items]
    assert (upload.object_key, upload.media_type) == ("quarantine/0.mkv", "video/x-matroska")
    assert upload.size_bytes_max == 64 * 1024 * 1024


def test_a_job_that_was_asked_for_at_another_size_is_drawn_at_todays() -> None:
    before = msgspec.structs.replace(PICTURES, width=56, height=72)
    text = PromptText(PersonalText("a lighthouse in fog"), None)
    work = granted_work().attempt(
        granted(ImagesGrant(before, items=(ITEM,), adapter=None)), text, NOON.timestamp()
    )
    assert isinstance(work, ImageWork)
    assert (work.width, work.height) == (224, 288)


def test_who_screens_a_clip_is_told_its_length_and_where_each_file_goes() -> None:
    item = ScreenedItemGrant(
        0,
        PHOTO,
        "quarantine/0.mkv",
        "gallery/master",
        "5e" * 32,
        "video/x-matroska",
        (FilePlace(RenditionRole.POSTER, "gallery/poster"),),
    )
    clips = ScreeningGranted(
        JOB, 1, 1, SYSTEM, "pocket", Rating.GENERAL, (), (item,), None, None, ClipGrant(32, 8, 24)
    )
    work = granted_work().outputs(clips)
    assert work.clip == ClipToScreen(frames=32, frame_rate=8, frames_min=24)
    [output] = work.outputs
    assert output.renditions == (RenditionPlace(messages.RenditionRole.POSTER, "gallery/poster"),)


def test_who_screens_pictures_is_told_of_no_clip_and_no_other_file() -> None:
    item = ScreenedItemGrant(0, PHOTO, "quarantine/0.png", "gallery/m", "5e" * 32, "image/png")
    pictures = ScreeningGranted(
        JOB, 1, 1, SYSTEM, "pocket", Rating.GENERAL, (), (item,), None, None
    )
    work = granted_work().outputs(pictures)
    assert work.clip is msgspec.UNSET
    assert [output.renditions for output in work.outputs] == [msgspec.UNSET]
    assert [output.source for output in work.outputs] == [msgspec.UNSET]
    remix = msgspec.structs.replace(item, source_id=TWIN)
    work = granted_work().outputs(msgspec.structs.replace(pictures, outputs=(remix,)))
    assert [output.source for output in work.outputs] == [TWIN]


def test_who_trains_is_told_the_rank_the_steps_and_the_rate() -> None:
    lesson = TrainingGrant(
        LESSONS, (GrantedPhoto(PHOTO, "photos/1.png"),), 7, ("smiling",), (ITEM,), "quarantine/a"
    )
    work = granted_work().attempt(granted(lesson), PromptText(None, None), NOON.timestamp())
    assert isinstance(work, TrainingWork)
    assert (work.rank, work.steps, work.learning_rate, work.seed) == (16, 900, 1e-4, 7)
    assert work.sample_prompts == ("smiling",)
    assert [photo.photo_id for photo in work.photos] == [PHOTO]
    # A claim that was answered before has no places for checkpoints.
    assert work.checkpoint_uploads is msgspec.UNSET
    keys = ("quarantine/c0", "quarantine/c1")
    lesson = msgspec.structs.replace(lesson, checkpoint_upload_keys=keys)
    work = granted_work().attempt(granted(lesson), PromptText(None, None), NOON.timestamp())
    assert isinstance(work, TrainingWork)
    assert not isinstance(work.checkpoint_uploads, msgspec.UnsetType)
    assert tuple(upload.object_key for upload in work.checkpoint_uploads) == keys


def test_who_screens_a_training_is_told_where_each_checkpoint_goes() -> None:
    training = ScreeningGranted(JOB, 1, 1, SYSTEM, "pocket", Rating.GENERAL, (), (), None, None)
    assert granted_work().outputs(training).checkpoints is msgspec.UNSET
    place = CheckpointGrant(60, "quarantine/c0", "adapters/60")
    work = granted_work().outputs(msgspec.structs.replace(training, checkpoints=(place,)))
    assert work.checkpoints == (CheckpointToCheck(60, "quarantine/c0", "adapters/60"),)


def test_who_judges_photos_is_told_where_each_lies_and_where_its_copy_goes() -> None:
    photos = (PhotoGrant(PHOTO, "uploads/1", "photos/1.png"),)
    work = granted_work().photo_set(PhotoSetGranted(TWIN, JOB, SYSTEM, "pocket", photos, "face"))
    assert work.photos == (PhotoToJudge(PHOTO, "uploads/1", "photos/1.png"),)
    assert (work.twin, work.submission, work.template_key) == (TWIN, JOB, "face")
