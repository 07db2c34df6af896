"""Checks a trained adapter before any engine may load it: what a LoRA file may hold, not more."""

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_safetensors

from gpu_consumers.engines.engine_loader import EngineLoader
from topics.messages.results import CheckResult

ADAPTER_SIZE: Final = "adapter_size"
ADAPTER_FORMAT: Final = "adapter_format"
ADAPTER_KEYS: Final = "adapter_keys"
ADAPTER_RANK: Final = "adapter_rank"
ADAPTER_FINITE: Final = "adapter_finite"
ADAPTER_CHECKS: Final = (
    ADAPTER_SIZE,
    ADAPTER_FORMAT,
    ADAPTER_KEYS,
    ADAPTER_RANK,
    ADAPTER_FINITE,
)

TENSORS_MAX: Final = 4096
WEIGHT_MAX: Final = 1e3
"""A finite weight beyond this is no LoRA that training made; it would saturate every picture."""

_KEY = re.compile(
    r"(?P<component>unet|transformer)\.(?P<module>[A-Za-z0-9_.]{1,200})"
    r"\.lora_(?P<side>[AB])\.weight"
)
Tensors = Mapping[str, NDArray[np.generic]]


def check_adapter(
    data: bytes | None, loader: EngineLoader | None, rank: int | None
) -> tuple[CheckResult, ...]:
    """One result per name of ADAPTER_CHECKS, each naming the digest of the bytes as its model.

    None for `data`, `loader` or `rank` makes the checks that need it impossible, which denies. The
    score is the size in bytes, the number of tensors, or the rank.
    """
    if data is None or loader is None:
        return tuple(CheckResult(check, None, "absent") for check in ADAPTER_CHECKS)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    is_small = 0 < len(data) <= loader.adapter_size_bytes_max
    size = CheckResult(ADAPTER_SIZE, is_small, digest, float(len(data)))
    tensors = _read(data) if is_small else None
    if tensors is None:
        unmade = (CheckResult(check, None, digest) for check in ADAPTER_CHECKS[2:])
        return (size, CheckResult(ADAPTER_FORMAT, passed=False, model=digest), *unmade)
    targets, component = loader.twin.lora_targets, loader.pipeline_class.component
    return (
        size,
        CheckResult(ADAPTER_FORMAT, passed=True, model=digest, score=float(len(tensors))),
        _checked(ADAPTER_KEYS, digest, lambda: _keys_are_known(tensors, component, targets)),
        _checked(ADAPTER_RANK, digest, lambda: _rank_is(tensors, rank), rank),
        _checked(ADAPTER_FINITE, digest, lambda: _is_finite(tensors)),
    )


def _checked(
    name: str, model: str, check: Callable[[], bool | None], score: float | None = None
) -> CheckResult:
    try:
        passed = check()
    except Exception:
        # What could not be looked at has not passed.
        passed = None
    return CheckResult(name, passed, model, score)


def _read(data: bytes) -> Tensors | None:
    try:
        tensors: Tensors = load_safetensors(data)
    except Exception:
        # The parser raises several kinds of its own, and a file is good or it is not.
        return None
    return tensors if 0 < len(tensors) <= TENSORS_MAX else None


def _keys_are_known(tensors: Tensors, component: str, targets: tuple[str, ...]) -> bool:
    """Every key is a layer that a twin may change, and every layer has both of its matrices."""
    sides: dict[str, set[str]] = {}
    for key in tensors:
        found = _KEY.fullmatch(key)
        if found is None or found["component"] != component:
            return False
        if not _is_target(found["module"], targets):
            return False
        sides.setdefault(found["module"], set()).add(found["side"])
    return all(found == {"A", "B"} for found in sides.values())


def _is_target(module: str, targets: tuple[str, ...]) -> bool:
    return any(module == target or module.endswith(f".{target}") for target in targets)


def _rank_is(tensors: Tensors, rank: int | None) -> bool | None:
    if rank is None:
        return None
    return all(
        tensor.ndim in (2, 4) and tensor.shape[0 if ".lora_A." in key else 1] == rank
        for key, tensor in tensors.items()
    )


def _is_finite(tensors: Tensors) -> bool:
    for tensor in tensors.values():
        if tensor.dtype not in (np.float16, np.float32):
            return False
        largest = float(np.abs(tensor.astype(np.float32)).max()) if tensor.size else math.nan
        if not largest <= WEIGHT_MAX:
            return False
    return True
