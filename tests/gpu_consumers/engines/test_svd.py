"""Stable Video Diffusion, tiny and random: diffusers' pixels, and what it cannot do."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.loaded_engine import EngineAbsent, SourceUnreadable, Stopped
from gpu_consumers.engines.registry import LOADERS, load_engine
from gpu_consumers.engines.weights_check import WeightsUnfit, weight_files
from tests.gpu_consumers.engines.test_animating_engine import Watching
from tests.gpu_consumers.engines.test_diffusion_engine import photo, pictures_of_a_lighthouse
from tests.gpu_consumers.engines.test_diffusion_engine import training as training_of
from tests.gpu_consumers.engines.test_flow_transformer import apart
from topics.messages.progress import Phase
from topics.messages.work import Download, SourcePicture, Upload, VideoItem, VideoWork

if TYPE_CHECKING:
    from gpu_consumers.engines.families.svd import StableVideoClips

pytestmark = pytest.mark.engine

SVD = "stable-video-diffusion"
LOADER = LOADERS[SVD]
WIDTH, HEIGHT, FRAMES, STEPS, SEED, RATE = 24, 16, 10, 2, 7, 8
NOWHERE = Upload("http://store/upload", {}, "quarantine/0", "video/x-matroska", 10**8)
Pictures = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clips(weights_dir: Path) -> StableVideoClips:
    return loaded(weights_dir)


@pytest.fixture(scope="module")
def still() -> Pictures:
    return np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def loaded(weights_dir: Path) -> StableVideoClips:
    import torch

    from gpu_consumers.engines.model_loading import load_still_clips

    torch.set_num_threads(1)
    return load_still_clips(LOADER, weights_dir, "cpu")


def ours(
    clips: StableVideoClips,
    still: Pictures | None,
    guidance_scale: float,
    *,
    motion: str = "natural",
    frames: int = FRAMES,
    rate: int = RATE,
    on_step: Any = lambda _step: None,
    on_decoded: Any = None,
) -> Pictures:
    from gpu_consumers.engines.clip_drawing import Clip, ClipSettings

    settings = ClipSettings(WIDTH, HEIGHT, frames, STEPS, guidance_scale, rate)
    clip = Clip("", "", SEED, first_frame=still, motion=motion)
    return clips.draw(clip, settings, on_step, on_decoded)


def theirs(
    clips: StableVideoClips, still: Pictures, guidance_scale: float, bucket: int = 127
) -> Pictures:
    import torch

    from gpu_consumers.engines.families.svd import DECODED_AT_ONCE

    (drawn,) = clips.pipeline(
        Image.fromarray(still),
        height=HEIGHT,
        width=WIDTH,
        num_frames=FRAMES,
        num_inference_steps=STEPS,
        max_guidance_scale=guidance_scale,
        fps=RATE,
        motion_bucket_id=bucket,
        noise_aug_strength=0.02,
        decode_chunk_size=DECODED_AT_ONCE,
        generator=torch.Generator("cpu").manual_seed(SEED),
        output_type="np",
    ).frames
    levels: Pictures = (drawn * 255).round().astype(np.uint8)
    return levels


@pytest.mark.parametrize("guidance_scale", [1.0, 3.0])
def test_a_clip_has_the_pixels_of_the_pipeline(
    clips: StableVideoClips, still: Pictures, guidance_scale: float
) -> None:
    drawn = ours(clips, still, guidance_scale)
    assert drawn.shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert (drawn == theirs(clips, still, guidance_scale)).all()


def test_half_the_precision_has_the_pixels_of_the_pipeline_too(
    weights_dir: Path, still: Pictures
) -> None:
    import torch

    clips = loaded(weights_dir)
    clips.pipeline.to(torch.bfloat16)
    assert apart(ours(clips, still, 3.0), theirs(clips, still, 3.0)) <= 2


def test_a_motion_is_how_much_moves(clips: StableVideoClips, still: Pictures) -> None:
    lively = ours(clips, still, 3.0, motion="lively")
    assert (lively == theirs(clips, still, 3.0, bucket=180)).all()
    assert apart(lively, ours(clips, still, 3.0)) > 0


def test_the_frame_rate_is_told_to_the_network(clips: StableVideoClips, still: Pictures) -> None:
    assert apart(ours(clips, still, 3.0, rate=24), ours(clips, still, 3.0)) > 0


def test_there_is_no_clip_without_a_picture_of_its_size_or_of_more_frames_than_places(
    clips: StableVideoClips, still: Pictures
) -> None:
    from gpu_consumers.engines.clip_drawing import ClipTooLong, FirstFrameMisfit

    for wrong in (None, still[:, :-1]):
        with pytest.raises(FirstFrameMisfit):
            ours(clips, wrong, 3.0)
    with pytest.raises(ClipTooLong):
        ours(clips, still, 3.0, frames=26)


def test_a_clip_is_stopped_at_a_step_and_between_frames(
    clips: StableVideoClips, still: Pictures
) -> None:
    told: list[int] = []

    def stop(_: object) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ours(clips, still, 3.0, on_step=stop)
    with pytest.raises(Stopped):
        ours(clips, still, 3.0, on_decoded=stop)
    ours(clips, still, 3.0, on_decoded=told.append)
    assert told == [8, FRAMES]


def test_a_step_shows_what_comes_of_it(clips: StableVideoClips, still: Pictures) -> None:
    from gpu_consumers.engines.clip_drawing import Clip, ClipSettings

    seen = []
    settings = ClipSettings(WIDTH, HEIGHT, FRAMES, STEPS, 3.0, RATE)
    clip = Clip("", "", SEED, first_frame=still)
    last = clips.draw_latents(clip, settings, lambda step: seen.append(step.clean()))
    assert np.allclose(seen[-1][0].transpose(0, 1).numpy(), last.numpy(), atol=1e-3)


def test_a_work_becomes_a_file_at_the_rate_that_was_asked_for(
    weights_dir: Path, tmp_path: Path, still: Pictures
) -> None:
    engine = load_engine(SVD, weights_dir=weights_dir, cache_dir=tmp_path, device_name="cpu")
    png = io.BytesIO()
    Image.fromarray(still).save(png, "PNG")
    source = SourcePicture(Download("http://store/still.png"), 1.0)
    work = VideoWork(
        SVD, "", "", "plain", "calm", WIDTH, HEIGHT, FRAMES, RATE, STEPS, 3.0, 0.0,
        (VideoItem(0, SEED, NOWHERE),), source=source,
    )  # fmt: skip
    watching = Watching()
    [drawn] = engine.animate(work, None, png.getvalue(), watching)
    assert (drawn.frames, drawn.width, drawn.height) == (FRAMES, WIDTH, HEIGHT)
    with av.open(io.BytesIO(drawn.mkv), "r") as film:
        assert film.streams.video[0].average_rate == RATE
        assert len(list(film.decode(video=0))) == FRAMES
    steps = [(step, total) for phase, step, total in watching.told if phase is Phase.STEP]
    assert steps == [(1, STEPS), (2, STEPS)]
    with pytest.raises(Stopped):
        engine.animate(work, None, png.getvalue(), Watching(stop_at=(Phase.STEP, 1)))
    with pytest.raises(SourceUnreadable):
        engine.animate(work, None, None, Watching())


def test_it_draws_no_pictures_and_learns_nobody(weights_dir: Path, tmp_path: Path) -> None:
    engine = load_engine(SVD, weights_dir=weights_dir, cache_dir=tmp_path, device_name="cpu")
    work = pictures_of_a_lighthouse(engine, SEED)
    with pytest.raises(EngineAbsent):
        engine.render(work, None, None, Watching(), batch_size=1)
    with pytest.raises(EngineAbsent):
        engine.render_together([])
    with pytest.raises(EngineAbsent):
        engine.train(
            training_of(engine), [photo(1)], Watching(), checkpoints_dir=tmp_path, batch_size=1
        )
    assert not engine.holds("ada")
    engine.forget("ada")


def test_weights_in_half_precision_are_found_and_loaded(
    weights_dir: Path, tmp_path: Path, still: Pictures
) -> None:
    shutil.copytree(weights_dir / LOADER.folder, tmp_path / LOADER.folder)
    halved(tmp_path / LOADER.folder)
    names = {file.name for file in weight_files(LOADER, tmp_path)}
    assert {"diffusion_pytorch_model.fp16.safetensors", "model.fp16.safetensors"} <= names
    whole, half = (ours(loaded(folder), still, 3.0) for folder in (weights_dir, tmp_path))
    assert apart(whole, half) <= 2


def halved(folder: Path) -> None:
    """All of its parts are brought in half precision, as its authors give it out."""
    import torch
    from safetensors.torch import load_file, save_file

    for file in list(folder.glob("*/*.safetensors")):
        tensors = {name: tensor.to(torch.float16) for name, tensor in load_file(file).items()}
        save_file(tensors, file.with_suffix(".fp16.safetensors"), {"format": "pt"})
        file.unlink()


def test_a_network_of_fewer_frames_than_a_clip_has_is_not_offered(
    weights_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(weights_dir / LOADER.folder, tmp_path / LOADER.folder)
    config = tmp_path / LOADER.folder / "unet" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "num_frames": 14}))
    with pytest.raises(WeightsUnfit, match="draws 14 frames at once, and its clips have 24"):
        weight_files(LOADER, tmp_path)


def test_a_network_in_one_file_is_none_that_can_be_read(weights_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / LOADER.folder
    shutil.copytree(weights_dir / LOADER.folder, folder)
    network = folder / "unet" / "diffusion_pytorch_model.safetensors"
    network.rename(folder / "unet" / "svd_xt.safetensors")
    with pytest.raises(WeightsUnfit, match=r"diffusion_pytorch_model\.safetensors is missing"):
        weight_files(LOADER, tmp_path)
