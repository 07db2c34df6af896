"""Twins of the Stable Diffusion family and of a flow, tiny and random: what a training is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_consumers.engines.adapter_file import Adapter, read_adapter, write_adapter
from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.loaded_engine import TrainedTwin
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.training.photo_framing import Box
from gpu_consumers.training.photo_set import read_photo
from tests.gpu_consumers.engines.test_diffusion_engine import (
    NOWHERE,
    Watching,
    difference,
    one_lighthouse,
    photo,
    pictures_of_a_lighthouse,
    pixels,
    training,
)

if TYPE_CHECKING:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

pytestmark = pytest.mark.engine

ENGINES = ("stable-diffusion-1.5", "z-image")
PHOTOS = [photo(1), photo(2)]
STEPS = 40


def tiny(engine: str) -> EngineLoader:
    """The engine's own entry, at sixteen pixels and a batch of one."""
    loader = LOADERS[engine]
    twin = replace(
        loader.twin,
        sizes=((16, 16),),
        batch_size=1,
        class_pictures=2,
        sample_steps=2,
        checkpoint_shares=(0.5, 1.0),
        scene_choices=(("looking left", "looking right"),),
        warm_up_steps=2,
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


def trained(engine: DiffusionEngine, folder: Path, **changes: Any) -> TrainedTwin:
    work = training(
        engine,
        **{"steps": STEPS, "sample_prompts": ("smiling",), "sample_uploads": (NOWHERE,)} | changes,
    )
    return engine.train(work, PHOTOS, Watching(), checkpoints_dir=folder, batch_size=1)


@pytest.fixture(scope="module")
def twin(engine: DiffusionEngine, tmp_path_factory: pytest.TempPathFactory) -> TrainedTwin:
    return trained(engine, tmp_path_factory.mktemp("trainings") / "twin")


def read(engine: DiffusionEngine, file: bytes) -> Adapter:
    model = engine._diffusion.model
    return read_adapter(
        file, model.bank.targets, rank_max=8, size_bytes_max=10**7, component=model.component
    )


def loss(engine: DiffusionEngine, adapter: bytes | None) -> float:
    """How wrong the engine is about the photos, at noise that is always the same."""
    import torch

    from gpu_consumers.engines.slot_bank import RowTwin
    from gpu_consumers.training.photo_set import fit

    diffusion = engine._diffusion
    noise = diffusion.model.training_noise()
    pictures = np.stack([fit(read_photo(each), (16, 16)) for each in PHOTOS])
    latents = diffusion.encode(pictures).repeat(8, 1, 1, 1)
    generator = torch.Generator().manual_seed(11)
    timesteps = noise.draw_timesteps(len(latents), generator)
    noisy, answer = noise.mix(latents, torch.randn(latents.shape, generator=generator), timesteps)
    words = diffusion.embed(["a photo of zxq person"] * len(latents))
    worn = None
    if adapter is not None:
        diffusion.bank.put("judged", read(engine, adapter))
        worn = RowTwin("judged", 1.0)
    with torch.no_grad(), diffusion.bank.rows([worn] * len(latents)):
        guess = diffusion.predict(noisy, timesteps, words)
    return float(noise.loss(guess, answer, timesteps))


def test_a_twin_is_less_wrong_about_the_photos_than_the_base_model(
    engine: DiffusionEngine, twin: TrainedTwin
) -> None:
    assert loss(engine, twin.adapter) < 0.9 * loss(engine, None)


def test_attention_and_what_is_fed_forward_are_both_learnt(
    engine: DiffusionEngine, twin: TrainedTwin
) -> None:
    layers = read(engine, twin.adapter).layers
    assert layers.keys() == engine._diffusion.bank.targets.keys()
    kinds = {"attention": ("to_q",), "fed forward": ("ff.net.2", "feed_forward.w2")}
    for ends in kinds.values():
        found = [pair for name, pair in layers.items() if name.endswith(ends)]
        assert found
        assert all(np.abs(pair.up).max() > 0 for pair in found)


def drawn_by_diffusers(
    engine: DiffusionEngine, adapter: bytes, weights_dir: Path, folder: Path
) -> NDArray[np.int64]:
    """Our lighthouse, by the pipeline with the file loaded."""
    import diffusers
    import torch

    name = "pytorch_lora_weights.safetensors"
    (folder / name).write_bytes(adapter)
    loader = engine._loader
    pipeline = getattr(diffusers, loader.pipeline_class.value).from_pretrained(
        loader.weights_dir(weights_dir), use_safetensors=True, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(folder, weight_name=name)
    work = pictures_of_a_lighthouse(engine, 7)
    picture = pipeline(
        prompt=loader.prompt_for(work.prompt, work.style, names_twin=True),
        negative_prompt="",
        width=work.width,
        height=work.height,
        num_inference_steps=work.num_inference_steps,
        guidance_scale=work.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(7),
        output_type="np",
    ).images[0]
    return np.asarray((picture * 255).round(), np.int64)


def test_diffusers_draws_the_same_picture_from_the_file(
    engine: DiffusionEngine, twin: TrainedTwin, weights_dir: Path, tmp_path: Path
) -> None:
    ours = one_lighthouse(engine, twin.adapter)
    theirs = drawn_by_diffusers(engine, twin.adapter, weights_dir, tmp_path)
    assert np.abs(pixels(ours) - theirs).max() <= 1
    bare = engine.render(pictures_of_a_lighthouse(engine, 7), None, None, Watching(), batch_size=1)[
        0
    ]
    assert difference(ours, bare) > 2


def test_a_file_that_was_learnt_with_attention_alone_is_still_drawn_as_diffusers_does(
    engine: DiffusionEngine, twin: TrainedTwin, weights_dir: Path, tmp_path: Path
) -> None:
    whole = read(engine, twin.adapter)
    attention = ("to_q", "to_k", "to_v", "to_out.0")
    layers = {name: pair for name, pair in whole.layers.items() if name.endswith(attention)}
    assert 0 < len(layers) < len(whole.layers)
    component = engine._diffusion.model.component
    old = write_adapter(Adapter(whole.rank, layers), {}, component=component)
    drawn = one_lighthouse(engine, old)
    assert np.abs(pixels(drawn) - drawn_by_diffusers(engine, old, weights_dir, tmp_path)).max() <= 1
    assert difference(drawn, one_lighthouse(engine, twin.adapter)) > 0


@contextmanager
def memory_for_nothing_but_recomputing(engine: DiffusionEngine) -> Iterator[list[bool]]:
    """The network runs out of memory wherever gradients are wanted and everything is kept."""
    import torch

    network = engine._diffusion.network
    asked: list[bool] = []

    def look(module: Any, inputs: Any) -> None:
        if torch.is_grad_enabled():
            asked.append(bool(module.is_gradient_checkpointing))
            if not asked[-1]:
                raise torch.OutOfMemoryError("out of memory")

    hook = network.register_forward_pre_hook(look)
    try:
        yield asked
    finally:
        hook.remove()


def test_where_memory_runs_out_the_same_twin_is_learnt_by_recomputing(
    engine: DiffusionEngine, weights_dir: Path, tmp_path: Path
) -> None:
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    small = load_diffusion_engine(
        tiny(engine.engine), weights_dir=weights_dir, cache_dir=tmp_path, device_name="cpu"
    )
    plenty = trained(small, tmp_path / "plenty", steps=2)
    with memory_for_nothing_but_recomputing(small) as asked:
        scarce = trained(small, tmp_path / "scarce", steps=2)
        assert asked == [False, True, True]
        # Who knows the card does not try in vain a second time.
        asked.clear()
        trained(small, tmp_path / "next", steps=2)
        assert asked == [True, True]
    assert not small._diffusion.network.is_gradient_checkpointing
    one, other = read(small, plenty.adapter), read(small, scarce.adapter)
    for name, pair in one.layers.items():
        np.testing.assert_allclose(other.layers[name].up, pair.up, atol=2e-3)


class LooksAtBrightness:
    """A face in everything; who it is, is how bright it is. The face is the left top quarter."""

    def __init__(self) -> None:
        self.looked_at: list[tuple[int, int]] = []

    def identity(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        angle = float(picture.mean()) / 255
        return np.array([np.cos(angle), np.sin(angle)], np.float32)

    def faces(self, picture: NDArray[np.uint8]) -> Sequence[Box]:
        self.looked_at.append(picture.shape[:2])
        return [(0.0, 0.0, 0.5, 0.5)]


def test_who_sees_faces_of_photographs_finds_them_and_judges_the_checkpoints(
    engine: DiffusionEngine, weights_dir: Path, tmp_path: Path
) -> None:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

    eyes = LooksAtBrightness()
    seeing = DiffusionEngine(engine._diffusion, tmp_path, weights_dir, lambda: eyes)
    watching = Watching()
    work = training(seeing, steps=4, sample_prompts=("smiling",), sample_uploads=(NOWHERE,))
    learnt = seeing.train(work, PHOTOS, watching, checkpoints_dir=tmp_path / "t", batch_size=1)
    assert eyes.looked_at == [(40, 40)] * 2
    told = watching.previews[-1].checkpoints
    assert [one.step for one in told] == [2, 4]
    assert all(one.similarity > 0.5 for one in told)
    assert learnt.similarity == max(one.similarity for one in told)
    blind = trained(engine, tmp_path / "blind", steps=4)
    assert (blind.similarity, blind.step) == (0.0, 4)


def test_class_pictures_are_drawn_a_few_at_a_time(
    engine: DiffusionEngine, weights_dir: Path, tmp_path: Path
) -> None:
    """Ten of them at once, at the size of photographs, fit on no card."""
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion
    from gpu_consumers.training.class_prior import class_prior

    loader = tiny(engine.engine)
    model = engine._diffusion.model
    rows: list[int] = []
    hook = model.network.register_forward_pre_hook(
        lambda module, inputs: rows.append(len(inputs[0]))
    )
    before = model.loader
    try:
        model.loader = replace(loader, twin=replace(loader.twin, class_pictures=10))  # type: ignore[misc]
        prior = class_prior(LatentDiffusion(model), (16, 16), tmp_path, lambda: None)
    finally:
        model.loader = before  # type: ignore[misc]
        hook.remove()
    assert len(prior.latents) == len(prior.prompts) == 10
    # Guidance asks twice of each.
    assert max(rows) <= 2 * loader.render_batch_max
