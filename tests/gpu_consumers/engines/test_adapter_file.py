"""What a LoRA file must be before it is loaded."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from safetensors.numpy import save

from gpu_consumers.engines.adapter_file import (
    Adapter,
    AdapterInvalid,
    LayerPair,
    TargetShape,
    read_adapter,
    write_adapter,
)
from gpu_consumers.engines.adapter_names import LayerNames
from tests.gpu_consumers.engines.kohya import as_kohya_writes

TARGETS = {"mid.to_q": TargetShape((8,), 6), "mid.conv1": TargetShape((4, 3, 3), 5)}
Q_DOWN, Q_UP = "unet.mid.to_q.lora_A.weight", "unet.mid.to_q.lora_B.weight"


def read(data: bytes) -> Adapter:
    return read_adapter(data, TARGETS, rank_max=4, size_bytes_max=10_000)


def file_of(**changes: object) -> bytes:
    tensors: dict[str, object] = {
        Q_DOWN: np.ones((2, 8), np.float32),
        Q_UP: np.ones((6, 2), np.float32),
    }
    tensors.update(changes)
    return bytes(save({key: value for key, value in tensors.items() if value is not None}))


def refusal_of(data: bytes) -> str:
    with pytest.raises(AdapterInvalid) as refused:
        read(data)
    return str(refused.value)


def test_what_was_written_is_read_again() -> None:
    rng = np.random.default_rng(0)
    layers = {
        name: LayerPair(
            rng.normal(size=(3, *shape.inputs)).astype(np.float16).astype(np.float32),
            rng.normal(size=(shape.outputs, 3)).astype(np.float16).astype(np.float32),
        )
        for name, shape in TARGETS.items()
    }
    again = read(write_adapter(Adapter(3, layers), {"engine": "pocket"}))
    assert again.rank == 3
    for name, pair in layers.items():
        np.testing.assert_array_equal(again.layers[name].down, pair.down)
        np.testing.assert_array_equal(again.layers[name].up, pair.up)


def test_a_pickle_is_refused() -> None:
    assert "safetensors" in refusal_of(pickle.dumps({Q_DOWN: [1.0]}))


def test_a_truncated_file_is_refused() -> None:
    assert "safetensors" in refusal_of(file_of()[:-10])


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert "10000 bytes" in refusal_of(bytes(10_001))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    tensor = np.ones((2, 8), np.float32)
    tensor[1, 3] = value
    assert "finite" in refusal_of(file_of(**{Q_DOWN: tensor}))


def test_an_enormous_value_is_refused() -> None:
    assert "beyond" in refusal_of(file_of(**{Q_DOWN: np.full((2, 8), 1e6, np.float32)}))


@pytest.mark.parametrize(
    "key",
    [
        "unet.mid.to_k.lora_A.weight",
        "text_encoder.mid.to_q.lora_A.weight",
        "unet.mid.to_q.lora_A.bias",
        "unet.mid.to_q.weight",
        "unet.mid.to_q.alpha",
    ],
)
def test_a_key_that_is_not_on_the_list_is_refused(key: str) -> None:
    assert "key" in refusal_of(file_of(**{key: np.ones((2, 8), np.float32)}))


def test_one_matrix_without_the_other_is_refused() -> None:
    assert "lacks" in refusal_of(file_of(**{Q_UP: None}))


def test_an_empty_file_is_refused() -> None:
    assert "lacks" in refusal_of(file_of(**{Q_DOWN: None, Q_UP: None}))


def test_a_rank_beyond_the_limit_is_refused() -> None:
    changes = {Q_DOWN: np.ones((5, 8), np.float32), Q_UP: np.ones((6, 5), np.float32)}
    assert "rank" in refusal_of(file_of(**changes))


def test_two_ranks_in_one_file_are_refused() -> None:
    changes = {
        "unet.mid.conv1.lora_A.weight": np.ones((3, 4, 3, 3), np.float32),
        "unet.mid.conv1.lora_B.weight": np.ones((5, 3, 1, 1), np.float32),
    }
    assert "rank" in refusal_of(file_of(**changes))


@pytest.mark.parametrize(
    ("down", "up"), [((2, 9), (6, 2)), ((2, 8), (7, 2)), ((2, 8, 1), (6, 2)), ((2, 8), (6, 2, 1))]
)
def test_a_matrix_of_another_shape_is_refused(down: tuple[int, ...], up: tuple[int, ...]) -> None:
    changes = {Q_DOWN: np.ones(down, np.float32), Q_UP: np.ones(up, np.float32)}
    assert "shape" in refusal_of(file_of(**changes))


def test_integers_are_refused() -> None:
    assert "float" in refusal_of(file_of(**{Q_DOWN: np.ones((2, 8), np.int32)}))


K_DOWN, K_UP, K_ALPHA = (
    f"lora_unet_mid_to_q.{what}" for what in ("lora_down.weight", "lora_up.weight", "alpha")
)


def kohya(**changes: object) -> bytes:
    usual = {
        K_DOWN: np.ones((2, 8), np.float32),
        K_UP: np.ones((6, 2), np.float32),
        K_ALPHA: np.array(1.0, np.float32),
    }
    return file_of(**{Q_DOWN: None, Q_UP: None, **usual, **changes})


def test_layers_are_read_by_the_names_that_kohya_gives_them() -> None:
    rng = np.random.default_rng(0)
    layers = {
        name: LayerPair(
            rng.normal(size=(4, *shape.inputs)).astype(np.float32),
            rng.normal(size=(shape.outputs, 4)).astype(np.float32),
        )
        for name, shape in TARGETS.items()
    }
    again = read(as_kohya_writes(Adapter(4, layers), alpha=2.0))
    assert again.rank == 4
    for name, pair in layers.items():
        np.testing.assert_array_equal(again.layers[name].down, pair.down)
        np.testing.assert_array_equal(again.layers[name].up, pair.up)


def test_a_layer_counts_by_its_alpha_over_the_rank_and_wholly_without_one() -> None:
    counted = read(kohya()).layers["mid.to_q"].up
    np.testing.assert_array_equal(counted, np.full((6, 2), 0.5, np.float32))
    whole = read(kohya(**{K_ALPHA: None})).layers["mid.to_q"].up
    np.testing.assert_array_equal(whole, np.ones((6, 2), np.float32))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({K_DOWN: np.ones((2, 9), np.float32)}, "shape"),
        ({K_UP: np.ones((7, 2), np.float32)}, "shape"),
        ({K_DOWN: np.full((2, 8), np.nan, np.float32)}, "finite"),
        ({K_UP: np.full((6, 2), np.inf, np.float32)}, "finite"),
        ({K_UP: None}, "lacks"),
        ({K_DOWN: None, K_UP: None}, "lacks"),
        ({K_ALPHA: np.array(np.nan, np.float32)}, "finite"),
        ({K_ALPHA: np.array(0, np.float32)}, "alpha"),
        ({K_ALPHA: np.array(-1, np.float32)}, "alpha"),
        ({K_ALPHA: np.ones(2, np.float32)}, "alpha"),
        ({K_ALPHA: np.ones(1, np.int32)}, "float"),
        ({K_UP: np.full((6, 2), 900, np.float32), K_ALPHA: np.array(9, np.float32)}, "beyond"),
        ({"lora_unet_mid_conv1.alpha": np.array(1, np.float32)}, "lacks"),
        ({"lora_unet_mid_to_k.lora_down.weight": np.ones((2, 8), np.float32)}, "key"),
        ({"lora_te_mid_to_q.lora_down.weight": np.ones((2, 8), np.float32)}, "key"),
        ({"lora_unet_mid_to_q.lora_mid.weight": np.ones((2, 8), np.float32)}, "key"),
        ({"lora_unet_mid.to_q.lora_down.weight": np.ones((2, 8), np.float32)}, "key"),
        ({Q_DOWN: np.ones((2, 8), np.float32)}, "twice"),
        ({"unet.mid.conv1.lora_A.weight": np.ones((2, 4, 3, 3), np.float32)}, "two ways"),
    ],
)
def test_what_kohya_would_not_write_is_refused(changes: dict[str, object], why: str) -> None:
    assert why in refusal_of(kohya(**changes))


def test_two_layers_with_one_name_are_neither_of_them() -> None:
    targets = {"mid.to_q": TargetShape((8,), 6), "mid_to.q": TargetShape((8,), 6)}
    with pytest.raises(AdapterInvalid, match="key"):
        read_adapter(kohya(), targets, rank_max=4, size_bytes_max=10_000)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("blocks_0_self_attn_q", "blocks.0.attn1.to_q"),
        ("blocks_12_self_attn_o", "blocks.12.attn1.to_out.0"),
        ("blocks_7_cross_attn_v", "blocks.7.attn2.to_v"),
    ],
)
def test_wan_is_read_by_the_names_of_its_authors_too(theirs: str, ours: str) -> None:
    named = LayerNames({ours}, "transformer").read(f"lora_unet_{theirs}.lora_up.weight")
    assert named is not None
    assert named.module == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("input_blocks_4_1", "down_blocks.1.attentions.0"),
        ("input_blocks_5_1", "down_blocks.1.attentions.1"),
        ("input_blocks_8_1", "down_blocks.2.attentions.1"),
        ("middle_block_1", "mid_block.attentions.0"),
        ("output_blocks_0_1", "up_blocks.0.attentions.0"),
        ("output_blocks_5_1", "up_blocks.1.attentions.2"),
    ],
)
def test_sdxl_is_read_by_the_names_of_its_authors_too(theirs: str, ours: str) -> None:
    layer = "transformer_blocks.1.attn2.to_q"
    targets = {f"{ours}.{layer}": TargetShape((8,), 6)}
    name = f"lora_unet_{theirs}_{layer.replace('.', '_')}"
    file = file_of(
        **{
            Q_DOWN: None,
            Q_UP: None,
            f"{name}.lora_down.weight": np.ones((2, 8), np.float32),
            f"{name}.lora_up.weight": np.ones((6, 2), np.float32),
        }
    )
    assert set(read_adapter(file, targets, rank_max=4, size_bytes_max=10_000).layers) == {
        f"{ours}.{layer}"
    }
