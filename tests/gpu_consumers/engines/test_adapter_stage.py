"""An adapter comes to the device in one piece, and is the same as matrix by matrix."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from gpu_consumers.engines.adapter_file import Adapter, LayerPair, read_adapter, write_adapter
from gpu_consumers.engines.tensor_file import NotTensors, tensors_in
from tests.gpu_consumers.engines.test_adapter_file import TARGETS

pytestmark = pytest.mark.engine


def adapter(seed: int, rank: int, dtype: type[np.floating[Any]]) -> Adapter:
    rng = np.random.default_rng(seed)
    layers = {
        name: LayerPair(
            rng.normal(size=(rank, *shape.inputs)).astype(dtype),
            rng.normal(size=(shape.outputs, rank)).astype(dtype),
        )
        for name, shape in TARGETS.items()
    }
    return Adapter(rank, layers)


def read(file: bytes) -> Adapter:
    return read_adapter(file, TARGETS, rank_max=9, size_bytes_max=10**6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_came_in_one_piece_is_what_came_matrix_by_matrix(
    dtype: type[np.floating[Any]],
) -> None:
    import torch

    from gpu_consumers.engines.adapter_stage import AdapterStage

    cpu = torch.device("cpu")
    stage = AdapterStage(cpu, is_staged=True)
    # The second is smaller and finds what the first has left in the buffer.
    for seed, rank in ((1, 7), (2, 3), (3, 8)):
        came = adapter(seed, rank, dtype)
        one, many = stage.placed(came), AdapterStage(cpu).placed(came)
        assert one.keys() == many.keys() == TARGETS.keys()
        for name, pair in many.items():
            assert torch.equal(one[name].down, pair.down)
            assert torch.equal(one[name].up, pair.up)


def test_nothing_of_whom_came_last_is_left_behind() -> None:
    import torch

    from gpu_consumers.engines.adapter_stage import AdapterStage

    stage = AdapterStage(torch.device("cpu"), is_staged=True)
    stage.placed(adapter(1, 4, np.float32))
    assert stage._pinned is not None
    assert bool(stage._pinned.any())
    stage.wipe()
    assert not bool(stage._pinned.any())


def test_a_file_is_read_where_it_lies_and_as_the_formats_own_library_reads_it() -> None:
    file = write_adapter(adapter(1, 4, np.float32), {"engine": "pocket"})
    found, expected = tensors_in(file), load(file)
    assert found.keys() == expected.keys()
    whole = np.frombuffer(file, np.uint8)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        np.testing.assert_array_equal(found[name], tensor)
        assert np.shares_memory(found[name], whole)
    for pair in read(file).layers.values():
        assert np.shares_memory(pair.down, whole)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1_500.0, -1_500.0, 65_504.0])
def test_a_half_that_is_no_small_number_is_refused(value: float) -> None:
    from gpu_consumers.engines.adapter_file import AdapterInvalid

    spoilt = adapter(1, 4, np.float16)
    spoilt.layers["mid.to_q"].down[2, 3] = value
    with pytest.raises(AdapterInvalid, match="finite" if not np.isfinite(value) else "beyond"):
        read(write_adapter(spoilt, {}))


@pytest.mark.parametrize("value", [1_000.0, -1_000.0, -0.0, 6e-8])
def test_a_half_within_the_limit_is_read(value: float) -> None:
    kept = adapter(1, 4, np.float16)
    kept.layers["mid.to_q"].down[2, 3] = value
    assert read(write_adapter(kept, {})).layers["mid.to_q"].down[2, 3] == np.float16(value)


def file_with(header: object, body: bytes = bytes(8)) -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(encoded).to_bytes(8, "little") + encoded + body


FOUR = {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "file",
    [
        b"",
        bytes(7),
        (2**63).to_bytes(8, "little"),
        file_with(b"{"),
        file_with(b"\xff\xfe"),
        file_with(b"[" * 100_000),
        file_with([1, 2]),
        file_with("words"),
        file_with(None),
        file_with({"a": None}),
        file_with({"a": {}}),
        file_with({"a": FOUR | {"dtype": "I64", "shape": [1]}}),
        file_with({"a": FOUR | {"dtype": ["F16"]}}),
        file_with({"a": FOUR | {"shape": [5]}}),
        file_with({"a": FOUR | {"shape": [-4]}}),
        file_with({"a": FOUR | {"shape": [-2, -2]}}),
        file_with({"a": FOUR | {"shape": [2**40, 2**40]}}),
        file_with({"a": FOUR | {"data_offsets": [0, 16], "shape": [8]}}),
        file_with({"a": FOUR | {"data_offsets": [2, 10]}}, bytes(10)),
        file_with({"a": FOUR | {"data_offsets": [-8, 0]}}),
        file_with({"a": FOUR | {"data_offsets": [0]}}),
        file_with({"a": FOUR | {"data_offsets": [0, float("inf")]}}),
        file_with({"a": FOUR | {"data_offsets": [0, 0], "shape": [0, 10**30]}}),
        file_with({"a": FOUR, "b": FOUR}),
        file_with({"a": FOUR}, bytes(9)),
        file_with({}, bytes(1)),
    ],
)
def test_what_is_no_file_of_tensors_is_refused_and_nothing_else_happens(file: bytes) -> None:
    with pytest.raises(NotTensors):
        tensors_in(file)


def test_a_broken_file_is_refused_wherever_it_is_broken_off() -> None:
    file = save({"a": np.ones((2, 3), np.float16), "b": np.zeros((4,), np.float32)})
    for length in range(len(file)):
        with pytest.raises(NotTensors):
            tensors_in(file[:length])
