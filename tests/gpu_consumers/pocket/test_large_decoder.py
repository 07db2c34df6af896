"""The decoder that draws larger than the encoder reads, and the pairs that it is trained on."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.world.frame import FRAMES, SQUARE

if TYPE_CHECKING:
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion
    from gpu_consumers.engines.pocket.recipe.large_decoder import LargeDecoderStage

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def small() -> Any:
    import torch

    from gpu_consumers.engines.pocket.recipe.autoencoder import make_autoencoder

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return make_autoencoder().eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def large(small: Any) -> Any:
    from gpu_consumers.engines.pocket.recipe.large_decoder import with_large_decoder

    return with_large_decoder(small).eval().requires_grad_(requires_grad=False)


@pytest.fixture
def diffusion(large: Any) -> LatentDiffusion:
    """The shipped pipeline with an autoencoder that draws four times as large as it reads."""
    import torch

    from gpu_consumers.engines.families.stable_diffusion import StableDiffusionModel
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion
    from gpu_consumers.engines.pocket.recipe.evaluate import load_pipeline
    from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR

    shipped = load_pipeline(WEIGHTS_DIR)
    kept = {name: part for name, part in shipped.components.items() if name != "vae"}
    pipeline = type(shipped)(vae=large, **kept, requires_safety_checker=False)
    model = StableDiffusionModel(replace(LOADER), pipeline, torch.device("cpu"))
    return LatentDiffusion(model)


def test_what_is_read_is_what_the_smaller_one_reads(small: Any, large: Any) -> None:
    import torch

    signal = torch.rand(2, 3, 72, 56, generator=torch.Generator().manual_seed(1)) * 2 - 1
    before, after = (each.encode(signal).latent_dist.parameters for each in (small, large))
    assert torch.allclose(before, after, atol=1e-4)


@pytest.mark.parametrize("ratio", FRAMES)
def test_a_latent_is_drawn_four_times_as_wide_and_high_as_it_was_read(
    large: Any, ratio: str
) -> None:
    import torch

    frame = FRAMES[ratio]
    latent = large.encode(torch.zeros(1, 3, frame.height, frame.width)).latent_dist.mode()
    assert large.decode(latent).sample.shape == (1, 3, 4 * frame.height, 4 * frame.width)


def test_the_engine_knows_both_sizes(diffusion: LatentDiffusion) -> None:
    assert (diffusion.pixels_per_cell, diffusion.model.drawn_scale) == (16, 4)
    assert diffusion.drawn_size((72, 56)) == (288, 224)


def test_what_is_as_large_as_it_is_drawn_is_shrunk_before_it_is_read(
    diffusion: LatentDiffusion,
) -> None:
    rng = np.random.default_rng(4)
    picture = rng.integers(0, 255, (SQUARE.height, SQUARE.width, 3), np.uint8)
    drawn = picture.repeat(4, axis=0).repeat(4, axis=1)
    assert (diffusion.encode_drawn(drawn[None]) == diffusion.encode(picture[None])).all()


def test_a_pair_is_one_scene_at_two_sizes() -> None:
    from gpu_consumers.engines.pocket.recipe.large_pairs import EYES_WEIGHT, random_pairs

    shapes = set()
    for number in range(8):
        pairs = random_pairs(2, np.random.default_rng(number))
        count, height, width, _ = pairs.small.shape
        shapes.add((height, width))
        assert pairs.large.shape == (count, 4 * height, 4 * width, 3)
        assert len(pairs.captions) == count
        for small, large, counts in zip(pairs.small, pairs.large, pairs.weights, strict=True):
            shrunk = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
            apart = np.abs(shrunk.astype(int) - small).mean(axis=2)
            # Eyes and brows may be encoded as an earlier world had them.
            around = cv2.resize(counts, (width, height), interpolation=cv2.INTER_AREA)
            assert apart[around < EYES_WEIGHT / 2].mean() < 4
    assert len(shapes) > 1


def test_an_error_counts_most_where_one_looks() -> None:
    import torch

    from gpu_consumers.engines.pocket.recipe.batches import to_signal
    from gpu_consumers.engines.pocket.recipe.large_decoder import large_picture_loss
    from gpu_consumers.engines.pocket.recipe.large_pairs import random_pairs

    pairs = random_pairs(1, np.random.default_rng(5))
    signal, weights = to_signal(pairs.large), torch.from_numpy(pairs.weights)

    def loss_of_an_error_at(row: int, column: int) -> float:
        drawn = signal.clone()
        drawn[:, :, row : row + 4, column : column + 4] += 0.5
        return float(large_picture_loss(drawn, signal, weights))

    rows, columns = np.nonzero(pairs.weights[0] == pairs.weights.max())
    assert loss_of_an_error_at(int(rows[0]), int(columns[0])) > 5 * loss_of_an_error_at(0, 0)


def test_a_trained_decoder_takes_the_place_of_the_one_that_is_shipped(
    tmp_path: Path, large: Any
) -> None:
    from diffusers import AsymmetricAutoencoderKL

    from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR, export_autoencoder

    shutil.copytree(WEIGHTS_DIR / "vae", tmp_path / "vae")
    shutil.copytree(WEIGHTS_DIR / "scheduler", tmp_path / "scheduler")
    export_autoencoder(deepcopy(large), tmp_path)
    taken = AsymmetricAutoencoderKL.from_pretrained(tmp_path / "vae")
    for name, value in large.state_dict().items():
        assert (taken.state_dict()[name] == value.half()).all()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["scheduler", "vae"]


def test_training_goes_on_where_it_was_interrupted(tmp_path: Path, small: Any) -> None:
    import torch

    from gpu_consumers.engines.pocket.recipe.evaluate import load_pipeline
    from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR
    from gpu_consumers.engines.pocket.recipe.large_decoder import LargeDecoderStage
    from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

    pipeline = load_pipeline(WEIGHTS_DIR)

    def stage() -> LargeDecoderStage:
        pipeline.vae = small
        return LargeDecoderStage(WorkDir(tmp_path), pipeline, "cpu", minutes=10, batch=2)

    def weights(of: LargeDecoderStage) -> torch.Tensor:
        return torch.cat([each.flatten() for each in of.vae.decoder.parameters()])

    interrupted = stage()
    interrupted.train_step()
    interrupted.save()
    continued = stage()
    assert (weights(continued) == weights(interrupted)).all()
    assert continued.pace.before_s > 0
    for each in (interrupted, continued):
        each.train_step()
    assert (weights(continued) == weights(interrupted)).all()
    assert (weights(continued) != weights(stage())).any()


def test_a_blur_lacks_the_strength_of_a_line_that_is_only_a_little_aside() -> None:
    import torch

    from gpu_consumers.engines.pocket.recipe.large_decoder import detail_energy

    def with_line(at: int) -> torch.Tensor:
        picture = torch.ones(1, 3, 32, 32)
        picture[..., at : at + 2] = -1
        return picture

    line, aside = with_line(10), with_line(11)
    # Half of the line here and half of it there: the same absolute error.
    blur = (with_line(10) + with_line(12)) / 2
    assert torch.isclose((blur - line).abs().mean(), (aside - line).abs().mean())
    whole, moved, weak = (float(detail_energy(each).mean()) for each in (line, aside, blur))
    assert weak < 0.8 * whole
    assert abs(moved - whole) < 0.1 * whole


def test_a_picture_that_was_blown_up_has_no_fine_detail() -> None:
    from gpu_consumers.engines.pocket.recipe.large_pairs import random_pairs
    from gpu_consumers.engines.pocket.recipe.sharpness import sharpness

    pairs = random_pairs(4, np.random.default_rng(3))
    height, width = pairs.large.shape[1:3]
    blown_up = np.stack(
        [
            cv2.resize(small, (width, height), interpolation=cv2.INTER_LANCZOS4)
            for small in pairs.small
        ]
    )
    assert sharpness(blown_up) < 0.25 * sharpness(pairs.large)
