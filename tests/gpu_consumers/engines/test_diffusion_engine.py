"""Both Stable Diffusion architectures and a flow through the one engine code, tiny and random."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import ref

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.adapter_file import AdapterInvalid, read_adapter
from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.loaded_engine import (
    EngineAbsent,
    HeldTwin,
    LoadedEngine,
    Preview,
    RenderedPicture,
    ShowPreview,
    Stopped,
    TrainedTwin,
    TwinFile,
    TwinNotHeld,
)
from gpu_consumers.engines.registry import LOADERS, load_engine
from topics.messages.progress import Phase
from topics.messages.work import (
    Download,
    ImageItem,
    ImageWork,
    TrainingPhoto,
    TrainingWork,
    Upload,
)

if TYPE_CHECKING:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

pytestmark = pytest.mark.engine

ENGINES = ("stable-diffusion-1.5", "stable-diffusion-xl", "z-image")
NOWHERE = Upload("http://store/upload", {}, "quarantine/0.png", "image/png", 1_000_000)


@dataclass
class Watching:
    """Progress that remembers what it was told, and stops the job after so many steps."""

    stop_after: int | None = None
    told: list[tuple[Phase, int, int]] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        self.told.append((phase, step, steps_total))
        if preview is not None:
            self.previews.append(preview())
        if self.stop_after is not None and len(self.steps) >= self.stop_after:
            raise Stopped

    @property
    def steps(self) -> list[int]:
        return [step for phase, step, _ in self.told if phase is Phase.STEP]


def tiny(engine: str) -> EngineLoader:
    """The engine's own entry, with sizes that fit sixteen pixels."""
    loader = LOADERS[engine]
    twin = replace(
        loader.twin,
        sizes=((16, 16), (24, 16)),
        batch_size=4,
        class_pictures=3,
        sample_steps=2,
        checkpoint_shares=(0.5, 1.0),
        pictures_judged_each=2,
        shifts=((0, 0), (1, -1)),
        scene_choices=(("looking left", "looking right"), ("smiling", "in fog")),
        mirrored_words={"left": "right", "right": "left"},
        phrase_dropout=0.25,
    )
    return replace(loader, twin=twin, rank_max=8, slots=3)


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, weights_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> DiffusionEngine:
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    return load_diffusion_engine(
        tiny(request.param),
        weights_dir=weights_dir,
        cache_dir=tmp_path_factory.mktemp("cache"),
        device_name="cpu",
    )


def pictures_of_a_lighthouse(engine: LoadedEngine, *seeds: int, **changes: Any) -> ImageWork:
    work = ImageWork(
        engine=engine.engine,
        prompt="a lighthouse in fog",
        negative_prompt="",
        style="plain",
        width=16,
        height=16,
        num_inference_steps=3,
        guidance_scale=4.0,
        twin_strength=1.0,
        items=tuple(ImageItem(item, seed, NOWHERE) for item, seed in enumerate(seeds)),
    )
    fields = {name: getattr(work, name) for name in work.__struct_fields__}
    return ImageWork(**{**fields, **changes})


def one_lighthouse(engine: DiffusionEngine, adapter: TwinFile, **changes: Any) -> RenderedPicture:
    work = pictures_of_a_lighthouse(engine, 7, **changes)
    return engine.render(work, adapter, None, Watching(), batch_size=1)[0]


def pixels(picture: RenderedPicture) -> NDArray[np.int64]:
    with Image.open(io.BytesIO(picture.png)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int64)


def difference(one: RenderedPicture, other: RenderedPicture) -> int:
    return int(np.abs(pixels(one) - pixels(other)).max())


def photo(seed: int, width: int = 40, height: int = 40) -> bytes:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (5, 5, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    coarse.resize((width, height)).save(buffer, format="PNG")
    return buffer.getvalue()


def training(engine: LoadedEngine, **changes: Any) -> TrainingWork:
    arguments: dict[str, Any] = {
        "engine": engine.engine,
        "photos": tuple(
            TrainingPhoto(UUID(int=number), Download("http://store/photo")) for number in range(4)
        ),
        "rank": 4,
        "steps": 6,
        "learning_rate": 1e-2,
        "seed": 5,
        "sample_prompts": ("smiling", "looking left"),
        "sample_uploads": (NOWHERE, NOWHERE),
        "adapter_upload": NOWHERE,
    }
    return TrainingWork(**{**arguments, **changes})


class Ring:
    """Holds itself, as tensors and their traceback do: only the collector frees it."""

    def __init__(self) -> None:
        self.next = self


def a_ring() -> ref[Ring]:
    """One that nobody else holds."""
    return ref(Ring())


@pytest.fixture
def only_when_asked() -> Iterator[None]:
    """The collector looks for garbage when it is told to, and never by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


PHOTOS = [photo(1), photo(2), photo(3), photo(4, width=60)]


@pytest.fixture(scope="module")
def twin(engine: DiffusionEngine, tmp_path_factory: pytest.TempPathFactory) -> TrainedTwin:
    """A twin trained without a break."""
    return engine.train(
        training(engine),
        PHOTOS,
        Watching(),
        checkpoints_dir=tmp_path_factory.mktemp("trainings") / "twin",
        batch_size=4,
    )


def test_the_same_seed_draws_the_same_picture(engine: DiffusionEngine) -> None:
    work = pictures_of_a_lighthouse(engine, 7, 8)
    once = engine.render(work, None, None, Watching(), batch_size=2)
    again = engine.render(work, None, None, Watching(), batch_size=2)
    assert [picture.png for picture in once] == [picture.png for picture in again]
    assert difference(once[0], once[1]) > 0


def test_a_picture_does_not_depend_on_what_is_drawn_beside_it(engine: DiffusionEngine) -> None:
    beside = engine.render(
        pictures_of_a_lighthouse(engine, 7, 8, 9), None, None, Watching(), batch_size=3
    )
    (alone,) = engine.render(
        pictures_of_a_lighthouse(engine, 8), None, None, Watching(), batch_size=1
    )
    # One level of 255 for the last bit of floating point, which the batch's size may move.
    assert difference(beside[1], alone) <= 1


def test_pictures_come_in_the_order_of_the_items_whatever_fits_into_a_batch(
    engine: DiffusionEngine,
) -> None:
    work = pictures_of_a_lighthouse(engine, 7, 8, 9)
    drawn = engine.render(work, None, None, Watching(), batch_size=2)
    assert [(picture.item, picture.seed) for picture in drawn] == [(0, 7), (1, 8), (2, 9)]
    assert all((picture.width, picture.height) == (16, 16) for picture in drawn)


def test_progress_counts_every_step_of_every_batch(engine: DiffusionEngine) -> None:
    watching = Watching()
    engine.render(pictures_of_a_lighthouse(engine, 7, 8, 9), None, None, watching, batch_size=2)
    assert watching.told[0] == (Phase.ENCODE, 0, 6)
    assert watching.steps == [1, 2, 3, 4, 5, 6]


def test_a_step_more_than_was_asked_for_is_none_of_the_next_batch(
    weights_dir: Path, tmp_path: Path
) -> None:
    from diffusers import PNDMScheduler

    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    engine = load_diffusion_engine(
        tiny("stable-diffusion-1.5"),
        weights_dir=weights_dir,
        cache_dir=tmp_path,
        device_name="cpu",
    )
    engine._diffusion.model.pipeline.scheduler = PNDMScheduler(skip_prk_steps=True)
    watching = Watching()
    engine.render(pictures_of_a_lighthouse(engine, 7, 8), None, None, watching, batch_size=1)
    assert watching.steps == [1, 2, 3, 3, 4, 5, 6, 6]
    assert {total for phase, _, total in watching.told if phase is Phase.STEP} == {6}


def test_a_stop_ends_the_work_within_one_step_and_the_engine_goes_on(
    engine: DiffusionEngine,
) -> None:
    watching = Watching(stop_after=2)
    work = pictures_of_a_lighthouse(engine, 7, num_inference_steps=50)
    with pytest.raises(Stopped):
        engine.render(work, None, None, watching, batch_size=1)
    assert watching.steps == [1, 2]
    calm = engine.render(pictures_of_a_lighthouse(engine, 7), None, None, Watching(), batch_size=1)
    assert len(calm) == 1


def test_memory_is_looked_for_after_a_failed_attempt_and_not_after_pictures(
    engine: DiffusionEngine, only_when_asked: None
) -> None:
    work = pictures_of_a_lighthouse(engine, 7)
    with suppress(Stopped):
        engine.render(work, None, None, Watching(stop_after=1), batch_size=1)
    left_by_a_failure = a_ring()
    engine.render(work, None, None, Watching(), batch_size=1)
    assert left_by_a_failure() is None

    left_by_a_success = a_ring()
    engine.render(work, None, None, Watching(), batch_size=1)
    assert left_by_a_success() is not None


def test_memory_is_looked_for_after_a_training(
    engine: DiffusionEngine, only_when_asked: None, tmp_path: Path
) -> None:
    engine.train(
        training(engine), PHOTOS, Watching(), checkpoints_dir=tmp_path / "twin", batch_size=4
    )
    left_by_a_training = a_ring()
    engine.render(pictures_of_a_lighthouse(engine, 7), None, None, Watching(), batch_size=1)
    assert left_by_a_training() is None


def test_a_photorealistic_engine_shows_no_previews(engine: DiffusionEngine) -> None:
    watching = Watching()
    engine.render(pictures_of_a_lighthouse(engine, 7), None, None, watching, batch_size=1)
    assert watching.previews == []


def test_a_negative_prompt_changes_the_picture(engine: DiffusionEngine) -> None:
    plain, without = (
        engine.render(
            pictures_of_a_lighthouse(engine, 7, negative_prompt=negative),
            None,
            None,
            Watching(),
            batch_size=1,
        )[0]
        for negative in ("", "person smiling")
    )
    assert difference(plain, without) > 0


def test_a_trained_twin_changes_its_pictures_and_leaves_the_base_model_as_it_was(
    engine: DiffusionEngine, tmp_path: Path
) -> None:
    work = pictures_of_a_lighthouse(engine, 7)
    before = engine.render(work, None, None, Watching(), batch_size=1)
    twin = engine.train(
        training(engine), PHOTOS, Watching(), checkpoints_dir=tmp_path / "twin", batch_size=4
    )
    after = engine.render(work, None, None, Watching(), batch_size=1)
    worn = engine.render(work, twin.adapter, None, Watching(), batch_size=1)
    assert before[0].png == after[0].png
    assert difference(before[0], worn[0]) > 0
    assert (twin.rank, twin.step, len(twin.samples)) == (4, 6, 2)


def test_strength_nought_draws_without_the_twin_and_without_its_name(
    engine: DiffusionEngine, twin: TrainedTwin
) -> None:
    drawn = [
        one_lighthouse(engine, twin.adapter, twin_strength=strength) for strength in (0.0, 0.5, 1.0)
    ]
    (base,) = engine.render(
        pictures_of_a_lighthouse(engine, 7), None, None, Watching(), batch_size=1
    )
    assert drawn[0].png == base.png
    assert difference(drawn[1], base) > 0
    assert difference(drawn[1], drawn[2]) > 0


def test_a_weaker_twin_to_lead_away_from_changes_guided_pictures_alone(
    engine: DiffusionEngine,
    twin: TrainedTwin,
    weights_dir: Path,
    tmp_path: Path,
) -> None:
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    sharing = load_diffusion_engine(
        replace(engine._loader, twin_share_unguided=0.5),
        weights_dir=weights_dir,
        cache_dir=tmp_path,
        device_name="cpu",
    )
    guided, unguided = (
        [one_lighthouse(each, twin.adapter, guidance_scale=scale) for each in (engine, sharing)]
        for scale in (4.0, engine._loader.guidance_free_at)
    )
    assert difference(*guided) > 0
    assert difference(*unguided) == 0


def test_the_bank_draws_what_training_drew(engine: DiffusionEngine, twin: TrainedTwin) -> None:
    """The samples were drawn with peft in float32, and the file holds float16."""
    loader = engine._loader
    drawn = engine.render(
        pictures_of_a_lighthouse(
            engine,
            5,
            6,
            prompt="smiling",
            num_inference_steps=loader.twin.sample_steps,
            guidance_scale=loader.twin.sample_guidance_scale,
        ),
        twin.adapter,
        None,
        Watching(),
        batch_size=2,
    )
    assert float(np.abs(pixels(drawn[0]) - pixels(twin.samples[0])).mean()) < 3


def test_the_same_seed_trains_the_same_twin(
    engine: DiffusionEngine, twin: TrainedTwin, tmp_path: Path
) -> None:
    again = engine.train(
        training(engine), PHOTOS, Watching(), checkpoints_dir=tmp_path / "again", batch_size=4
    )
    assert again.adapter == twin.adapter


def test_a_second_attempt_continues_where_the_first_was_lost(
    engine: DiffusionEngine, twin: TrainedTwin, tmp_path: Path
) -> None:
    with pytest.raises(Stopped):
        engine.train(
            training(engine),
            PHOTOS,
            Watching(stop_after=5),
            checkpoints_dir=tmp_path / "broken",
            batch_size=4,
        )
    watching = Watching()
    continued = engine.train(
        training(engine), PHOTOS, watching, checkpoints_dir=tmp_path / "broken", batch_size=4
    )
    assert watching.steps == [4, 5, 6]
    assert continued.adapter == twin.adapter
    # What the first attempt had passed is told by the second, too.
    assert [len(shown.checkpoints) for shown in (watching.previews[0], watching.previews[-1])] == [
        1,
        2,
    ]


def test_a_training_tells_each_checkpoint_with_its_likeness_and_no_picture_where_none_is_shown(
    engine: DiffusionEngine, tmp_path: Path
) -> None:
    watching = Watching()
    trained = engine.train(
        training(engine), PHOTOS, watching, checkpoints_dir=tmp_path / "told", batch_size=4
    )
    last = watching.previews[-1].checkpoints
    assert [one.step for one in last] == [3, 6]
    assert trained.similarity == max(one.similarity for one in last)
    # What was not chosen is handed over, too, and is another adapter.
    (other,) = trained.others
    assert {trained.step, other.step} == {3, 6}
    assert other.adapter != trained.adapter
    # These engines are photorealistic: the likeness is told, the pictures pass release first.
    assert {shown.png for shown in watching.previews} == {b""}


def test_a_twin_that_is_held_is_drawn_without_its_file(
    engine: DiffusionEngine, twin: TrainedTwin
) -> None:
    digest = sha256(twin.adapter).hexdigest()
    with_file = one_lighthouse(engine, twin.adapter)
    assert engine.holds(digest)
    assert one_lighthouse(engine, HeldTwin(digest)).png == with_file.png
    engine.forget(digest)
    assert not engine.holds(digest)
    with pytest.raises(TwinNotHeld):
        one_lighthouse(engine, HeldTwin(digest))


def test_the_file_of_another_engine_is_refused(engine: DiffusionEngine, twin: TrainedTwin) -> None:
    with pytest.raises(AdapterInvalid):
        read_adapter(twin.adapter, {}, rank_max=8, size_bytes_max=10**8)
    with pytest.raises(AdapterInvalid):
        engine.render(
            pictures_of_a_lighthouse(engine, 7), twin.adapter[:-5], None, Watching(), batch_size=1
        )


def test_diffusers_itself_can_load_the_file(
    engine: DiffusionEngine, twin: TrainedTwin, tmp_path: Path, weights_dir: Path
) -> None:
    import diffusers

    (tmp_path / "pytorch_lora_weights.safetensors").write_bytes(twin.adapter)
    loader = engine._loader
    pipeline = getattr(diffusers, loader.pipeline_class.value).from_pretrained(
        loader.weights_dir(weights_dir), use_safetensors=True, local_files_only=True
    )
    pipeline.load_lora_weights(
        tmp_path, weight_name="pytorch_lora_weights.safetensors", use_safetensors=True
    )
    assert pipeline.get_active_adapters() == ["default_0"]


def test_an_engine_without_weights_says_which_folder_is_expected(tmp_path: Path) -> None:
    with pytest.raises(EngineAbsent, match=r"stable-diffusion-xl.*SUITE_ENGINE_WEIGHTS_DIR"):
        load_engine(
            "stable-diffusion-xl", weights_dir=tmp_path, cache_dir=tmp_path, device_name="cpu"
        )


def test_an_engine_outside_the_catalogue_is_absent(tmp_path: Path) -> None:
    with pytest.raises(EngineAbsent):
        load_engine("crayon", weights_dir=tmp_path, cache_dir=tmp_path, device_name="cpu")
