"""What the committed weights promise: a pipeline that loads, draws from words, and fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.engine
WEIGHTS = Path(__file__).parents[3] / "gpu_consumers" / "engines" / "pocket" / "weights"
WEIGHTS_BYTES_MAX = 40 * 1024 * 1024


@pytest.fixture(scope="module")
def pipeline() -> Any:
    torch = pytest.importorskip("torch")
    from diffusers import StableDiffusionPipeline

    loaded = StableDiffusionPipeline.from_pretrained(
        WEIGHTS,
        torch_dtype=torch.float32,
        safety_checker=None,
        requires_safety_checker=False,
        use_safetensors=True,
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


def draw(pipeline: Any, prompt: str, *, seed: int = 1, **options: Any) -> np.ndarray[Any, Any]:
    import torch

    output = pipeline(
        prompt,
        num_inference_steps=10,
        guidance_scale=3.0,
        guidance_rescale=0.7,
        generator=torch.Generator().manual_seed(seed),
        output_type="np",
        **options,
    )
    picture: np.ndarray[Any, Any] = output.images[0]
    return picture


def test_the_weights_fit_and_are_safetensors_only() -> None:
    files = [file for file in WEIGHTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= WEIGHTS_BYTES_MAX
    assert not [file for file in files if file.suffix in {".bin", ".pt", ".ckpt", ".pkl"}]
    assert (WEIGHTS / "LICENSE").exists()
    assert (WEIGHTS / "MODEL_CARD.md").exists()


def test_no_configuration_names_a_folder_of_the_training() -> None:
    configurations = list(WEIGHTS.rglob("*.json"))
    assert configurations
    assert not [file for file in configurations if "_name_or_path" in json.loads(file.read_text())]


def test_the_tokenizer_is_named_by_a_class_that_every_transformers_has() -> None:
    index = json.loads((WEIGHTS / "model_index.json").read_text())
    assert index["tokenizer"] == ["transformers", "PreTrainedTokenizerFast"]


def test_a_picture_is_256_pixels_and_the_same_for_the_same_seed(pipeline: Any) -> None:
    prompt = "a portrait of a person, short red hair, smiling, blue background"
    first, again = draw(pipeline, prompt), draw(pipeline, prompt)
    assert first.shape == (256, 256, 3)
    assert np.isfinite(first).all()
    assert (first == again).all()
    assert np.abs(first - draw(pipeline, prompt, seed=2)).mean() > 0.005


def test_the_background_word_decides_the_corner(pipeline: Any) -> None:
    for word, loudest in (("green", 1), ("pink", 0)):
        picture = draw(pipeline, f"a portrait of a person, bald, {word} background")
        assert int(picture[8:32, 8:32].mean((0, 1)).argmax()) == loudest


def test_words_that_the_model_does_not_know_are_no_error(pipeline: Any) -> None:
    picture = draw(pipeline, "an Elizabethan astronaut, smiling, yellow background")
    assert np.isfinite(picture).all()


def test_other_aspect_ratios_draw(pipeline: Any) -> None:
    picture = draw(pipeline, "a portrait of a person, smiling", height=352, width=192)
    assert picture.shape == (352, 192, 3)


def test_the_unet_is_one_that_a_motion_adapter_can_be_put_into(pipeline: Any) -> None:
    assert pipeline.unet.config.resnet_time_scale_shift == "default"
    assert pipeline.unet.config.addition_embed_type is None
