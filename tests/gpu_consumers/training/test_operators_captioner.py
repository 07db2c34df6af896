"""Captions by a model of the operator's: a tiny BLIP with random weights, which says anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.gpu_consumers.engines.test_diffusion_engine import NOWHERE, Watching, photo, training
from tests.gpu_consumers.training.test_twin_training import tiny

pytestmark = pytest.mark.engine

SAID = "a portrait in the garden smiling near an old lighthouse with soft light"
WORDS = SAID.split()
PHOTOS = np.random.default_rng(3).integers(0, 255, (2, 24, 24, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights directory with a captioner in it."""
    import torch
    from transformers import (
        BertTokenizerFast,
        BlipConfig,
        BlipForConditionalGeneration,
        BlipImageProcessor,
        BlipProcessor,
    )

    torch.manual_seed(5)
    weights_dir = tmp_path_factory.mktemp("captioning")
    vocabulary = weights_dir / "vocab.txt"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary.write_text("\n".join([*special, *WORDS]))
    text = {
        "vocab_size": len(special) + len(WORDS),
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "encoder_hidden_size": 16,
        "max_position_embeddings": 64,
        "pad_token_id": 0,
        "bos_token_id": 2,
        "eos_token_id": 3,
        "sep_token_id": 3,
    }
    vision = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 16,
        "patch_size": 8,
    }
    model = BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=vision))
    model.save_pretrained(weights_dir / "captioner", safe_serialization=True)
    BlipProcessor(
        BlipImageProcessor(size={"height": 16, "width": 16}),
        BertTokenizerFast(vocab=str(vocabulary), vocab_file=str(vocabulary)),
    ).save_pretrained(weights_dir / "captioner")
    return weights_dir


def test_every_photo_is_told_in_several_ways_and_always_in_the_same(folder: Path) -> None:
    import torch

    from gpu_consumers.training.operators_captioner import operators_captioner

    asked = 0

    def after_each() -> None:
        nonlocal asked
        asked += 1

    captioner = operators_captioner(folder, torch.device("cpu"))
    assert captioner is not None
    told = captioner.tell(PHOTOS, after_each)
    assert asked == len(told) == len(PHOTOS)
    for scenes in told:
        assert 2 <= len(set(scenes)) == len(scenes) <= 3
        assert all(len(scene) == 1 and set(scene[0].split()) <= set(WORDS) for scene in scenes)
    again = operators_captioner(folder, torch.device("cpu"))
    assert again is not None
    assert again.tell(PHOTOS, after_each) == told


def test_without_a_folder_the_engine_tells_the_photos_itself(tmp_path: Path) -> None:
    import torch

    from gpu_consumers.training.operators_captioner import operators_captioner

    assert operators_captioner(None, torch.device("cpu")) is None
    assert operators_captioner(tmp_path, torch.device("cpu")) is None


@pytest.mark.parametrize("world", ["photographs", "its own"])
def test_what_it_says_is_learnt_by_engines_of_photographs_alone(
    folder: Path, weights_dir: Path, tmp_path: Path, world: str
) -> None:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine, load_diffusion_engine

    def nobody() -> Nobody:
        return Nobody()

    loader = tiny("stable-diffusion-1.5")
    if world == "its own":
        loader = replace(loader, identity_reader=nobody)
    plain = load_diffusion_engine(
        loader, weights_dir=weights_dir, cache_dir=tmp_path, device_name="cpu"
    )
    told = DiffusionEngine(plain._diffusion, tmp_path, folder)
    work = training(plain, steps=2, sample_prompts=("fog",), sample_uploads=(NOWHERE,))
    learnt = [
        engine.train(
            work, [photo(1)], Watching(), checkpoints_dir=tmp_path / str(number), batch_size=1
        ).adapter
        for number, engine in enumerate((plain, told))
    ]
    assert (learnt[0] == learnt[1]) == (world == "its own")


class Nobody:
    """Sees who is in a cartoon of no world in particular: nobody."""

    def identity(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        return None
