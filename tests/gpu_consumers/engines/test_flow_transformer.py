"""Flow transformers, tiny and with random weights: diffusers' pixels, and twins where they belong.

Z-Image has its guided half first; FLUX.2 klein and Qwen-Image make two passes.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gpu_consumers.engines.adapter_file import Adapter, LayerPair, write_adapter
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.engines.slot_bank import RowTwin
from gpu_consumers.engines.weights_check import weight_files
from tests.gpu_consumers.engines.test_diffusion_engine import (
    NOWHERE,
    Watching,
    difference,
    photo,
    pictures_of_a_lighthouse,
    training,
)

if TYPE_CHECKING:
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion

pytestmark = pytest.mark.engine

Z_IMAGE, KLEIN, QWEN = "z-image", "flux-2-klein", "qwen-image"
UNGUIDED = {Z_IMAGE: 0.0, KLEIN: 1.0, QWEN: 1.0}
STEPS, WIDTH, HEIGHT = 4, 24, 16
SEEDS = (7, 8, 9)
PROMPTS = ("a portrait of ada, smiling", "fog", "a photo of grace looking left")
NEGATIVES = {
    Z_IMAGE: ("", "smiling", "fog"),
    KLEIN: ("", "", ""),
    QWEN: ("", "smiling and looking right", "fog"),
}
"""Diffusers' pipeline of klein knows none but the empty one."""
NETWORK = Path("transformer", "diffusion_pytorch_model.safetensors")
GUIDED = 4.1


@pytest.fixture(scope="module", params=[Z_IMAGE, KLEIN, QWEN])
def diffusion(request: pytest.FixtureRequest, weights_dir: Path) -> LatentDiffusion:
    return loaded(request.param, weights_dir)


@pytest.fixture(params=[Z_IMAGE, KLEIN, QWEN])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def loaded(engine: str, weights_dir: Path, **changes: Any) -> LatentDiffusion:
    import torch

    from gpu_consumers.engines.model_loading import load_latent_diffusion

    torch.set_num_threads(1)
    return load_latent_diffusion(
        replace(LOADERS[engine], rank_max=8, **changes), weights_dir, "cpu"
    )


def ours(
    diffusion: LatentDiffusion,
    guidance_scale: float,
    twins: tuple[RowTwin | None, ...] = (None,) * len(SEEDS),
    **more: Any,
) -> Any:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, Row

    rows = [
        Row(prompt, negative, seed, guidance_scale, twin, **more)
        for prompt, negative, seed, twin in zip(
            PROMPTS, NEGATIVES[diffusion.loader.id], SEEDS, twins, strict=True
        )
    ]
    drawn = diffusion.draw(rows, DrawSettings(WIDTH, HEIGHT, STEPS), lambda _step: None)
    return np.stack([picture for _, picture in drawn if picture is not None])


def theirs(pipeline: Any, guidance_scale: float, **more: Any) -> Any:
    import torch

    name = type(pipeline).__name__
    if "ZImage" in name:
        more["negative_prompt"] = list(NEGATIVES[Z_IMAGE])
    if "Qwen" in name:
        more["negative_prompt"] = list(NEGATIVES[QWEN])
    scale = "true_cfg_scale" if "Qwen" in name else "guidance_scale"
    more[scale] = guidance_scale
    pictures = pipeline(
        prompt=list(PROMPTS),
        width=WIDTH,
        height=HEIGHT,
        num_inference_steps=STEPS,
        generator=[torch.Generator("cpu").manual_seed(seed) for seed in SEEDS],
        output_type="np",
        **more,
    ).images
    return (pictures * 255).round().astype(np.uint8)


def twin(diffusion: LatentDiffusion, seed: int) -> Adapter:
    """Random, and strong enough to be seen."""
    rng = np.random.default_rng(seed)
    layers = {
        name: LayerPair(
            rng.normal(0, 0.3, (4, *shape.inputs)).astype(np.float16).astype(np.float32),
            rng.normal(0, 0.3, (shape.outputs, 4)).astype(np.float16).astype(np.float32),
        )
        for name, shape in diffusion.bank.targets.items()
    }
    return Adapter(4, layers)


def apart(one: Any, other: Any) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


@pytest.mark.parametrize("guidance_scale", [0.0, 1.0, GUIDED])
def test_a_batch_has_the_pixels_of_the_pipeline(
    diffusion: LatentDiffusion, guidance_scale: float
) -> None:
    drawn = ours(diffusion, guidance_scale)
    assert drawn.shape == (3, HEIGHT, WIDTH, 3)
    assert (drawn == theirs(diffusion.model.pipeline, guidance_scale)).all()


def test_half_the_precision_has_the_pixels_of_the_pipeline_too(
    engine: str, weights_dir: Path
) -> None:
    import torch

    diffusion = loaded(engine, weights_dir)
    diffusion.model.pipeline.to(torch.bfloat16)
    # The pipeline rounds its colours to half precision, too, before they become levels.
    assert apart(ours(diffusion, GUIDED), theirs(diffusion.model.pipeline, GUIDED)) <= 2


def test_a_schedule_that_depends_on_the_size_is_the_pipelines(weights_dir: Path) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler

    diffusion = loaded(Z_IMAGE, weights_dir)
    diffusion.model.pipeline.scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    assert (ours(diffusion, GUIDED) == theirs(diffusion.model.pipeline, GUIDED)).all()


@pytest.mark.parametrize("strength", [0.25, 0.75])
def test_a_remix_has_the_pixels_of_the_image_to_image_pipeline(
    weights_dir: Path, strength: float
) -> None:
    from diffusers import ZImageImg2ImgPipeline

    diffusion = loaded(Z_IMAGE, weights_dir)
    pipeline = ZImageImg2ImgPipeline(**diffusion.model.pipeline.components)
    pipeline.set_progress_bar_config(disable=True)
    source = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    # Given as latents: the pipeline would draw its own from what the encoder leaves open.
    latents = diffusion.encode(source[None]).repeat(len(SEEDS), 1, 1, 1)
    drawn = ours(diffusion, GUIDED, source=source, strength=strength)
    assert (drawn == theirs(pipeline, GUIDED, image=latents, strength=strength)).all()


def test_a_twin_is_drawn_as_diffusers_draws_its_file(
    engine: str, weights_dir: Path, tmp_path: Path
) -> None:
    diffusion = loaded(engine, weights_dir)
    ada = twin(diffusion, 1)
    diffusion.bank.put("ada", ada)
    drawn = ours(diffusion, GUIDED, (RowTwin("ada", 0.8),) * 3)
    plain = ours(diffusion, GUIDED)

    name = "pytorch_lora_weights.safetensors"
    (tmp_path / name).write_bytes(write_adapter(ada, {}, component="transformer"))
    pipeline = loaded(engine, weights_dir).model.pipeline
    pipeline.load_lora_weights(tmp_path, weight_name=name, adapter_name="ada")
    pipeline.set_adapters("ada", 0.8)
    assert apart(drawn, theirs(pipeline, GUIDED)) <= 1
    assert apart(drawn, plain) > 4


def test_rows_of_a_batch_show_their_own_twins(engine: str, weights_dir: Path) -> None:
    diffusion = loaded(engine, weights_dir, twin_share_unguided=0.5)
    for seed, name in enumerate(("ada", "grace")):
        diffusion.bank.put(name, twin(diffusion, seed))
    twins = (RowTwin("ada", 0.8), RowTwin("grace", 1.0), None)
    together = ours(diffusion, GUIDED, twins)
    for row, shown in enumerate(twins):
        alone = ours(diffusion, GUIDED, (shown,) * 3)
        assert apart(together[row], alone[row]) <= 1


def test_only_what_guidance_leads_away_from_has_a_share_of_the_twin(
    engine: str, weights_dir: Path
) -> None:
    """A share of the first half, or of a doubled batch, would weaken the wrong one, or nothing."""
    import torch

    diffusion = loaded(engine, weights_dir, twin_share_unguided=0.5)
    model = diffusion.model
    diffusion.bank.put("ada", twin(diffusion, 1))
    noise = model.noise(7, width=WIDTH, height=HEIGHT).noise[None]
    time = torch.tensor(700.0)
    within, without = diffusion.embed_guided(["ada smiling"], ["fog"])

    def alone(words: Any, strength: float) -> Any:
        with model.showing([RowTwin("ada", strength)], words, None) as predict:
            return predict(noise, time)

    with torch.no_grad():
        with model.showing([RowTwin("ada", 0.8)], within, without) as predict:
            unguided, guided = predict(torch.cat([noise, noise]), time).chunk(2)
        assert torch.allclose(guided, alone(within, 0.8), atol=1e-4)
        assert torch.allclose(unguided, alone(without, 0.4), atol=1e-4)
        assert not torch.allclose(unguided, alone(without, 0.8), atol=1e-2)


@pytest.mark.parametrize("learning", [KLEIN, QWEN, "wan-2.2"])
def test_a_twin_is_learnt_and_changes_what_is_drawn(
    learning: str, weights_dir: Path, tmp_path: Path
) -> None:
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    loader = LOADERS[learning]
    constants = replace(
        loader.twin,
        sizes=((16, 16),),
        class_pictures=1,
        sample_steps=2,
        checkpoint_shares=(1.0,),
    )
    engine = load_diffusion_engine(
        replace(loader, twin=constants, rank_max=8),
        weights_dir=weights_dir,
        cache_dir=tmp_path,
        device_name="cpu",
    )
    work = training(engine, steps=3, sample_prompts=("smiling",), sample_uploads=(NOWHERE,))
    learnt = engine.train(
        work, [photo(1)], Watching(), checkpoints_dir=tmp_path / "twin", batch_size=1
    )
    lighthouse = pictures_of_a_lighthouse(engine, 7)
    bare, worn = (
        engine.render(lighthouse, adapter, None, Watching(), batch_size=1)[0]
        for adapter in (None, learnt.adapter)
    )
    assert (learnt.step, len(learnt.samples)) == (3, 1)
    assert difference(bare, worn) > 0


def test_what_a_step_shows_is_where_the_flow_leads(diffusion: LatentDiffusion) -> None:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, Row

    seen = []
    row = Row("ada", "", 7, UNGUIDED[diffusion.loader.id])
    last = diffusion.draw_latents(
        [row], DrawSettings(WIDTH, HEIGHT, STEPS), lambda step: seen.append(step.clean())
    )
    assert len(seen) == STEPS
    # The last step goes all the way.
    expected = diffusion.model.preview(last)
    assert np.allclose(seen[-1].numpy(), expected.numpy(), atol=1e-5)


def test_a_prompt_longer_than_the_pipeline_reads_is_read_to_its_end(weights_dir: Path) -> None:
    diffusion = loaded(Z_IMAGE, weights_dir)
    long = "fog " * 600
    words = diffusion.embed([f"{long} ada", f"{long} grace", "fog"])
    assert words.lengths[0] == words.lengths[1] > 600 > words.lengths[2]
    assert not np.allclose(words.hidden[0].numpy(), words.hidden[1].numpy(), atol=1e-3)


def halved(folder: Path) -> None:
    """Only the network and the autoencoder are brought in half precision, as it is often done."""
    import torch
    from safetensors.torch import load_file, save_file

    for part in ("transformer", "vae"):
        whole = folder / part / "diffusion_pytorch_model.safetensors"
        tensors = {name: tensor.to(torch.float16) for name, tensor in load_file(whole).items()}
        save_file(tensors, whole.with_suffix(".fp16.safetensors"), {"format": "pt"})
        whole.unlink()


def as_published(folder: Path) -> None:
    """The network alone as its authors publish it: one file, with names of their own."""
    import torch
    from safetensors.torch import load_file, save_file

    whole = folder / NETWORK
    tensors: dict[str, Any] = {}
    ours = load_file(whole)
    for name, tensor in ours.items():
        if ".to_k." in name or ".to_v." in name:
            continue
        if ".to_q." in name:
            parts = [ours[name.replace(".to_q.", f".to_{side}.")] for side in "qkv"]
            name, tensor = name.replace(".to_q.", ".qkv."), torch.cat(parts)
        for diffusers_name, name_of_authors in (
            ("all_final_layer.2-1.", "final_layer."),
            ("all_x_embedder.2-1.", "x_embedder."),
            (".to_out.0.", ".out."),
            (".norm_k.", ".k_norm."),
            (".norm_q.", ".q_norm."),
        ):
            name = name.replace(diffusers_name, name_of_authors)
        tensors[f"model.diffusion_model.{name}"] = tensor.contiguous()
    save_file(tensors, folder / "transformer" / "z_image.safetensors")
    whole.unlink()


def test_distilled_weights_are_never_guided(weights_dir: Path) -> None:
    diffusion = loaded(KLEIN, weights_dir)
    guided = ours(diffusion, GUIDED)
    diffusion.model.pipeline.register_to_config(is_distilled=True)
    drawn = ours(diffusion, GUIDED)
    assert (drawn == theirs(diffusion.model.pipeline, GUIDED)).all()
    assert apart(drawn, guided) > 0


def test_weights_in_half_precision_are_found_and_loaded(
    engine: str, weights_dir: Path, tmp_path: Path
) -> None:
    loader = LOADERS[engine]
    shutil.copytree(weights_dir / loader.folder, tmp_path / loader.folder)
    halved(tmp_path / loader.folder)
    files = {file.name for file in weight_files(loader, tmp_path)}
    assert {"diffusion_pytorch_model.fp16.safetensors", "model.safetensors"} <= files
    whole, half = (
        ours(loaded(engine, folder), UNGUIDED[engine]) for folder in (weights_dir, tmp_path)
    )
    assert apart(whole, half) <= 2


def test_a_network_in_one_file_is_found_and_loaded(weights_dir: Path, tmp_path: Path) -> None:
    loader = LOADERS[Z_IMAGE]
    shutil.copytree(weights_dir / loader.folder, tmp_path / loader.folder)
    as_published(tmp_path / loader.folder)
    files = {file.name for file in weight_files(loader, tmp_path)}
    assert "z_image.safetensors" in files
    whole, alone = (ours(loaded(Z_IMAGE, folder), 0.0) for folder in (weights_dir, tmp_path))
    assert (alone == whole).all()
