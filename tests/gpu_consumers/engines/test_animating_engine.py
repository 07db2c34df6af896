"""Clips and remixes through the engine that a worker loads: the pocket model as it is shipped."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.loaded_engine import (
    EngineAbsent,
    Preview,
    RenderedClip,
    RenderedPicture,
    ShowPreview,
    SourceUnreadable,
    Stopped,
)
from gpu_consumers.engines.pocket.loading import LOADER, WEIGHTS_DIR
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import Scene
from topics.messages.progress import Phase
from topics.messages.work import (
    Download,
    ImageItem,
    ImageWork,
    SourcePicture,
    Upload,
    VideoItem,
    VideoWork,
)

if TYPE_CHECKING:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not (WEIGHTS_DIR / "motion_adapter").is_dir(),
        reason="no motion adapter has been trained yet",
    ),
]

FRAMES = 6
NOWHERE = Upload("http://store/upload", {}, "quarantine/0", "video/x-matroska", 10**8)
ELSEWHERE = Download("http://store/portrait.png")


@dataclass
class Watching:
    """Progress that remembers what it was told, and stops the work at a phase's step."""

    stop_at: tuple[Phase, int] | None = None
    told: list[tuple[Phase, int, int]] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        self.told.append((phase, step, steps_total))
        if preview is not None:
            self.previews.append(preview())
        if (phase, step) == self.stop_at:
            raise Stopped


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DiffusionEngine:
    import torch

    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    torch.set_num_threads(1)
    cache_dir = tmp_path_factory.mktemp("cache")
    return load_diffusion_engine(LOADER, weights_dir=None, cache_dir=cache_dir, device_name="cpu")


def clips(*seeds: int, strength: float | None = None, **changes: Any) -> VideoWork:
    arguments: dict[str, Any] = {
        "engine": "pocket",
        "prompt": "short red hair, smiling, front view, blue background",
        "negative_prompt": "",
        "style": "plain",
        "motion": "nod",
        "width": 256,
        "height": 256,
        "frames": FRAMES,
        "frame_rate": 8,
        "num_inference_steps": 4,
        "guidance_scale": 4.0,
        "twin_strength": 1.0,
        "items": tuple(VideoItem(item, seed, NOWHERE) for item, seed in enumerate(seeds)),
        "source": None if strength is None else SourcePicture(ELSEWHERE, strength),
    }
    return VideoWork(**{**arguments, **changes})


def remix(strength: float, **changes: Any) -> ImageWork:
    arguments: dict[str, Any] = {
        "engine": "pocket",
        "prompt": "a portrait of a person, smiling, front view, pink background",
        "negative_prompt": "",
        "style": "plain",
        "width": 256,
        "height": 256,
        "num_inference_steps": 10,
        "guidance_scale": 4.0,
        "twin_strength": 1.0,
        "items": (ImageItem(0, 7, NOWHERE),),
        "source": SourcePicture(ELSEWHERE, strength),
    }
    return ImageWork(**{**arguments, **changes})


def portrait(width: int = 512, height: int = 512) -> bytes:
    """Ada as she lies in the gallery: a cartoon at delivered size."""
    ada = random_identity(np.random.default_rng(5000))
    scene = Scene("left", "smile", "red", "blue")
    picture = Image.fromarray(render(ada, scene, frame=SQUARE.scaled(DRAWN_SCALE)))
    buffer = io.BytesIO()
    picture.resize((width, height), Image.Resampling.LANCZOS).save(buffer, format="PNG")
    return buffer.getvalue()


def frames(clip: RenderedClip) -> NDArray[np.uint8]:
    import av

    with av.open(io.BytesIO(clip.mkv), "r") as container:
        read = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(read).astype(np.uint8)


def small(picture: RenderedPicture | bytes | NDArray[np.uint8]) -> NDArray[np.float64]:
    """Coarse: what two pictures have in common at a glance."""
    png = picture.png if isinstance(picture, RenderedPicture) else picture
    image = Image.open(io.BytesIO(png)) if isinstance(png, bytes) else Image.fromarray(png)
    return np.asarray(image.convert("RGB").resize((64, 64), Image.Resampling.BOX)).astype(float)


def test_clips_are_delivered_without_loss_at_the_size_that_pictures_are(
    engine: DiffusionEngine,
) -> None:
    once, other = engine.animate(clips(7, 8, width=224, height=288), None, None, Watching())
    assert (once.item, once.seed, other.item, other.seed) == (0, 7, 1, 8)
    assert (once.width, once.height, once.frames) == (448, 576, FRAMES)
    assert frames(once).shape == (FRAMES, 576, 448, 3)
    assert (frames(once) != frames(other)).any()
    again, _ = engine.animate(clips(7, 8, width=224, height=288), None, None, Watching())
    assert again == once


def test_the_motion_that_is_asked_for_decides_what_is_drawn(engine: DiffusionEngine) -> None:
    nod, push = (
        engine.animate(clips(7, motion=motion), None, None, Watching())[0]
        for motion in ("nod", "push")
    )
    assert (frames(nod) != frames(push)).any()
    [said] = engine.animate(
        clips(7, motion="", prompt=f"nodding, {clips().prompt}"), None, None, Watching()
    )
    assert said.mkv == nod.mkv


def test_progress_counts_steps_and_frames_of_all_clips(engine: DiffusionEngine) -> None:
    watching = Watching()
    engine.animate(clips(7, 8), None, None, watching)
    assert watching.told[0] == (Phase.ENCODE, 0, 8)
    steps = [told[1:] for told in watching.told if told[0] is Phase.STEP]
    assert steps == [(step, 8) for step in range(1, 9)]
    decoded = [told[1:] for told in watching.told if told[0] is Phase.DECODE]
    assert decoded[-1] == (4 * FRAMES, 4 * FRAMES)
    assert decoded == sorted(decoded)


def test_a_clips_preview_is_its_middle_frame(engine: DiffusionEngine) -> None:
    watching = Watching()
    [clip] = engine.animate(clips(7, num_inference_steps=8), None, None, watching)
    assert [preview.items for preview in watching.previews] == [(0,)] * 8
    shown = small(watching.previews[-1].png)
    distances = [np.abs(small(frame) - shown).mean() for frame in frames(clip)]
    assert min(distances) < 40
    with Image.open(io.BytesIO(watching.previews[0].png)) as image:
        assert image.size == (128, 128)


@pytest.mark.parametrize(
    "stop_at", [(Phase.STEP, 2), (Phase.DECODE, FRAMES), (Phase.DECODE, FRAMES + 2)]
)
def test_a_clip_is_stopped_while_it_is_drawn_decoded_and_written(
    engine: DiffusionEngine, stop_at: tuple[Phase, int]
) -> None:
    watching = Watching(stop_at)
    with pytest.raises(Stopped):
        engine.animate(clips(7, 8), None, None, watching)
    assert watching.told[-1][:2] == stop_at


def test_a_clip_begins_with_the_picture_that_it_is_given(engine: DiffusionEngine) -> None:
    watching = Watching()
    [clip] = engine.animate(clips(7, strength=0.75), None, portrait(), watching)
    assert [step for phase, step, _ in watching.told if phase is Phase.STEP] == [1, 2, 3]
    first, last = small(frames(clip)[0]), small(frames(clip)[-1])
    assert np.abs(first - small(portrait())).mean() < 8
    assert np.abs(last - first).mean() > 1


def test_a_remix_is_the_more_like_its_source_the_less_is_drawn_anew(
    engine: DiffusionEngine,
) -> None:
    distances = []
    for strength in (0.0, 0.3, 1.0):
        watching = Watching()
        [drawn] = engine.render(remix(strength), None, portrait(), watching, batch_size=1)
        made = [step for phase, step, _ in watching.told if phase is Phase.STEP]
        assert made == list(range(1, round(10 * strength) + 1))
        distances.append(np.abs(small(drawn) - small(portrait())).mean())
    # The autoencoder alone loses a little.
    assert distances[0] < 8
    assert distances == sorted(distances)
    assert distances[-1] > 2 * distances[0]


def test_at_full_strength_a_remix_is_what_words_alone_draw(engine: DiffusionEngine) -> None:
    [begun] = engine.render(remix(1.0), None, portrait(), Watching(), batch_size=1)
    [alone] = engine.render(remix(1.0, source=None), None, None, Watching(), batch_size=1)
    assert begun.png == alone.png


def test_a_source_of_another_ratio_is_cut_evenly(engine: DiffusionEngine) -> None:
    [drawn] = engine.render(
        remix(0.0, width=352, height=192), None, portrait(512, 512), Watching(), batch_size=1
    )
    assert (drawn.width, drawn.height) == (704, 384)
    [clip] = engine.animate(
        clips(7, strength=0.5, width=192, height=352), None, portrait(704, 384), Watching()
    )
    assert (clip.width, clip.height) == (384, 704)


@pytest.mark.parametrize(
    "bytes_of", ["", "GIF89a", "half"], ids=["empty", "another format", "cut off"]
)
def test_a_source_that_is_no_picture_is_told(engine: DiffusionEngine, bytes_of: str) -> None:
    source = portrait()[:3000] if bytes_of == "half" else bytes_of.encode()
    with pytest.raises(SourceUnreadable):
        engine.render(remix(0.5), None, source, Watching(), batch_size=1)
    with pytest.raises(SourceUnreadable):
        engine.animate(clips(7, strength=0.5), None, source, Watching())


def test_a_source_is_measured_before_it_is_unpacked() -> None:
    from gpu_consumers.engines.source_picture import source_picture

    buffer = io.BytesIO()
    Image.new("1", (8_193, 1)).save(buffer, format="PNG")
    with pytest.raises(SourceUnreadable, match="8192"):
        source_picture(buffer.getvalue(), 256, 256)


def test_an_engine_without_motion_says_that_it_draws_no_clips(
    engine: DiffusionEngine, tmp_path: Path
) -> None:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

    still = replace(engine._diffusion.loader, motion=None)
    diffusion, engine._diffusion.loader = engine._diffusion.loader, still
    try:
        with pytest.raises(EngineAbsent):
            DiffusionEngine(engine._diffusion, tmp_path, None).animate(
                clips(7), None, None, Watching()
            )
    finally:
        engine._diffusion.loader = diffusion


def test_pictures_are_the_same_before_and_after_a_clip(engine: DiffusionEngine) -> None:
    before = engine.render(remix(1.0, source=None), None, None, Watching(), batch_size=1)
    engine.animate(clips(7), None, None, Watching())
    after = engine.render(remix(1.0, source=None), None, None, Watching(), batch_size=1)
    assert before == after
