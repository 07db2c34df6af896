"""Where several twins live in one UNet at once: every row of a batch picks its own.

A slot holds one twin's matrices for every target layer. A forward hook on each layer adds
`up(down(x)) × strength` of the row's slot to the row's output, so that the UNet itself is never
changed: training may wrap the same layers, and a row without a twin is exactly the base model.

A batch of one twin is faster without any of that: see `SlotBank.merged`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from gpu_consumers.engines.adapter_file import Adapter, TargetShape
from gpu_consumers.engines.adapter_stage import AdapterStage
from gpu_consumers.engines.guidance import Pass
from gpu_consumers.engines.loaded_engine import TwinNotHeld

_CPU: Final = torch.device("cpu")
# Times the weights that are to be copied: what a pass of the network needs has to fit as well.
_ROOM_FOR_A_PASS: Final = 3


@dataclass(frozen=True)
class RowTwin:
    """Which twin a row of the batch shows, and how strongly."""

    key: str
    strength: float


class SlotBank:
    """Holds at most `slots` twins; the one used longest ago makes room for a new one.

    `targets` are suffixes of layer names, as peft understands `target_modules`. Guidance asks twice
    of every row: where pictures are led away from what is answered, a twin has `unguided_share` of
    its strength.
    """

    def __init__(
        self,
        network: nn.Module,
        targets: Sequence[str],
        *,
        slots: int,
        rank_max: int,
        unguided_share: float = 1.0,
    ) -> None:
        self._unguided_share = unguided_share
        self._layers = {
            name: _SlotLayer(module, slots, rank_max)
            for name, module in network.named_modules()
            if isinstance(module, nn.Linear | nn.Conv2d) and _is_target(name, targets)
        }
        self._stage = AdapterStage(next((each.device for each in network.parameters()), _CPU))
        # Slot 0 stays zero: it is what a row without a twin picks.
        self._free = list(range(slots - 1, 0, -1))
        self._held: OrderedDict[str, int] = OrderedDict()
        self._ranks = [0] * slots
        self._merged: RowTwin | None = None

    @property
    def targets(self) -> dict[str, TargetShape]:
        """Every layer an adapter may change, by its name in the network."""
        return {name: layer.shape for name, layer in self._layers.items()}

    @property
    def twins_max(self) -> int:
        """How many twins are held at once."""
        return len(self._free) + len(self._held)

    def holds(self, key: str) -> bool:
        """Whether the twin is in a slot. Who asks for one wants it to stay: others go first."""
        if key not in self._held:
            return False
        self._held.move_to_end(key)
        return True

    def put(self, key: str, adapter: Adapter) -> None:
        """Copy a twin into a slot, in place. `key` must change when the adapter does."""
        self._restore()
        # What can run out of memory comes first: nobody loses a slot to what is not there.
        placed = self._stage.placed(adapter)
        slot = self._held.pop(key, None)
        if slot is None:
            slot = self._free.pop() if self._free else self._held.popitem(last=False)[1]
        for name, layer in self._layers.items():
            layer.clear(slot)
            if (pair := placed.get(name)) is not None:
                layer.fill(slot, pair.down, pair.up)
        self._held[key] = slot
        self._ranks[slot] = adapter.rank

    def forget(self, key: str) -> None:
        """Empty a twin's slot, in place. A key that is not held is none to forget."""
        self._stage.wipe()
        slot = self._held.pop(key, None)
        if slot is None:
            return
        if self._merged is not None and self._merged.key == key:
            self._restore()
        for layer in self._layers.values():
            layer.clear(slot)
        self._free.append(slot)

    @contextmanager
    def merged(self, twins: Sequence[RowTwin | None], *, is_guided: bool) -> Iterator[None]:
        """Inside, the twin of these rows is in the weights, if all show the same one alike.

        That is a third of a step's work less. The weights as they were are kept and put back, not
        computed back: afterwards the network is the same to the last bit. Rows that show anything
        else, a twin that is forgotten or replaced, and a device without room for a second copy of
        the weights end it, and change nothing else. Raises TwinNotHeld.
        """
        one = self._only(twins, is_guided=is_guided)
        try:
            if one is not None and self._has_room():
                self._merge(one)
            yield
        finally:
            self._restore()

    @contextmanager
    def rows(
        self, twins: Sequence[RowTwin | None], which: Pass = Pass.UNGUIDED_FIRST
    ) -> Iterator[None]:
        """Inside, row i of every batch shows `twins[i]`; a batch n times as long repeats them.

        `which` says where guidance leads away from. A batch of None only runs the base model
        without extra work. Raises TwinNotHeld.
        """
        slots, strengths = [], []
        for twin in twins:
            if twin is not None and not self.holds(twin.key):
                raise TwinNotHeld
            slots.append(0 if twin is None else self._held[twin.key])
            strengths.append(0.0 if twin is None else twin.strength)
        if any(twin != self._merged for twin in twins):
            self._restore()
        is_idle = self._merged is not None or all(strength == 0.0 for strength in strengths)
        # What no row's twin has is not multiplied: a slot has room for the largest there may be.
        rank = max((self._ranks[slot] for slot in slots), default=0)
        chosen = _Choice(tuple(slots), tuple(strengths), rank, self._unguided_share, which)
        for layer in self._layers.values():
            layer.choose(None if is_idle else chosen)
        try:
            yield
        finally:
            for layer in self._layers.values():
                layer.choose(None)

    def _only(self, twins: Sequence[RowTwin | None], *, is_guided: bool) -> RowTwin | None:
        first = twins[0] if twins else None
        if first is None or first.strength == 0.0 or any(twin != first for twin in twins):
            return None
        # Where guidance asks for less of the twin, the two halves need different weights.
        return first if self._unguided_share == 1.0 or not is_guided else None

    def _has_room(self) -> bool:
        layers = self._layers.values()
        device = next((layer.weight.device for layer in layers), _CPU)
        if device.type != "cuda":
            return True
        needed = sum(layer.weight.numel() * layer.weight.element_size() for layer in layers)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused > _ROOM_FOR_A_PASS * needed

    def _merge(self, one: RowTwin) -> None:
        if not self.holds(one.key):
            raise TwinNotHeld
        slot = self._held[one.key]
        for layer in self._layers.values():
            layer.merge(slot, self._ranks[slot], one.strength)
        self._merged = one

    def _restore(self) -> None:
        self._merged = None
        for layer in self._layers.values():
            layer.restore()


@dataclass(frozen=True)
class _Choice:
    """One for all layers, so that what the device needs of it is copied there once."""

    slots: tuple[int, ...]
    strengths: tuple[float, ...]
    rank: int
    unguided_share: float
    which: Pass
    _placed: dict[tuple[int, torch.device, torch.dtype], tuple[torch.Tensor, torch.Tensor]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def only_slot(self) -> int | None:
        """The slot of every row, which is faster to apply than one of their own."""
        return self.slots[0] if len(set(self.slots)) == 1 else None

    def for_rows_of(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Slots (rows,) and strengths (rows, 1, 1), repeated as guidance repeats the batch."""
        key = (x.shape[0], x.device, x.dtype)
        if key not in self._placed:
            self._placed[key] = self._place(*key)
        return self._placed[key]

    def _place(
        self, rows: int, device: torch.device, dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor]:
        repeats, rest = divmod(rows, len(self.slots))
        if rest:
            raise ValueError(f"{rows} rows are no multiple of {len(self.slots)}")
        slots = torch.tensor(self.slots, device=device).repeat(repeats)
        strengths = torch.tensor(self.strengths, device=device, dtype=dtype).repeat(repeats)
        one_pass = len(self.strengths)
        match self.which:
            case Pass.UNGUIDED:
                strengths *= self.unguided_share
            case Pass.UNGUIDED_FIRST if repeats > 1:
                strengths[:one_pass] *= self.unguided_share
            case Pass.GUIDED_FIRST if repeats > 1:
                strengths[-one_pass:] *= self.unguided_share
        return slots, strengths[:, None, None]


class _SlotLayer:
    """The slots of one layer: down (slots, rank, *inputs), up (slots, outputs, rank)."""

    def __init__(self, module: nn.Linear | nn.Conv2d, slots: int, rank_max: int) -> None:
        weight = module.weight
        self.shape = TargetShape(inputs=tuple(weight.shape[1:]), outputs=weight.shape[0])
        self._down = weight.new_zeros((slots, rank_max, *self.shape.inputs), requires_grad=False)
        self._up = weight.new_zeros((slots, self.shape.outputs, rank_max), requires_grad=False)
        # Slots whose twin changes this layer: those learnt with fewer layers leave it alone.
        self._filled: set[int] = set()
        self._choice: _Choice | None = None
        self._gathered: _Sides | None = None
        self._parameter = weight
        self._kept: torch.Tensor | None = None
        self._convolution = module if isinstance(module, nn.Conv2d) else None
        module.register_forward_hook(self._add)

    @property
    def weight(self) -> torch.Tensor:
        """The layer's own."""
        return self._parameter

    def clear(self, slot: int) -> None:
        # Nothing of a twin that is forgotten stays, not even for the batch that is under way.
        self._gathered = None
        self._filled.discard(slot)
        self._down[slot].zero_()
        self._up[slot].zero_()

    def fill(self, slot: int, down: torch.Tensor, up: torch.Tensor) -> None:
        self._gathered = None
        self._filled.add(slot)
        rank = down.shape[0]
        self._down[slot, :rank].copy_(down)
        self._up[slot, :, :rank].copy_(up)

    def choose(self, choice: _Choice | None) -> None:
        self._gathered = None
        if choice is None or self._filled.isdisjoint(choice.slots):
            self._choice = None
        else:
            self._choice = choice

    @torch.no_grad()
    def merge(self, slot: int, rank: int, strength: float) -> None:
        """From now on the weight is the slot's twin's; `restore` puts the same tensor back."""
        if slot not in self._filled:
            return
        self._kept = self._parameter.data
        # In full precision: what a twin changes is small beside what it is added to.
        down, up = self._down[slot, :rank].flatten(1).float(), self._up[slot, :, :rank].float()
        changed = torch.addmm(self._kept.flatten(1).float(), up, down, alpha=strength)
        self._parameter.data = changed.view_as(self._kept).to(self._kept.dtype)

    def restore(self) -> None:
        if self._kept is not None:
            self._parameter.data, self._kept = self._kept, None

    def _add(self, module: nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> Any:
        if self._choice is None:
            return None
        (x,) = inputs
        if self._convolution is not None:
            return self._convolved(x, output, self._choice, self._convolution)
        return self._multiplied(x, output, self._choice)

    def _multiplied(self, x: torch.Tensor, output: torch.Tensor, choice: _Choice) -> torch.Tensor:
        slots, strengths = choice.for_rows_of(x)
        flat = x.reshape(x.shape[0], -1, x.shape[-1])
        if (slot := choice.only_slot) is not None:
            low = functional.linear(flat, self._down[slot, : choice.rank]) * strengths
            changed = functional.linear(low, self._up[slot, :, : choice.rank])
            return output + changed.reshape(output.shape)
        down, up = self._sides(slots, strengths, choice.rank)
        before = output.reshape(x.shape[0], -1, output.shape[-1])
        low = torch.bmm(flat, down.transpose(1, 2))
        return torch.baddbmm(before, low, up.transpose(1, 2)).reshape(output.shape)

    def _convolved(
        self, x: torch.Tensor, output: torch.Tensor, choice: _Choice, layer: nn.Conv2d
    ) -> torch.Tensor:
        geometry: dict[str, Any] = {
            "stride": layer.stride,
            "padding": layer.padding,
            "dilation": layer.dilation,
        }
        slots, strengths = choice.for_rows_of(x)
        if (slot := choice.only_slot) is not None:
            low: torch.Tensor = functional.conv2d(x, self._down[slot, : choice.rank], **geometry)
            up = self._up[slot, :, : choice.rank, None, None]
            return output + functional.conv2d(low * strengths[..., None], up)
        # One group a row: each row is convolved with its own twin's kernels.
        rows = x.shape[0]
        down, up = self._sides(slots, strengths, choice.rank)
        low = functional.conv2d(
            x.reshape(1, -1, *x.shape[2:]), down.flatten(0, 1), groups=rows, **geometry
        )
        low = low.reshape(rows, choice.rank, -1)
        return torch.baddbmm(output.flatten(2), up, low).reshape(output.shape)

    def _sides(self, slots: torch.Tensor, strengths: torch.Tensor, rank: int) -> _Sides:
        """Every row's own matrices, gathered once a batch and not at every step."""
        if self._gathered is None or len(self._gathered.down) != len(slots):
            up = self._up[:, :, :rank][slots] * strengths
            self._gathered = _Sides(self._down[:, :rank][slots], up)
        return self._gathered


class _Sides(NamedTuple):
    """down (rows, rank, *inputs), up (rows, outputs, rank) with the row's strength in it."""

    down: torch.Tensor
    up: torch.Tensor


def _is_target(name: str, targets: Sequence[str]) -> bool:
    # A twin is learnt from pictures: a motion UNet's temporal layers are not among its own.
    if ".motion_modules." in name:
        return False
    return any(name == target or name.endswith(f".{target}") for target in targets)
