"""How an adapter's matrices come to the device: all at once, through memory that never moves.

A copy of its own for each of a thousand matrices keeps the host busy for longer than the copying
takes, and from memory that may be paged out the device copies twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import torch

from gpu_consumers.engines.adapter_file import Adapter, Matrix

_DTYPES: Final = {np.dtype(np.float16): torch.float16, np.dtype(np.float32): torch.float32}
# Where any matrix may begin, whatever its numbers are.
_ALIGNED_BYTES: Final = 16


class PlacedPair(NamedTuple):
    """down (rank, *inputs) and up (outputs, rank), on the device, as precise as the file."""

    down: torch.Tensor
    up: torch.Tensor


class AdapterStage:
    """Brings one adapter after another to one device. What it gave holds until the next is asked.

    On a device with memory of its own everything goes through one buffer, pinned where it can be;
    elsewhere the matrices are taken from where they lie. `is_staged` says otherwise.
    """

    def __init__(self, device: torch.device, *, is_staged: bool | None = None) -> None:
        self._device = device
        self._is_staged = device.type != "cpu" if is_staged is None else is_staged
        self._pinned: torch.Tensor | None = None

    def placed(self, adapter: Adapter) -> Mapping[str, PlacedPair]:
        """Every layer's two matrices, by its name."""
        if not self._is_staged:
            return {
                name: PlacedPair(_tensor(pair.down), _tensor(pair.up))
                for name, pair in adapter.layers.items()
            }
        matrices = [each for pair in adapter.layers.values() for each in (pair.down, pair.up)]
        starts = np.cumsum([0, *(_padded(each.nbytes) for each in matrices)]).tolist()
        buffer = self._buffer(starts[-1])
        bytes_of = buffer.numpy()
        for start, each in zip(starts, matrices, strict=False):
            bytes_of[start : start + each.nbytes].view(each.dtype)[:] = each.reshape(-1)
        there = buffer[: starts[-1]].to(self._device, non_blocking=True)
        placed = [
            there[start : start + each.nbytes].view(_DTYPES[each.dtype]).view(each.shape)
            for start, each in zip(starts, matrices, strict=False)
        ]
        if self._device.type == "cuda":
            # The next adapter is written into the buffer that this one is being read from.
            torch.cuda.current_stream(self._device).synchronize()
        pairs = zip(placed[::2], placed[1::2], strict=True)
        return {name: PlacedPair(*pair) for name, pair in zip(adapter.layers, pairs, strict=True)}

    def wipe(self) -> None:
        """Keep nothing of whose adapter came last."""
        if self._pinned is not None:
            self._pinned.zero_()

    def _buffer(self, size_bytes: int) -> torch.Tensor:
        if self._pinned is None or len(self._pinned) < size_bytes:
            self.wipe()
            self._pinned = None
            self._pinned = torch.empty(
                size_bytes, dtype=torch.uint8, pin_memory=self._device.type == "cuda"
            )
        return self._pinned


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // _ALIGNED_BYTES) * _ALIGNED_BYTES


def _tensor(matrix: Matrix) -> torch.Tensor:
    if matrix.flags.writeable:
        return torch.from_numpy(matrix)
    # A file's own bytes: they are read, and torch need not warn that they cannot be written.
    return torch.from_numpy(matrix.copy())
