"""Previews from latents without a decoder."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from gpu_consumers.engines.latent_preview import (
    PREVIEW_SIZE_BYTES_MAX,
    fit_factors,
    preview_png,
    small_png,
)


def test_factors_recover_a_linear_decoder() -> None:
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(6, 4, 8, 8)).astype(np.float32)
    truth = np.vstack([rng.normal(0, 0.05, (4, 3)), [[0.5, 0.4, 0.3]]])
    colours = np.tensordot(latents.transpose(0, 2, 3, 1), truth[:4], axes=1) + truth[4]
    pictures = (colours.clip(0, 1) * 255).round().astype(np.uint8).repeat(4, 1).repeat(4, 2)
    factors = fit_factors(latents, pictures)
    np.testing.assert_allclose(factors, truth, atol=0.01)
    with Image.open(io.BytesIO(preview_png(latents[0], factors))) as preview:
        shown = np.asarray(preview).astype(int)
    assert shown.shape == (8, 8, 3)
    assert np.abs(shown - pictures[0, ::4, ::4].astype(int)).max() <= 4


def test_a_preview_of_noise_without_end_is_still_a_small_picture() -> None:
    latents = np.full((4, 16, 16), np.nan, np.float32)
    png = preview_png(latents, np.ones((5, 3), np.float32))
    assert len(png) <= PREVIEW_SIZE_BYTES_MAX


def test_a_large_sample_is_shrunk_to_a_preview() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    assert len(small_png(noise)) <= PREVIEW_SIZE_BYTES_MAX
