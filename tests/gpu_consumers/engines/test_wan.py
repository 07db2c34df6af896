"""Wan, tiny and with random weights: diffusers' pixels from words and from pictures, and twins."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.adapter_file import read_adapter, write_adapter
from gpu_consumers.engines.loaded_engine import Stopped
from gpu_consumers.engines.registry import LOADERS, load_engine
from gpu_consumers.engines.slot_bank import RowTwin
from gpu_consumers.engines.weights_check import WeightsUnfit, weight_files
from tests.gpu_consumers.engines.kohya import as_kohya_writes
from tests.gpu_consumers.engines.test_animating_engine import Watching
from tests.gpu_consumers.engines.test_flow_transformer import apart, halved, loaded, twin
from topics.messages.progress import Phase
from topics.messages.work import Download, SourcePicture, Upload, VideoItem, VideoWork

if TYPE_CHECKING:
    from gpu_consumers.engines.clip_drawing import Clip
    from gpu_consumers.engines.families.wan import WanModel
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion

pytestmark = pytest.mark.engine

WAN = "wan-2.2"
LOADER = LOADERS[WAN]
WIDTH, HEIGHT, FRAMES, STEPS = 32, 16, 9, 3
PROMPT, NEGATIVE, SEED, GUIDED = "a portrait of ada, smiling", "fog", 7, 4.1
NOWHERE = Upload("http://store/upload", {}, "quarantine/0", "video/x-matroska", 10**8)
Pictures = NDArray[np.uint8]


@pytest.fixture(scope="module")
def diffusion(weights_dir: Path) -> LatentDiffusion:
    return loaded(WAN, weights_dir)


@pytest.fixture(scope="module")
def still() -> Pictures:
    return np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def model_of(diffusion: LatentDiffusion) -> WanModel:
    from gpu_consumers.engines.families.wan import WanModel

    assert isinstance(diffusion.model, WanModel)
    return diffusion.model


def clip(**changes: Any) -> Clip:
    from gpu_consumers.engines.clip_drawing import Clip

    return replace(Clip(PROMPT, NEGATIVE, SEED), **changes)


def ours(
    diffusion: LatentDiffusion,
    guidance_scale: float,
    on_step: Any = lambda _step: None,
    on_decoded: Any = None,
    *,
    frames: int = FRAMES,
    **changes: Any,
) -> Pictures:
    from gpu_consumers.engines.clip_drawing import ClipSettings

    settings = ClipSettings(WIDTH, HEIGHT, frames, STEPS, guidance_scale, 24)
    drawer = model_of(diffusion).clips()
    return drawer.draw(clip(**changes), settings, on_step, on_decoded)


def theirs(pipeline: Any, guidance_scale: float, **more: Any) -> Pictures:
    import torch

    if "prompt_embeds" not in more:
        more = {"prompt": PROMPT, "negative_prompt": NEGATIVE, **more}
    arguments: dict[str, Any] = {
        "height": HEIGHT,
        "width": WIDTH,
        "num_frames": FRAMES,
        "num_inference_steps": STEPS,
        "guidance_scale": guidance_scale,
        "generator": torch.Generator("cpu").manual_seed(SEED),
        "output_type": "np",
    }
    (drawn,) = pipeline(**{**arguments, **more}).frames
    levels: Pictures = (drawn * 255).round().astype(np.uint8)
    return levels


def theirs_from(still: Pictures, model: WanModel, guidance_scale: float) -> Pictures:
    """As diffusers' pipeline for pictures draws it, with words that are encoded already."""
    from diffusers import WanImageToVideoPipeline

    parts = ("tokenizer", "text_encoder", "vae", "scheduler", "transformer")
    pipeline = WanImageToVideoPipeline(
        **{name: getattr(model.pipeline, name) for name in parts}, expand_timesteps=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return theirs(
        pipeline,
        guidance_scale,
        image=Image.fromarray(still),
        prompt_embeds=model.embed([PROMPT]).hidden,
        negative_prompt_embeds=model.embed([NEGATIVE]).hidden,
    )


@pytest.mark.parametrize("guidance_scale", [1.0, GUIDED])
def test_a_clip_from_words_has_the_pixels_of_the_pipeline(
    diffusion: LatentDiffusion, guidance_scale: float
) -> None:
    drawn = ours(diffusion, guidance_scale)
    assert drawn.shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert (drawn == theirs(diffusion.model.pipeline, guidance_scale)).all()


@pytest.mark.parametrize("guidance_scale", [1.0, GUIDED])
def test_a_clip_from_a_picture_has_the_pixels_of_the_pipeline_for_pictures(
    diffusion: LatentDiffusion, still: Pictures, guidance_scale: float
) -> None:
    drawn = ours(diffusion, guidance_scale, first_frame=still)
    assert (drawn == theirs_from(still, model_of(diffusion), guidance_scale)).all()
    assert apart(drawn, ours(diffusion, guidance_scale)) > 0


def test_what_a_clip_begins_with_stands_in_it(diffusion: LatentDiffusion, still: Pictures) -> None:
    model = model_of(diffusion)
    kept = model.decode(model.encode_first(still)[None, :, 0])
    assert apart(ours(diffusion, GUIDED, first_frame=still)[:1], kept) <= 1


def test_half_the_precision_has_the_pixels_of_the_pipelines_too(
    weights_dir: Path, still: Pictures
) -> None:
    import torch

    from gpu_consumers.engines.families.wan import WanModel
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion
    from gpu_consumers.engines.model_loading import load_pipeline

    device = torch.device("cpu")
    pipeline = load_pipeline(LOADER, weights_dir, device, torch.bfloat16)
    # As on a card: the network in half precision, but for its times, and what decodes in full.
    network = pipeline.transformer
    assert network.blocks[0].attn1.to_q.weight.dtype is torch.bfloat16
    assert network.scale_shift_table.dtype is pipeline.vae.dtype is torch.float32
    half = LatentDiffusion(WanModel(replace(LOADER, rank_max=8), pipeline, device))
    # The pipeline rounds what a step is made with to half precision; here it is full.
    for scale in (1.0, GUIDED):
        assert apart(ours(half, scale), theirs(pipeline, scale)) <= 2
        drawn = ours(half, scale, first_frame=still)
        assert apart(drawn, theirs_from(still, model_of(half), scale)) <= 2


def test_of_a_length_that_latents_do_not_have_the_end_is_left_out(
    diffusion: LatentDiffusion,
) -> None:
    assert (ours(diffusion, GUIDED, frames=FRAMES - 1) == ours(diffusion, GUIDED)[:-1]).all()
    assert len(ours(diffusion, GUIDED, frames=FRAMES - 3)) == FRAMES - 3


def test_a_picture_is_a_clip_of_one_frame(diffusion: LatentDiffusion) -> None:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, Row

    rows = [Row(PROMPT, NEGATIVE, SEED, GUIDED), Row("fog", "", 8, GUIDED)]
    drawn = diffusion.draw(rows, DrawSettings(WIDTH, HEIGHT, STEPS), lambda _step: None)
    still = theirs(diffusion.model.pipeline, GUIDED, num_frames=1)
    assert drawn[0][1] is not None
    assert apart(drawn[0][1], still[0]) <= 1


def test_a_picture_of_another_size_begins_no_clip(
    diffusion: LatentDiffusion, still: Pictures
) -> None:
    from gpu_consumers.engines.clip_drawing import FirstFrameMisfit

    with pytest.raises(FirstFrameMisfit):
        ours(diffusion, GUIDED, first_frame=still[:, :-1])


def test_a_twin_is_drawn_as_diffusers_draws_its_file_whoever_named_its_layers(
    weights_dir: Path, tmp_path: Path
) -> None:
    diffusion = loaded(WAN, weights_dir)
    ada = twin(diffusion, 1)
    file = write_adapter(ada, {}, component="transformer")
    limits: dict[str, int] = {"rank_max": 8, "size_bytes_max": 10**7}
    targets = diffusion.bank.targets
    diffusion.bank.put("ada", read_adapter(file, targets, component="transformer", **limits))
    renamed = read_adapter(
        as_kohya_writes(ada, alpha=2.0), targets, component="transformer", **limits
    )
    diffusion.bank.put("kohya", renamed)
    drawn = ours(diffusion, GUIDED, twin=RowTwin("ada", 0.8))
    assert (ours(diffusion, GUIDED, twin=RowTwin("kohya", 0.8)) == drawn).all()

    name = "pytorch_lora_weights.safetensors"
    (tmp_path / name).write_bytes(file)
    pipeline = loaded(WAN, weights_dir).model.pipeline
    pipeline.load_lora_weights(tmp_path, weight_name=name, adapter_name="ada")
    pipeline.set_adapters("ada", 0.8)
    assert apart(drawn, theirs(pipeline, GUIDED)) <= 1
    assert apart(drawn, ours(diffusion, GUIDED)) > 4


def test_only_what_guidance_leads_away_from_has_a_share_of_the_twin(weights_dir: Path) -> None:
    import torch

    from gpu_consumers.engines.families.flow_transformer import in_two_passes

    diffusion = loaded(WAN, weights_dir, twin_share_unguided=0.5)
    model = model_of(diffusion)
    model.bank.put("ada", twin(diffusion, 1))
    noise = model.clip_noise(SEED, width=WIDTH, height=HEIGHT, frames=FRAMES).noise[None]
    within, without = diffusion.embed_guided([PROMPT], [NEGATIVE])

    def shown(strength: float, words: Any, unguided: Any = None) -> Any:
        twins = [RowTwin("ada", strength)]
        both = noise if unguided is None else torch.cat([noise, noise])
        with in_two_passes(model.bank, model.predict_frames, twins, words, unguided) as predict:
            return predict(both, torch.tensor(700))

    with torch.no_grad():
        away, towards = shown(0.8, within, without).chunk(2)
        assert torch.allclose(towards, shown(0.8, within), atol=1e-5)
        assert torch.allclose(away, shown(0.4, without), atol=1e-5)
        assert not torch.allclose(away, shown(0.8, without), atol=1e-3)


def test_what_a_step_shows_is_where_the_flow_leads(diffusion: LatentDiffusion) -> None:
    from gpu_consumers.engines.clip_drawing import ClipSettings
    from gpu_consumers.engines.families.wan_clips import WanClips

    seen = []
    model = model_of(diffusion)
    settings = ClipSettings(WIDTH, HEIGHT, FRAMES, STEPS, GUIDED, 24)
    last = WanClips(model).draw_latents(clip(), settings, lambda step: seen.append(step.clean()))
    assert len(seen) == STEPS
    # The last step goes all the way.
    assert np.allclose(seen[-1][0].numpy(), model.preview(last[None])[0].numpy(), atol=1e-4)


def test_a_clip_is_stopped_at_a_step_and_between_frames_and_leaves_nothing(
    diffusion: LatentDiffusion,
) -> None:
    before = ours(diffusion, GUIDED)
    told: list[int] = []

    def stop(_: object) -> None:
        raise Stopped

    def stop_after_five(frames: int) -> None:
        told.append(frames)
        if frames >= 5:
            raise Stopped

    with pytest.raises(Stopped):
        ours(diffusion, GUIDED, stop)
    with pytest.raises(Stopped):
        ours(diffusion, GUIDED, on_decoded=stop_after_five)
    assert told == [1, 5]
    assert (ours(diffusion, GUIDED, on_decoded=told.append) == before).all()
    assert told[2:] == [1, 5, 9]


def test_values_that_are_not_finite_are_no_clip(weights_dir: Path) -> None:
    from gpu_consumers.engines.loaded_engine import PictureSpoilt

    diffusion = loaded(WAN, weights_dir)
    diffusion.network.proj_out.bias.data.fill_(float("nan"))
    with pytest.raises(PictureSpoilt):
        ours(diffusion, GUIDED)


def test_a_work_becomes_a_file_at_the_rate_that_was_asked_for(
    weights_dir: Path, tmp_path: Path, still: Pictures
) -> None:
    engine = load_engine(WAN, weights_dir=weights_dir, cache_dir=tmp_path, device_name="cpu")
    png = io.BytesIO()
    Image.fromarray(still).save(png, "PNG")
    source = SourcePicture(Download("http://store/still.png"), 1.0)
    work = VideoWork(
        WAN, "smiling", "", "plain", "nod", WIDTH, HEIGHT, 8, 24, STEPS, GUIDED, 1.0,
        tuple(VideoItem(item, SEED + item, NOWHERE) for item in range(2)), source=source,
    )  # fmt: skip
    watching = Watching()
    clips = engine.animate(work, None, png.getvalue(), watching)
    assert [(one.frames, one.width, one.height) for one in clips] == [(8, WIDTH, HEIGHT)] * 2
    with av.open(io.BytesIO(clips[0].mkv), "r") as film:
        assert film.streams.video[0].average_rate == 24
        assert len(list(film.decode(video=0))) == 8
    assert clips[0].mkv != clips[1].mkv
    steps = [(step, total) for phase, step, total in watching.told if phase is Phase.STEP]
    assert steps == [(step, 2 * STEPS) for step in range(1, 2 * STEPS + 1)]
    decoded = [(step, total) for phase, step, total in watching.told if phase is Phase.DECODE]
    assert decoded == sorted(decoded)
    assert decoded[-1] == (32, 32)
    assert engine.animate(work, None, png.getvalue(), Watching())[0].mkv == clips[0].mkv


def test_weights_in_half_precision_are_found_and_loaded(weights_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(weights_dir / LOADER.folder, tmp_path / LOADER.folder)
    halved(tmp_path / LOADER.folder)
    files = {file.name for file in weight_files(LOADER, tmp_path)}
    assert "diffusion_pytorch_model.fp16.safetensors" in files
    whole, half = (ours(loaded(WAN, folder), 1.0) for folder in (weights_dir, tmp_path))
    assert apart(whole, half) <= 2


def test_a_network_in_one_file_is_found_and_loaded(weights_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(weights_dir / LOADER.folder, tmp_path / LOADER.folder)
    as_published(tmp_path / LOADER.folder / "transformer")
    assert "wan.safetensors" in {file.name for file in weight_files(LOADER, tmp_path)}
    whole, alone = (ours(loaded(WAN, folder), 1.0) for folder in (weights_dir, tmp_path))
    assert (alone == whole).all()


def as_published(place: Path) -> None:
    """One file, with the names of its authors."""
    from safetensors.torch import load_file, save_file

    whole = place / "diffusion_pytorch_model.safetensors"
    renamed = {}
    for name, tensor in load_file(whole).items():
        for diffusers_name, name_of_authors in (
            ("condition_embedder.time_embedder.linear_1", "time_embedding.0"),
            ("condition_embedder.time_embedder.linear_2", "time_embedding.2"),
            ("condition_embedder.text_embedder.linear_1", "text_embedding.0"),
            ("condition_embedder.text_embedder.linear_2", "text_embedding.2"),
            ("condition_embedder.time_proj", "time_projection.1"),
            ("attn1.", "self_attn."),
            ("attn2.", "cross_attn."),
            (".to_out.0.", ".o."),
            (".to_q.", ".q."),
            (".to_k.", ".k."),
            (".to_v.", ".v."),
            ("ffn.net.0.proj", "ffn.0"),
            ("ffn.net.2", "ffn.2"),
            ("proj_out", "head.head"),
            # Theirs and ours count the norms of a block differently.
            (".norm2.", ".norm_swapped."),
            (".norm3.", ".norm2."),
            (".norm_swapped.", ".norm3."),
        ):
            name = name.replace(diffusers_name, name_of_authors)
        if name == "scale_shift_table":
            name = "head.modulation"
        renamed[name.replace("scale_shift_table", "modulation")] = tensor.contiguous()
    save_file(renamed, place / "wan.safetensors")
    whole.unlink()


def test_another_wan_is_not_taken_for_this_one(weights_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(weights_dir / LOADER.folder, tmp_path / LOADER.folder)
    index = tmp_path / LOADER.folder / "model_index.json"
    said = json.loads(index.read_text())
    index.write_text(json.dumps({**said, "expand_timesteps": False}))
    with pytest.raises(WeightsUnfit, match="another Wan"):
        weight_files(LOADER, tmp_path)
