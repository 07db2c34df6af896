"""How a twin's LoRA file is checked before a byte of it reaches a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as save_safetensors

from gpu_consumers.engines.adapter_names import LayerNames, Side
from gpu_consumers.engines.tensor_file import NotTensors, tensors_in

# A finite weight beyond this is no LoRA that training made; it would saturate every picture.
_WEIGHT_MAX: Final = 1e3
_HALF_MAX_BITS: Final = int(np.float16(_WEIGHT_MAX).view(np.uint16))
_HALF_SIGN_BIT: Final = 0x8000

Matrix: TypeAlias = NDArray[np.float16] | NDArray[np.float32]


class AdapterInvalid(Exception):
    """The file is not an adapter that this engine may load. The reason holds no file content."""


@dataclass(frozen=True)
class TargetShape:
    """One layer an adapter may change: its input as (in,) or (in, kernel height, kernel width)."""

    inputs: tuple[int, ...]
    outputs: int


@dataclass(frozen=True)
class LayerPair:
    """down: (rank, *inputs), up: (outputs, rank); as precise as they were learnt, finite."""

    down: Matrix
    up: Matrix


@dataclass(frozen=True)
class Adapter:
    """A checked LoRA with alpha = rank: the layer's output changes by up(down(x)) × strength."""

    rank: int
    layers: Mapping[str, LayerPair]


def read_adapter(
    data: bytes,
    targets: Mapping[str, TargetShape],
    *,
    rank_max: int,
    size_bytes_max: int,
    component: str = "unet",
) -> Adapter:
    """Check size, format, keys, shapes, rank and finiteness. Raises AdapterInvalid.

    The matrices are read where they lie in `data`, and not copied.
    `component` is what the pipeline calls the network of these `targets`: "unet", "transformer".
    A file of kohya-ss says how strongly each layer counts: that is in its matrices afterwards.
    """
    if len(data) > size_bytes_max:
        raise AdapterInvalid(f"larger than {size_bytes_max} bytes")
    try:
        tensors = tensors_in(data)
    except NotTensors as error:
        raise AdapterInvalid(f"not a safetensors file of floats: {error}") from error
    sides = _named(tensors, LayerNames(targets, component))
    downs, ups = sides.downs, sides.ups
    if not downs or downs.keys() != ups.keys():
        raise AdapterInvalid("a layer lacks one of its two matrices")
    if not sides.alphas.keys() <= downs.keys():
        raise AdapterInvalid("a layer lacks its matrices")
    rank = _common_rank(downs, rank_max)
    for module, down in downs.items():
        _check_shapes(down, ups[module], targets[module], rank)
    layers = {
        module: LayerPair(
            down,
            _counting(ups[module], sides.alphas.get(module), rank).reshape(
                targets[module].outputs, rank
            ),
        )
        for module, down in downs.items()
    }
    return Adapter(rank, layers)


@dataclass(frozen=True)
class _Sides:
    """What a file holds, by the layer. `alphas` are those that it says."""

    downs: dict[str, Matrix] = field(default_factory=dict)
    ups: dict[str, Matrix] = field(default_factory=dict)
    alphas: dict[str, float] = field(default_factory=dict)


def _named(tensors: Mapping[str, Matrix], names: LayerNames) -> _Sides:
    found, spoken = _Sides(), set()
    for key, tensor in tensors.items():
        named = names.read(key)
        if named is None:
            raise AdapterInvalid("a key names no layer that an adapter may change")
        spoken.add(named.is_kohya)
        values = _finite(tensor)
        match named.side:
            case Side.DOWN if named.module not in found.downs:
                found.downs[named.module] = values
            case Side.UP if named.module not in found.ups:
                found.ups[named.module] = values
            case Side.ALPHA if named.module not in found.alphas:
                found.alphas[named.module] = _alpha(values)
            case _:
                raise AdapterInvalid("a layer is named twice")
    if len(spoken) > 1:
        raise AdapterInvalid("a layer is named twice, or layers in two ways")
    return found


def _alpha(values: Matrix) -> float:
    if values.size != 1 or not float(values.reshape(())) > 0:
        raise AdapterInvalid("an alpha is no number above 0")
    return float(values.reshape(()))


def _counting(up: Matrix, alpha: float | None, rank: int) -> Matrix:
    """The matrix with how strongly its layer counts in it: alpha over the rank."""
    if alpha is None:
        return up
    counting = up * np.float32(alpha / rank)
    if counting.size and float(np.abs(counting).max()) > _WEIGHT_MAX:
        raise AdapterInvalid(f"a matrix holds a value beyond {_WEIGHT_MAX:g}")
    return np.asarray(counting, np.float32)


def write_adapter(
    adapter: Adapter, metadata: Mapping[str, str], *, component: str = "unet"
) -> bytes:
    """The file that diffusers' `load_lora_adapter` reads too, in float16. See `read_adapter`."""
    tensors: dict[str, NDArray[np.float16]] = {}
    for module, pair in adapter.layers.items():
        up = pair.up
        if pair.down.ndim == 4:
            up = up.reshape(*up.shape, 1, 1)
        tensors[f"{component}.{module}.lora_A.weight"] = np.ascontiguousarray(pair.down, np.float16)
        tensors[f"{component}.{module}.lora_B.weight"] = np.ascontiguousarray(up, np.float16)
    return _in_order(bytes(save_safetensors(tensors, metadata=dict(metadata))))


def _in_order(file: bytes) -> bytes:
    """The same file with a sorted header: the library writes metadata in random order."""
    size = int.from_bytes(file[:8], "little")
    header = json.dumps(json.loads(file[8 : 8 + size]), sort_keys=True, separators=(",", ":"))
    padded = header.encode() + b" " * (-len(header.encode()) % 8)
    return len(padded).to_bytes(8, "little") + padded + file[8 + size :]


def _finite(matrix: Matrix) -> Matrix:
    if not matrix.size or _is_small(matrix):
        return matrix
    if not np.isfinite(matrix).all():
        raise AdapterInvalid("a matrix holds a value that is not finite")
    raise AdapterInvalid(f"a matrix holds a value beyond {_WEIGHT_MAX:g}")


def _is_small(matrix: Matrix) -> bool:
    """Whether every value is a number within the limit, found without a copy of the matrix."""
    if matrix.dtype == np.float16:
        # Halves are compared slowly, and their bits, which have the same order, fast: from the
        # limit's up there are larger numbers, then infinity, then what is no number.
        bits = matrix.reshape(-1)
        is_below = bits.view(np.int16).max() <= _HALF_MAX_BITS
        return bool(is_below and bits.view(np.uint16).max() <= _HALF_SIGN_BIT + _HALF_MAX_BITS)
    return bool(matrix.min() >= -_WEIGHT_MAX and matrix.max() <= _WEIGHT_MAX)


def _common_rank(downs: Mapping[str, Matrix], rank_max: int) -> int:
    ranks = {down.shape[0] if down.ndim else 0 for down in downs.values()}
    rank = ranks.pop()
    if ranks or not 1 <= rank <= rank_max:
        raise AdapterInvalid(f"rank is not one number from 1 to {rank_max}")
    return rank


def _check_shapes(down: Matrix, up: Matrix, target: TargetShape, rank: int) -> None:
    up_shape = (target.outputs, rank) + ((1, 1) if len(target.inputs) == 3 else ())
    if down.shape != (rank, *target.inputs) or up.shape != up_shape:
        raise AdapterInvalid("a matrix has another shape than its layer")
