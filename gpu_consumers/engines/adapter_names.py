"""How the layers of a LoRA file are named, and which layer of a network is meant.

peft says a layer's name as the network has it. kohya-ss writes `lora_unet_` before it, whatever the
network is, underscores for dots, and how strongly a layer counts beside it. Of SDXL and of Wan it
says the layers as their authors did: those of the first count their blocks in one row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Final, NamedTuple

_PEFT: Final = re.compile(
    r"^(?P<component>unet|transformer)\.(?P<module>[A-Za-z0-9_.]+)\.lora_(?P<side>[AB])\.weight$"
)
_KOHYA: Final = re.compile(
    r"^lora_unet_(?P<module>[A-Za-z0-9_]+)\.(?P<side>lora_down\.weight|lora_up\.weight|alpha)$"
)
# Of the attentions of SDXL, by its authors' count of blocks: two layers and a change of size each.
_BLOCK: Final = re.compile(r"^(?P<side>input|output)_blocks_(?P<number>\d+)_1_(?P<rest>.+)$")
_MIDDLE: Final = re.compile(r"^middle_block_1_(?P<rest>.+)$")
_LAYERS_PER_BLOCK: Final = 2
_OF_WAN: Final = re.compile(
    r"^blocks_(?P<number>\d+)_(?P<looks_at>self|cross)_attn_(?P<part>[qkvo])$"
)


class Side(Enum):
    """What of a layer's change a tensor is."""

    DOWN = "down"
    UP = "up"
    ALPHA = "alpha"


_SIDES: Final = {
    "A": Side.DOWN,
    "B": Side.UP,
    "lora_down.weight": Side.DOWN,
    "lora_up.weight": Side.UP,
    "alpha": Side.ALPHA,
}


class NamedTensor(NamedTuple):
    """`module` is a layer's name in the network."""

    module: str
    side: Side
    is_kohya: bool


class LayerNames:
    """What keys mean for a network with these layers. `component`: see `DiffusionModel`."""

    def __init__(self, layers: Collection[str], component: str) -> None:
        self._layers = frozenset(layers)
        self._component = component
        self._underscored = _underscored(self._layers)

    def read(self, key: str) -> NamedTensor | None:
        """None where the key names no layer, or leaves open which."""
        if (found := _PEFT.match(key)) is not None:
            is_ours = found["component"] == self._component and found["module"] in self._layers
            return (
                NamedTensor(found["module"], _SIDES[found["side"]], is_kohya=False)
                if is_ours
                else None
            )
        if (found := _KOHYA.match(key)) is None:
            return None
        said = found["module"]
        module = self._underscored.get(said) or self._underscored.get(_as_diffusers(said))
        return None if module is None else NamedTensor(module, _SIDES[found["side"]], is_kohya=True)


def _underscored(layers: Collection[str]) -> Mapping[str, str]:
    """Layers by their names without dots. Two that have the same are not among them."""
    found: dict[str, list[str]] = {}
    for layer in layers:
        found.setdefault(layer.replace(".", "_"), []).append(layer)
    return {name: same[0] for name, same in found.items() if len(same) == 1}


def _as_diffusers(name: str) -> str:
    """A layer of SDXL or Wan as its authors name it, as diffusers does; any other as it is."""
    if (found := _OF_WAN.match(name)) is not None:
        attention = "attn1" if found["looks_at"] == "self" else "attn2"
        part = "to_out_0" if found["part"] == "o" else f"to_{found['part']}"
        return f"blocks_{found['number']}_{attention}_{part}"
    if (found := _MIDDLE.match(name)) is not None:
        return f"mid_block_attentions_0_{found['rest']}"
    if (found := _BLOCK.match(name)) is None:
        return name
    if found["side"] == "input":
        # The first of them takes the latents in.
        block, layer = divmod(int(found["number"]) - 1, _LAYERS_PER_BLOCK + 1)
        return f"down_blocks_{block}_attentions_{layer}_{found['rest']}"
    block, layer = divmod(int(found["number"]), _LAYERS_PER_BLOCK + 1)
    return f"up_blocks_{block}_attentions_{layer}_{found['rest']}"
