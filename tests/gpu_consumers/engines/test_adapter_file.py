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
