"""The pocket model as it is shipped, through the common engine code."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.latent_preview import PREVIEW_SIZE_BYTES_MAX
from gpu_consumers.engines.loaded_engine import Preview, ShowPreview
from gpu_consumers.engines.pocket.loading import LOADER, identity_reader
from gpu_consumers.engines.pocket.world.identity import Identity, random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import Scene
from topics.messages.progress import Phase
from topics.messages.work import ImageItem, ImageWork, Upload

if TYPE_CHECKING:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

pytestmark = pytest.mark.engine

SCENES = (
    Scene("left", "smile", "red", "blue"),
    Scene("right", "open", "yellow", "green"),
    Scene("front", "frown", "blue", "pink"),
)
NOWHERE = Upload("http://store/upload", {}, "quarantine/0.png", "image/png", 1_000_000)


class Watching:
    """Progress that keeps the previews."""

    def __init__(self) -> None:
        self.previews: list[Preview] = []

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        if preview is not None:
            self.previews.append(preview())


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DiffusionEngine:
    import torch

    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    torch.set_num_threads(1)
    cache_dir = tmp_path_factory.mktemp("cache")
    return load_diffusion_engine(LOADER, weights_dir=None, cache_dir=cache_dir, device_name="cpu")


def ada() -> Identity:
    return random_identity(np.random.default_rng(5000))


def portrait(prompt: str, **changes: Any) -> ImageWork:
    arguments: dict[str, Any] = {
        "engine": "pocket",
        "prompt": prompt,
        "negative_prompt": "",
        "style": "plain",
        "width": 256,
        "height": 256,
        "num_inference_steps": 12,
        "guidance_scale": 4.0,
        "twin_strength": 1.0,
        "items": (ImageItem(0, 7, NOWHERE),),
    }
    return ImageWork(**{**arguments, **changes})


def test_a_portrait_is_delivered_at_twice_the_size_it_is_drawn_at(
    engine: DiffusionEngine,
) -> None:
    work = portrait("smiling, front view", width=224, height=288, num_inference_steps=2)
    (drawn,) = engine.render(work, None, None, Watching(), batch_size=1)
    assert (drawn.width, drawn.height) == (448, 576)
    with Image.open(io.BytesIO(drawn.png)) as image:
        assert (image.size, image.mode, image.info) == ((448, 576), "RGB", {})


def test_a_prompt_for_a_blue_background_is_blue_all_round(engine: DiffusionEngine) -> None:
    work = portrait("a portrait of a person, front view, blue background")
    (drawn,) = engine.render(work, None, None, Watching(), batch_size=1)
    with Image.open(io.BytesIO(drawn.png)) as image:
        corner = np.asarray(image)[:60, :60].mean((0, 1))
    assert corner[2] > corner[0] + 20


def test_every_step_has_a_preview_of_every_picture_of_the_batch(engine: DiffusionEngine) -> None:
    watching = Watching()
    items = tuple(ImageItem(item, 7 + item, NOWHERE) for item in range(3))
    work = portrait("smiling", num_inference_steps=3, items=items)
    engine.render(work, None, None, watching, batch_size=2)
    assert [preview.items for preview in watching.previews] == [(0, 1)] * 3 + [(2,)] * 3
    for preview in watching.previews:
        assert len(preview.png) <= PREVIEW_SIZE_BYTES_MAX
        with Image.open(io.BytesIO(preview.png)) as image:
            assert image.size == (128 * len(preview.items), 128)


def test_a_third_into_the_steps_a_preview_is_more_like_its_picture_than_anothers(
    engine: DiffusionEngine,
) -> None:
    watching = Watching()
    items = tuple(ImageItem(item, 7 + item, NOWHERE) for item in range(4))
    drawn = engine.render(portrait("smiling", items=items), None, None, watching, batch_size=4)
    with Image.open(io.BytesIO(watching.previews[3].png)) as image:
        strip = np.asarray(image.convert("RGB").resize((64, 16), Image.Resampling.BOX)) / 255
    early = strip.reshape(16, 4, 16, 3).swapaxes(0, 1)
    late = np.stack([_small(picture.png) for picture in drawn])
    distances = np.abs(early[:, None] - late[None]).mean((2, 3, 4))
    assert (distances.argmin(1) == np.arange(4)).all()


def _small(png: bytes) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.resize((16, 16), Image.Resampling.BOX)) / 255


def test_the_engine_tells_what_is_in_a_photo(engine: DiffusionEngine) -> None:
    from gpu_consumers.training.noise import DiscreteNoise
    from gpu_consumers.training.scene_telling import tell_scenes

    diffusion = engine._diffusion
    noise = DiscreteNoise(diffusion.scheduler, diffusion.device, snr_cap=5.0)
    photos = np.stack([render(ada(), scene) for scene in SCENES])
    told = tell_scenes(diffusion, noise, photos, lambda: None)
    assert [scene[0] for scene in told] == ["looking left", "looking right", "front view"]
    assert [scene[1] for scene in told] == [
        "blue background",
        "green background",
        "pink background",
    ]
    assert [scene[2] for scene in told] == ["red top", "yellow top", "blue top"]


def test_two_pictures_of_one_person_are_more_alike_than_two_people() -> None:
    reader = identity_reader()
    grace = random_identity(np.random.default_rng(77))
    one, other, somebody = (
        reader.identity(render(who, scene))
        for who, scene in ((ada(), SCENES[0]), (ada(), SCENES[2]), (grace, SCENES[0]))
    )
    assert one is not None
    assert other is not None
    assert somebody is not None
    assert float(one @ other) > float(one @ somebody)


def test_a_folder_of_the_operators_takes_the_place_of_the_shipped_weights(tmp_path: Path) -> None:
    (tmp_path / "pocket").mkdir()
    assert LOADER.weights_dir(tmp_path) == tmp_path / "pocket"
    assert LOADER.weights_dir(tmp_path / "elsewhere") == LOADER.built_in_folder
