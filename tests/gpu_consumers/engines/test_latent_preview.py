"""Previews from latents without a decoder."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from gpu_consumers.engines.latent_preview import (
    PREVIEW_SIDE_MIN,
    PREVIEW_SIZE_BYTES_MAX,
    fit_factors,
    preview_strip,
)


def test_factors_recover_a_linear_decoder() -> None:
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(6, 4, 8, 8)).astype(np.float32)
    truth = np.vstack([rng.normal(0, 0.05, (4, 3)), [[0.5, 0.4, 0.3]]])
    colours = np.tensordot(latents.transpose(0, 2, 3, 1), truth[:4], axes=1) + truth[4]
    pictures = (colours.clip(0, 1) * 255).round().astype(np.uint8).repeat(4, 1).repeat(4, 2)
    factors = fit_factors(latents, pictures)
    np.testing.assert_allclose(factors, truth, atol=0.01)
    with Image.open(io.BytesIO(preview_strip(latents[:1], factors))) as preview:
        assert preview.size == (128, 128)
        # Cells of two by two, which are smoothed between: the middle is the cell's own.
        shown = np.asarray(preview.convert("RGB").resize((8, 8), Image.Resampling.BOX)).astype(int)
    alike = np.corrcoef(shown.ravel(), pictures[0, ::4, ::4].astype(int).ravel())[0, 1]
    assert alike > 0.9


def test_the_pictures_of_a_batch_stand_side_by_side_and_large_enough_to_be_known() -> None:
    latents = np.zeros((3, 4, 18, 14), np.float32)
    for number in range(3):
        latents[number, number] = 1
    factors = np.vstack([np.eye(3), np.zeros((2, 3))]).astype(np.float32)
    with Image.open(io.BytesIO(preview_strip(latents, factors))) as preview:
        shown = np.asarray(preview.convert("RGB"))
    height, width = shown.shape[:2]
    assert width % 3 == 0
    assert min(height, width // 3) >= PREVIEW_SIDE_MIN
    assert height / (width // 3) == 18 / 14
    for number in range(3):
        middle = shown[height // 2, width // 3 * number + width // 6]
        assert middle.argmax() == number


def test_previews_of_noise_without_end_are_still_a_small_picture() -> None:
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(16, 4, 64, 64)).astype(np.float32)
    latents[0] = np.nan
    png = preview_strip(latents, rng.normal(size=(5, 3)).astype(np.float32))
    assert len(png) <= PREVIEW_SIZE_BYTES_MAX
    with Image.open(io.BytesIO(png)) as preview:
        assert preview.size == (16 * 128, 128)
