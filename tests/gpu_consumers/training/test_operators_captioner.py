"""Captions by a model of the operator's: a tiny BLIP with random weights, which says anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
