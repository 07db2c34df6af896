"""One message of every kind, with a face, as it lies on the wire in `golden/`.

`python -m tests.topics.sample_messages` writes what is missing there; what is there never changes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from msgspec.structs import replace

from topics.codec import Encoded, encode
from topics.messages.attendance import OfferedEngine, ScreenerPresent, WorkerPresent
from topics.messages.control import ForgetTwin, MoveJob, StopJob, StopReason
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact, Watermark
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.progress import CheckpointSeen, JobProgressed, Phase
from topics.messages.results import (
    CheckedCheckpoint,
    CheckResult,
    FailureReason,
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    JudgedPhoto,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    RenderedOutput,
    ScreenedOutput,
    SourcePhotoJudged,
    TrainedAdapter,
    WrittenPackFile,
    WrittenPhoto,
    WrittenRendition,
)
from topics.messages.work import (
    CheckpointToCheck,
    ClipToScreen,
    Download,
    ImageItem,
    ImageWork,
    OutputsWork,
    OutputToScreen,
    PackItemWork,
    PackPlace,
    PhotoSetWork,
    PhotoToJudge,
    PublishWork,
    RenditionPlace,
    RenditionRole,
    SourcePhotoWork,
    SourcePicture,
    TrainingPhoto,
    TrainingWork,
    Upload,
    VideoItem,
    VideoWork,
    Work,
    WorkKind,
)
from topics.registry import Message

GOLDEN = Path(__file__).parent / "golden"
ADA = UUID("00000000-0000-4000-8000-0000000000ad")
TWIN = uuid5(ADA, "twin")
JOB = uuid5(ADA, "a lighthouse in fog")
CLAIM = uuid5(JOB, "claim")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def upload(name: str) -> Upload:
    """Where the worker may put one object of this job."""
    return Upload(
        url="https://objects.example/suite",
        fields={"policy": "cG9saWN5", "x-amz-signature": "00ff"},
        object_key=f"quarantine/{JOB}/1/{CLAIM}/{name}",
        media_type="image/png",
        size_bytes_max=5_000_000,
    )


def granted(work: Work) -> JobGranted:
    """A grant of this work to the first worker."""
    return JobGranted(
        worker="worker-1",
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        owner=ADA,
        deadline_s=1_780_315_200.0,
        work=work,
    )


IMAGE_WORK = ImageWork(
    engine="pocket",
    prompt="a lighthouse in fog",
    negative_prompt="",
    style="watercolour",
    width=64,
    height=64,
    num_inference_steps=25,
    guidance_scale=4.0,
    twin_strength=1.0,
    items=(ImageItem(item=0, seed=7, upload=upload("0.png")),),
    adapter=Download(url="https://objects.example/adapter", sha256=SHA256),
)
SOURCE = SourcePicture(Download("https://objects.example/source", SHA256), strength=0.6)
VIDEO_WORK = VideoWork(
    engine="pocket",
    prompt="a lighthouse keeper nods",
    negative_prompt="",
    style="film",
    motion="nod",
    width=64,
    height=64,
    frames=32,
    frame_rate=8,
    num_inference_steps=25,
    guidance_scale=4.0,
    twin_strength=1.0,
    items=(VideoItem(item=0, seed=7, upload=upload("0.mkv")),),
    adapter=Download(url="https://objects.example/adapter", sha256=SHA256),
    source=SOURCE,
)
TRAINING_WORK = TrainingWork(
    engine="pocket",
    photos=(TrainingPhoto(uuid5(ADA, "photo"), Download("https://objects.example/photo")),),
    rank=16,
    steps=120,
    learning_rate=0.0015,
    seed=7,
    sample_prompts=("a lighthouse in fog",),
    sample_uploads=(upload("sample-0.png"),),
    adapter_upload=upload("adapter.safetensors"),
)
PHOTO_SET_WORK = PhotoSetWork(
    twin=TWIN,
    submission=uuid5(TWIN, "submission"),
    engine="pocket",
    photos=(PhotoToJudge(uuid5(ADA, "photo"), "uploads/ada/0", "photos/ada/0.png"),),
    template_key="templates/ada.json",
)
SOURCE_PHOTO_WORK = SourcePhotoWork(
    twin=TWIN,
    engine="pocket",
    photo=PhotoToJudge(uuid5(ADA, "photo"), "uploads/ada/source", "photos/ada/1.png"),
    template_key="templates/ada.json",
    checks_of_twin=("known_hash", "identity"),
    checks_of_nobody=("known_hash", "no_enrolled_match"),
)
PUBLISH_WORK = PublishWork(
    pack=uuid5(ADA, "pack"),
    packs=uuid5(ADA, "packs"),
    items=(
        PackItemWork(
            asset=uuid5(JOB, "0"),
            object_key="gallery/ada/0.png",
            sha256=SHA256,
            is_clip=False,
            files=(
                PackPlace("square", "packs/ada/square", 1_080, 1_080),
                PackPlace("original", "packs/ada/original"),
            ),
        ),
    ),
)
OUTPUTS_WORK = OutputsWork(
    engine="pocket",
    rating="general",
    outputs=(
        OutputToScreen(
            item=0,
            asset=uuid5(JOB, "0"),
            quarantine_key=f"quarantine/{JOB}/1/{CLAIM}/0.png",
            gallery_key="gallery/ada/0.png",
            sha256=SHA256,
            media_type="image/png",
        ),
    ),
    required_checks=("known_hash", "identity"),
    template_key="templates/ada.json",
)
REMIX_TO_SCREEN = replace(
    OUTPUTS_WORK, outputs=(replace(OUTPUTS_WORK.outputs[0], source=uuid5(ADA, "source")),)
)
OF_A_PHOTO_TO_SCREEN = replace(
    OUTPUTS_WORK, outputs=(replace(OUTPUTS_WORK.outputs[0], own_photo=True),)
)
CLIP_TO_SCREEN = replace(
    OUTPUTS_WORK,
    outputs=(
        replace(
            OUTPUTS_WORK.outputs[0],
            quarantine_key=f"quarantine/{JOB}/1/{CLAIM}/0.mkv",
            gallery_key=f"gallery/{uuid5(JOB, '0')}/{CLAIM}/master",
            media_type="video/x-matroska",
            renditions=(
                RenditionPlace(RenditionRole.GIF, f"gallery/{uuid5(JOB, '0')}/{CLAIM}/gif"),
            ),
        ),
    ),
    clip=ClipToScreen(frames=32, frame_rate=8, frames_min=24),
)
PASSED = CheckResult(check="identity", passed=True, model="pocket-reader/1", score=0.93)
FACT = Fact(
    position=42,
    owner_id=ADA,
    originator_id=JOB,
    originator_version=1,
    event_type="job.requested",
    data=b'{"v":1,"timestamp":"2026-06-01T12:00:00Z","kind":"images"}',
    recorded_at=NOON,
)

SAMPLES: Mapping[str, Message] = {
    "fact": FACT,
    "watermark": Watermark(position=42),
    "job.queued": JobQueued(
        job=JOB,
        attempt=1,
        kind=WorkKind.IMAGE,
        engine="pocket",
        batch_key="pocket:64x64:25",
        owner=ADA,
        twin=TWIN,
    ),
    "job.queued.together": JobQueued(
        job=JOB,
        attempt=1,
        kind=WorkKind.IMAGE,
        engine="pocket",
        batch_key="pocket:64x64:25",
        owner=ADA,
        items=4,
    ),
    "job.granted.image": granted(IMAGE_WORK),
    "job.granted.image-from-source": granted(replace(IMAGE_WORK, source=SOURCE)),
    "job.granted.video": granted(VIDEO_WORK),
    "job.granted.training": granted(TRAINING_WORK),
    "job.granted.training-with-checkpoints": granted(
        replace(TRAINING_WORK, checkpoint_uploads=(upload("checkpoint-0.safetensors"),))
    ),
    "job.granted.outputs-with-checkpoints": granted(
        replace(
            OUTPUTS_WORK,
            checkpoints=(
                CheckpointToCheck(60, "quarantine/ada/60", "adapters/ada/60.safetensors"),
            ),
        )
    ),
    "job.granted.photos": granted(PHOTO_SET_WORK),
    "job.granted.source-photo": granted(SOURCE_PHOTO_WORK),
    "job.granted.pack": granted(PUBLISH_WORK),
    "job.granted.outputs": granted(OUTPUTS_WORK),
    "job.granted.outputs-again": granted(replace(OUTPUTS_WORK, screening=2)),
    "job.granted.clips": granted(CLIP_TO_SCREEN),
    "job.granted.remix": granted(REMIX_TO_SCREEN),
    "job.granted.of-a-photo": granted(OF_A_PHOTO_TO_SCREEN),
    "claim.refused": ClaimRefused("worker-1", JOB, 1, CLAIM, ClaimRefusal.STALE_ATTEMPT),
    "job.claimed": JobClaimed(JOB, 1, CLAIM, "worker-1", WorkKind.IMAGE),
    "job.alive": JobAlive(JOB, 1, CLAIM),
    "job.rendered": JobRendered(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(
            RenderedOutput(
                item=0,
                object_key=f"quarantine/{JOB}/1/{CLAIM}/0.png",
                sha256=SHA256,
                size_bytes=4_096,
                width=64,
                height=64,
                media_type="image/png",
                seed=7,
            ),
        ),
        adapter=TrainedAdapter(
            object_key=f"quarantine/{JOB}/1/{CLAIM}/adapter.safetensors",
            sha256=SHA256,
            size_bytes=600_000,
            rank=16,
            step=120,
            similarity=0.91,
        ),
    ),
    "job.rendered.checkpoints": JobRendered(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(),
        adapter=TrainedAdapter(f"quarantine/{JOB}/adapter", SHA256, 400_000, 16, 120, 0.91),
        checkpoints=(
            TrainedAdapter(f"quarantine/{JOB}/checkpoint-0", SHA256, 400_000, 16, 60, 0.84),
        ),
    ),
    "job.rendered.clip": JobRendered(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(
            RenderedOutput(
                item=0,
                object_key=f"quarantine/{JOB}/1/{CLAIM}/0.mkv",
                sha256=SHA256,
                size_bytes=2_400_000,
                width=512,
                height=512,
                media_type="video/x-matroska",
                seed=7,
                frames=32,
            ),
        ),
    ),
    "job.failed": JobFailed(JOB, 1, CLAIM, FailureReason.OUT_OF_MEMORY),
    "outputs.screened": OutputsScreened(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(ScreenedOutput(0, (PASSED,), "gallery/ada/0.png", SHA256, 4_100),),
    ),
    "outputs.screened.checkpoints": OutputsScreened(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(),
        adapter_checks=(PASSED,),
        checkpoints=(CheckedCheckpoint(60, (PASSED,)),),
    ),
    "outputs.screened.clip": OutputsScreened(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(
            ScreenedOutput(
                0,
                (PASSED,),
                f"gallery/{uuid5(JOB, '0')}/{CLAIM}/master",
                SHA256,
                310_000,
                renditions=(
                    WrittenRendition(
                        RenditionRole.MASTER, SHA256, 310_000, "video/mp4", 512, 512, 3_500
                    ),
                    WrittenRendition(RenditionRole.POSTER, SHA256, 90_000, "image/png", 512, 512),
                ),
                likeness=(0.93, 0.9, 0.88, 0.85),
            ),
        ),
    ),
    "outputs.screened-again": OutputsScreened(
        job=JOB,
        attempt=1,
        claim_id=CLAIM,
        outputs=(ScreenedOutput(0, (PASSED,), "gallery/ada/0.png", SHA256, 4_100),),
        screening=2,
    ),
    "job.failed.screening": JobFailed(
        JOB, 1, CLAIM, FailureReason.SCREENING_UNAVAILABLE, screening=2
    ),
    "photos.judged": PhotosJudged(
        submission=uuid5(TWIN, "submission"),
        claim_id=CLAIM,
        twin=TWIN,
        photos=(JudgedPhoto(uuid5(ADA, "photo"), ("blurred",)),),
        analyser="pocket-reader/1",
        same_person=PASSED,
    ),
    "source-photo.judged": SourcePhotoJudged(
        job=uuid5(ADA, "photo"),
        claim_id=CLAIM,
        twin=TWIN,
        checks=(PASSED,),
        copy=WrittenPhoto(SHA256, 300_000, 768, 1_024),
    ),
    "source-photo.judged.unreadable": SourcePhotoJudged(
        job=uuid5(ADA, "photo"), claim_id=CLAIM, twin=TWIN, checks=(), flaw="truncated"
    ),
    "pack.made": PackMade(
        job=uuid5(ADA, "pack"),
        claim_id=CLAIM,
        packs=uuid5(ADA, "packs"),
        files=(
            WrittenPackFile(uuid5(JOB, "0"), "square", SHA256, 9_500, "image/jpeg", 1_080, 1_080),
        ),
    ),
    "job.claimed.pack": JobClaimed(
        uuid5(ADA, "pack"), 1, CLAIM, "screener", WorkKind.SCREENING, packs=uuid5(ADA, "packs")
    ),
    "job.progressed": JobProgressed(
        job=JOB,
        attempt=1,
        owner=ADA,
        phase=Phase.STEP,
        step=12,
        steps_total=25,
        at_s=1_780_315_200.5,
        preview_png=b"\x89PNG",
    ),
    "job.progressed.previews": JobProgressed(
        job=JOB,
        attempt=1,
        owner=ADA,
        phase=Phase.STEP,
        step=12,
        steps_total=25,
        at_s=1_780_315_200.5,
        preview_png=b"\x89PNG",
        preview_items=(4, 5),
    ),
    "job.progressed.checkpoints": JobProgressed(
        job=JOB,
        attempt=1,
        owner=ADA,
        phase=Phase.STEP,
        step=96,
        steps_total=192,
        at_s=1_780_315_200.5,
        preview_png=b"\x89PNG",
        preview_items=(0, 1, 2),
        checkpoints=(CheckpointSeen(48, 0.71), CheckpointSeen(96, 0.88)),
    ),
    "worker.present": WorkerPresent(
        member="worker-lighthouse",
        device="NVIDIA H100 80GB HBM3",
        engines=(OfferedEngine("pocket", SHA256),),
        memory_bytes=85_520_809_984,
    ),
    "screener.present": ScreenerPresent(member="screener-lighthouse", engines=("pocket",)),
    "twin.forget": ForgetTwin(TWIN, epoch=2),
    "job.granted.of-a-consent": replace(granted(IMAGE_WORK), epoch=1),
    "job.move": MoveJob(JOB, attempt=1, turn=42),
    "job.queued.in-turn": JobQueued(
        job=JOB,
        attempt=1,
        kind=WorkKind.IMAGE,
        engine="pocket",
        batch_key="pocket:64x64:25",
        owner=ADA,
        items=4,
        turn=42,
    ),
    "job.stop": StopJob(JOB, StopReason.CONSENT_WITHDRAWN),
    "dead-letter": DeadLetter(
        topic="suite.results.v1",
        partition=3,
        offset=17,
        reason="unknown-type",
        group="recorder",
        headers=(("ce_type", b"job.dreamed"), ("traceparent", TRACE.encode())),
        value=b'{"type":"job.dreamed"}',
    ),
}


def encoded(message: Message) -> Encoded:
    """The record of a sample, with everything given that is otherwise chosen when publishing."""
    message_id = str(uuid5(JOB, type(message).__name__))
    return encode(message, source="/suite/test", message_id=message_id, at=NOON, traceparent=None)


def on_the_wire(record: Encoded) -> bytes:
    """Header lines, an empty line, and the value."""
    headers = b"".join(name.encode() + b": " + value + b"\n" for name, value in record.headers)
    return headers + b"\n" + record.value + b"\n"


def from_the_wire(golden: bytes) -> Encoded:
    """The inverse of `on_the_wire`."""
    head, _, value = golden.partition(b"\n\n")
    pairs = (line.partition(b": ") for line in head.splitlines())
    return Encoded(tuple((name.decode(), content) for name, _, content in pairs), value[:-1])


def golden_file(name: str) -> Path:
    """Where the bytes of a sample lie."""
    return GOLDEN / f"{name}.v1.txt"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for sample_name, sample in SAMPLES.items():
        if not golden_file(sample_name).exists():
            golden_file(sample_name).write_bytes(on_the_wire(encoded(sample)))
