"""Adapters: what training writes passes; whatever else a file may hold does not."""

import pickle

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.adapter_checks import (
    ADAPTER_CHECKS,
    ADAPTER_FINITE,
    ADAPTER_FORMAT,
    ADAPTER_KEYS,
    ADAPTER_RANK,
    ADAPTER_SIZE,
    check_adapter,
)

POCKET = LOADERS["pocket"]
LAYER = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
Tensors = dict[str, NDArray[np.generic]]


def tensors(rank: int = 4) -> Tensors:
    rng = np.random.default_rng(1)
    return {
        f"{LAYER}.lora_A.weight": rng.normal(size=(rank, 32)).astype(np.float16),
        f"{LAYER}.lora_B.weight": rng.normal(size=(32, rank)).astype(np.float16),
    }


def passed(data: bytes | None, *, rank: int | None = 4) -> dict[str, bool | None]:
    results = check_adapter(data, POCKET, rank)
    assert tuple(result.check for result in results) == ADAPTER_CHECKS
    return {result.check: result.passed for result in results}


def only_fails(found: dict[str, bool | None], check: str) -> bool:
    return [name for name, value in found.items() if value is not True] == [check]


def test_what_training_writes_passes_and_is_named_by_its_digest() -> None:
    data = save(tensors())
    results = check_adapter(data, POCKET, 4)
    assert all(result.passed is True for result in results)
    assert {result.model[:7] for result in results} == {"sha256:"}


@pytest.mark.parametrize("worst", [np.nan, np.inf, -np.inf, 5_000.0])
def test_a_weight_that_is_no_weight_denies(worst: float) -> None:
    broken = tensors()
    broken[f"{LAYER}.lora_A.weight"][1, 2] = worst
    assert only_fails(passed(save(broken)), ADAPTER_FINITE)


def test_numbers_that_are_not_floats_deny() -> None:
    broken = {key: tensor.astype(np.int32) for key, tensor in tensors().items()}
    assert only_fails(passed(save(broken)), ADAPTER_FINITE)


@pytest.mark.parametrize(
    "key",
    [
        "text_encoder.layers.0.q_proj.lora_A.weight",
        "unet.down_blocks.0.time_embedding.lora_A.weight",
        f"{LAYER}.lora_C.weight",
        f"{LAYER}.weight",
        "unet.a b.to_q.lora_A.weight",
    ],
)
def test_a_key_outside_the_layers_of_a_twin_denies(key: str) -> None:
    broken = {**tensors(), key: np.ones((4, 4), np.float16)}
    assert passed(save(broken))[ADAPTER_KEYS] is False


def test_a_layer_with_one_of_its_matrices_denies() -> None:
    broken = tensors()
    del broken[f"{LAYER}.lora_B.weight"]
    assert only_fails(passed(save(broken)), ADAPTER_KEYS)


def test_another_rank_than_was_paid_for_denies() -> None:
    assert only_fails(passed(save(tensors(8))), ADAPTER_RANK)
    assert passed(save(tensors()), rank=None)[ADAPTER_RANK] is None


@pytest.mark.parametrize(
    "data", [b"", b"not a file", pickle.dumps({"a": 1}), save({}), save(tensors())[:-10]]
)
def test_a_file_that_is_no_safetensors_denies(data: bytes) -> None:
    found = passed(data)
    assert found[ADAPTER_FORMAT] is False
    assert found[ADAPTER_FINITE] is None


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    found = passed(b"\0" * (POCKET.adapter_size_bytes_max + 1))
    assert found[ADAPTER_SIZE] is False
    assert found[ADAPTER_KEYS] is None


def test_without_a_file_or_an_engine_nothing_is_checked() -> None:
    assert set(passed(None).values()) == {None}
    unknown = check_adapter(save(tensors()), None, 4)
    assert {result.passed for result in unknown} == {None}
