"""What the child makes of its orders: with an engine and an object store that the test holds."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID
from weakref import ref

import msgspec
import pytest

from gpu_consumers.engines.adapter_file import AdapterInvalid
from gpu_consumers.engines.loaded_engine import (
    EarlierCheckpoint,
    EngineAbsent,
    HeldTwin,
    NotDrawn,
    Progress,
    RenderedClip,
    RenderedPicture,
    Share,
    ShareOutcome,
    ShowPreview,
    SourceUnreadable,
    Stopped,
    TrainedTwin,
    TwinFile,
    TwinNotHeld,
)
from gpu_consumers.presigned_objects import InputUnavailable, UploadRefused
from gpu_consumers.worker.assignments import Broke, Delivered, Report, Start
from gpu_consumers.worker.child import Workbench
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, RenderedOutput, TrainedAdapter
from topics.messages.work import (
    Download,
    ImageItem,
    ImageWork,
    PhotoSetWork,
    SourcePicture,
    TrainingPhoto,
    TrainingWork,
    Upload,
    VideoItem,
    VideoWork,
    Work,
)

JOB = UUID(int=1)


class OutOfMemoryError(RuntimeError):
    """By the name that torch gives it."""


@dataclass
class Pencil:
    """An engine that draws one byte, and fails as it is told to."""

    engine: str = "pocket"
    render_batch_max: int = 4
    training_batch_max: int = 4
    twins_max: int = 4
    fits: int = 4
    error: Exception | None = None
    error_of_forgetting: Exception | None = None
    forgotten: list[str] = field(default_factory=list)
    invalid: bytes = b"invalid"
    batches: list[int] = field(default_factory=list)
    adapters: list[TwinFile | None] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    made_room: set[str] = field(default_factory=set)
    sources: list[bytes | None] = field(default_factory=list)
    together: list[list[tuple[str, int]]] = field(default_factory=list)
    learnt: dict[int, float] = field(default_factory=dict)

    def holds(self, adapter_sha256: str) -> bool:
        return adapter_sha256 in self.held

    def render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        self._draw(batch_size)
        self.adapters.append(adapter)
        self.sources.append(source)
        progress.report(Phase.STEP, 1, 1)
        return [RenderedPicture(item.item, item.seed, b"png", 512, 512) for item in work.items]

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        self.together.append([(share.work.prompt, len(share.items)) for share in shares])
        self._draw(sum(len(share.items) for share in shares))
        return [self._share(share) for share in shares]

    def _share(self, share: Share) -> ShareOutcome:
        self.adapters.append(share.adapter)
        self.sources.append(share.source)
        if isinstance(share.adapter, HeldTwin) and share.adapter.adapter_sha256 in self.made_room:
            return NotDrawn(TwinNotHeld())
        if share.adapter == self.invalid:
            return NotDrawn(AdapterInvalid("no adapter"))
        try:
            share.progress.report(Phase.STEP, share.steps_before + 1, share.steps_total)
        except Stopped as stopped:
            return NotDrawn(stopped)
        return tuple(
            RenderedPicture(item.item, item.seed, b"png", 512, 512) for item in share.items
        )

    def animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        self._draw(1)
        self.adapters.append(adapter)
        self.sources.append(source)
        progress.report(Phase.STEP, 1, 1)
        return [
            RenderedClip(item.item, item.seed, b"mkv", 512, 512, work.frames) for item in work.items
        ]

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        checkpoints_dir.mkdir(parents=True, exist_ok=True)
        (checkpoints_dir / "state").write_bytes(b"".join(photos))
        self._draw(batch_size)
        progress.report(Phase.STEP, 1, work.steps)
        others = tuple(
            EarlierCheckpoint(f"lora {step}".encode(), step, likeness)
            for step, likeness in self.learnt.items()
        )
        samples = (RenderedPicture(0, 5, b"png", 512, 512),)
        return TrainedTwin(b"lora", work.rank, 1, 0.9, samples, others)

    def forget(self, adapter_sha256: str) -> None:
        if self.error_of_forgetting is not None:
            raise self.error_of_forgetting
        self.forgotten.append(adapter_sha256)

    def _draw(self, batch_size: int) -> None:
        self.batches.append(batch_size)
        if self.error is not None:
            raise self.error
        if batch_size > self.fits:
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")


class EntangledPencil(Pencil):
    """Held by what it holds, as a network by its hooks."""

    def __post_init__(self) -> None:
        self.hook = self._draw


@dataclass
class Cupboard:
    """An object store in memory, behind URLs that are its keys."""

    held: dict[str, bytes] = field(default_factory=dict)
    is_full: bool = False

    def download(self, download: Download) -> bytes:
        if download.url not in self.held:
            raise InputUnavailable("answer 404")
        return self.held[download.url]

    def upload(self, upload: Upload, body: bytes) -> None:
        if self.is_full:
            raise UploadRefused("answer 507")
        self.held[upload.object_key] = body


class Calm:
    """Progress that nobody watches."""

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None: ...


class Impatient(Calm):
    """Progress that stops the work at its first step."""

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        if phase is Phase.STEP:
            raise Stopped


def upload_to(key: str) -> Upload:
    return Upload("http://store/upload", {}, key, "image/png", 1_000)


def images(count: int = 4, adapter: Download | None = None) -> ImageWork:
    items = tuple(ImageItem(item, 40 + item, upload_to(f"q/{item}.png")) for item in range(count))
    return ImageWork(
        "pocket", "a lighthouse in fog", "", "plain", 64, 64, 4, 4.0, 1.0, items, adapter
    )


def videos(count: int = 2, source: SourcePicture | None = None) -> VideoWork:
    items = tuple(VideoItem(item, 50 + item, upload_to(f"q/{item}.mkv")) for item in range(count))
    return VideoWork(
        engine="pocket",
        prompt="a lighthouse in fog",
        negative_prompt="",
        style="plain",
        motion="nod",
        width=64,
        height=64,
        frames=24,
        frame_rate=8,
        num_inference_steps=4,
        guidance_scale=4.0,
        twin_strength=1.0,
        items=items,
        source=source,
    )


def training() -> TrainingWork:
    photos = (TrainingPhoto(UUID(int=2), Download("photo-of-ada")),)
    return TrainingWork(
        engine="pocket",
        photos=photos,
        rank=16,
        steps=100,
        learning_rate=1e-3,
        seed=5,
        sample_prompts=("smiling",),
        sample_uploads=(upload_to("q/0.png"),),
        adapter_upload=upload_to("q/adapter.safetensors"),
    )


def do(
    work: Work,
    tmp_path: Path,
    *,
    engine: Pencil | None = None,
    cupboard: Cupboard | None = None,
    progress: Progress | None = None,
    load: Callable[[str], Pencil] | None = None,
) -> Report:
    pencil = engine or Pencil()
    bench = Workbench(load or (lambda _: pencil), cupboard or Cupboard(), tmp_path)
    return bench.do(Start(JOB, 1, work), progress or Calm())


def test_an_image_job_lies_in_quarantine_with_its_digests(tmp_path: Path) -> None:
    cupboard = Cupboard()
    report = do(images(), tmp_path, cupboard=cupboard)
    assert isinstance(report, Delivered)
    assert [output.object_key for output in report.outputs] == [f"q/{n}.png" for n in range(4)]
    assert [output.seed for output in report.outputs] == [40, 41, 42, 43]
    assert {output.sha256 for output in report.outputs} == {hashlib.sha256(b"png").hexdigest()}
    assert set(cupboard.held) == {f"q/{n}.png" for n in range(4)}


def test_a_twins_adapter_is_fetched_before_drawing(tmp_path: Path) -> None:
    pencil = Pencil()
    cupboard = Cupboard({"adapter-of-ada": b"lora"})
    do(images(adapter=Download("adapter-of-ada")), tmp_path, engine=pencil, cupboard=cupboard)
    assert pencil.adapters == [b"lora"]


def test_a_twin_that_the_engine_holds_is_not_fetched(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"lora").hexdigest()
    pencil = Pencil(held={digest})
    # There is nothing in the cupboard.
    for work in (images(), videos()):
        of_ada = msgspec.structs.replace(work, adapter=Download("adapter-of-ada", digest))
        assert isinstance(do(of_ada, tmp_path, engine=pencil), Delivered)
    assert pencil.adapters == [HeldTwin(digest)] * 2


def test_a_twin_without_strength_is_not_fetched(tmp_path: Path) -> None:
    pencil = Pencil()
    work = msgspec.structs.replace(images(adapter=Download("adapter-of-ada")), twin_strength=0.0)
    assert isinstance(do(work, tmp_path, engine=pencil), Delivered)
    assert pencil.adapters == [None]


def test_a_video_job_lies_in_quarantine_with_its_frames(tmp_path: Path) -> None:
    cupboard = Cupboard()
    report = do(videos(), tmp_path, cupboard=cupboard)
    assert isinstance(report, Delivered)
    assert report.outputs == tuple(
        RenderedOutput(
            item=number,
            object_key=f"q/{number}.mkv",
            sha256=hashlib.sha256(b"mkv").hexdigest(),
            size_bytes=3,
            width=512,
            height=512,
            media_type="video/x-matroska",
            seed=50 + number,
            frames=24,
        )
        for number in range(2)
    )
    assert set(cupboard.held) == {"q/0.mkv", "q/1.mkv"}


@pytest.mark.parametrize("work", [images, videos], ids=["pictures", "clips"])
def test_the_picture_that_a_work_begins_from_is_fetched_before_drawing(
    tmp_path: Path, work: Callable[[], ImageWork | VideoWork]
) -> None:
    pencil, cupboard = Pencil(), Cupboard({"portrait-of-ada": b"png"})
    begun = msgspec.structs.replace(work(), source=SourcePicture(Download("portrait-of-ada"), 0.6))
    assert isinstance(do(begun, tmp_path, engine=pencil, cupboard=cupboard), Delivered)
    assert pencil.sources == [b"png"]
    assert do(begun, tmp_path) == Broke(FailureReason.INPUT_UNAVAILABLE)


def test_a_source_that_cannot_be_read_is_an_input_that_is_not_there(tmp_path: Path) -> None:
    pencil = Pencil(error=SourceUnreadable("no PNG"))
    assert do(videos(), tmp_path, engine=pencil) == Broke(FailureReason.INPUT_UNAVAILABLE)


def test_a_training_delivers_samples_and_adapter_and_forgets_its_checkpoints(
    tmp_path: Path,
) -> None:
    cupboard = Cupboard({"photo-of-ada": b"face"})
    report = do(training(), tmp_path, cupboard=cupboard)
    assert isinstance(report, Delivered)
    assert report.adapter == TrainedAdapter(
        "q/adapter.safetensors", hashlib.sha256(b"lora").hexdigest(), 4, 16, 1, 0.9
    )
    assert cupboard.held["q/0.png"] == b"png"
    assert list(tmp_path.iterdir()) == []


def test_a_training_leaves_the_likest_of_its_earlier_checkpoints_where_places_were_granted(
    tmp_path: Path,
) -> None:
    pencil = Pencil(learnt={25: 0.2, 50: 0.7, 75: 0.8})
    cupboard = Cupboard({"photo-of-ada": b"face"})
    granted = (upload_to("q/checkpoint-0"), upload_to("q/checkpoint-1"))
    work = msgspec.structs.replace(training(), checkpoint_uploads=granted)
    report = do(work, tmp_path, engine=pencil, cupboard=cupboard)
    assert isinstance(report, Delivered)
    assert report.checkpoints == tuple(
        TrainedAdapter(
            f"q/checkpoint-{number}",
            hashlib.sha256(f"lora {step}".encode()).hexdigest(),
            7,
            16,
            step,
            likeness,
        )
        for number, (step, likeness) in enumerate([(50, 0.7), (75, 0.8)])
    )
    assert cupboard.held["q/checkpoint-1"] == b"lora 75"
    # A recorder of before grants none.
    report = do(training(), tmp_path, engine=pencil, cupboard=cupboard)
    assert isinstance(report, Delivered)
    assert report.checkpoints == ()


def test_a_stopped_training_forgets_its_checkpoints(tmp_path: Path) -> None:
    cupboard = Cupboard({"photo-of-ada": b"face"})
    report = do(training(), tmp_path, cupboard=cupboard, progress=Impatient())
    assert report == Broke(FailureReason.STOPPED)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_training_keeps_its_checkpoints_for_another_attempt(tmp_path: Path) -> None:
    cupboard = Cupboard({"photo-of-ada": b"face"}, is_full=True)
    report = do(training(), tmp_path, cupboard=cupboard)
    assert report == Broke(FailureReason.UPLOAD_REFUSED)
    assert [folder.name for folder in tmp_path.iterdir()] == [str(JOB)]


def test_what_does_not_fit_is_tried_once_more_with_half(tmp_path: Path) -> None:
    pencil = Pencil(fits=2)
    assert isinstance(do(images(), tmp_path, engine=pencil), Delivered)
    assert pencil.batches == [4, 2]


def test_what_does_not_fit_twice_is_out_of_memory(tmp_path: Path) -> None:
    pencil = Pencil(fits=1)
    assert do(images(), tmp_path, engine=pencil) == Broke(FailureReason.OUT_OF_MEMORY)
    assert pencil.batches == [4, 2]


def test_a_training_that_does_not_fit_is_tried_with_half_too(tmp_path: Path) -> None:
    pencil = Pencil(fits=2)
    cupboard = Cupboard({"photo-of-ada": b"face"})
    assert isinstance(do(training(), tmp_path, engine=pencil, cupboard=cupboard), Delivered)
    assert pencil.batches == [4, 2]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_every_way_to_run_out_of_memory_is_known(tmp_path: Path, error: Exception) -> None:
    report = do(images(1), tmp_path, engine=Pencil(error=error))
    assert report == Broke(FailureReason.OUT_OF_MEMORY)


def test_another_error_is_the_engines_and_its_message_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pencil = Pencil(error=RuntimeError("cannot draw: a lighthouse in fog"))
    assert do(images(), tmp_path, engine=pencil) == Broke(FailureReason.ENGINE_ERROR)
    assert "RuntimeError" in caplog.text
    assert "lighthouse" not in caplog.text


def test_an_input_that_is_gone_is_said_so(tmp_path: Path) -> None:
    report = do(images(adapter=Download("adapter-of-ada")), tmp_path)
    assert report == Broke(FailureReason.INPUT_UNAVAILABLE)


def test_a_store_that_is_full_is_said_so(tmp_path: Path) -> None:
    report = do(images(), tmp_path, cupboard=Cupboard(is_full=True))
    assert report == Broke(FailureReason.UPLOAD_REFUSED)


def test_weights_that_are_not_here_are_said_so(tmp_path: Path) -> None:
    def load(engine: str) -> Pencil:
        raise EngineAbsent(engine, tmp_path)

    assert do(images(), tmp_path, load=load) == Broke(FailureReason.ENGINE_ABSENT)


def test_a_stop_is_reported_as_such(tmp_path: Path) -> None:
    report = do(images(), tmp_path, progress=Impatient())
    assert report == Broke(FailureReason.STOPPED)


def test_screening_is_no_work_for_a_worker(tmp_path: Path) -> None:
    work = PhotoSetWork(UUID(int=1), UUID(int=2), "pocket", (), "templates/ada.json")
    assert do(work, tmp_path) == Broke(FailureReason.ENGINE_ERROR)


def test_an_engine_stays_warm_between_jobs_and_makes_room_for_another(tmp_path: Path) -> None:
    loaded = []

    def load(engine: str) -> Pencil:
        loaded.append(engine)
        return Pencil(engine=engine)

    bench = Workbench(load, Cupboard(), tmp_path)
    for engine in ("pocket", "pocket", "stable-diffusion-xl", "pocket"):
        fields = {name: getattr(images(), name) for name in images().__struct_fields__}
        bench.do(Start(JOB, 1, ImageWork(**{**fields, "engine": engine})), Calm())
    assert loaded == ["pocket", "stable-diffusion-xl", "pocket"]


def test_an_engine_is_gone_before_the_next_one_is_loaded(tmp_path: Path) -> None:
    ending: list[ref[Pencil]] = []

    def load(engine: str) -> Pencil:
        assert [pencil for pencil in ending if pencil() is not None] == []
        pencil = EntangledPencil(engine, error=RuntimeError("a pen") if not ending else None)
        ending.append(ref(pencil))
        return pencil

    bench = Workbench(load, Cupboard(), tmp_path)
    gc.disable()
    try:
        reports = [bench.do(Start(JOB, 1, images()), Calm()) for _ in range(2)]
        elsewhere = msgspec.structs.replace(images(), engine="stable-diffusion-xl")
        reports.append(bench.do(Start(JOB, 1, elsewhere), Calm()))
    finally:
        gc.enable()
    assert [type(report) for report in reports] == [Broke, Delivered, Delivered]
    assert len(ending) == 3
