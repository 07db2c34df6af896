"""What is trained: beside every layer that a twin may change, two matrices of its own.

The same LoRA as peft's, begun with the same numbers and making the same ones, with less around it:
peft converts what comes into a layer to full precision, which autocast takes back, and asks of
every layer at every step whether it is merged, off, or one of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from gpu_consumers.engines.adapter_file import LayerPair

_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True)
class _TwinLayer:
    """down (rank, *inputs) and up (outputs, rank, ...), float32, beside one layer."""

    beside: nn.Linear | nn.Conv2d
    down: nn.Parameter
    up: nn.Parameter

    def add(self, module: nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
        """A forward hook."""
        (x,) = inputs
        if isinstance(self.beside, nn.Conv2d):
            low = functional.conv2d(
                x,
                self.down,
                stride=self.beside.stride,
                padding=self.beside.padding,
                dilation=self.beside.dilation,
            )
            return output + functional.conv2d(low, self.up)
        return output + functional.linear(functional.linear(x, self.down), self.up)


class TwinLayers:
    """A LoRA with alpha = rank on the named layers of a network, until it is taken `off`.

    What it adds is nothing at first. Numbers that optimisers make small stay in full precision,
    whatever the network is in.
    """

    def __init__(self, network: nn.Module, names: Iterable[str], *, rank: int, seed: int) -> None:
        torch.manual_seed(seed)
        self._layers = {name: _begun(network.get_submodule(name), rank) for name in names}
        self._hooks: list[RemovableHandle] = [
            layer.beside.register_forward_hook(layer.add) for layer in self._layers.values()
        ]

    @property
    def trained(self) -> list[nn.Parameter]:
        """What an optimiser is given, always in the same order."""
        return [each for layer in self._layers.values() for each in (layer.down, layer.up)]

    def off(self) -> None:
        """The network is again as it was. May be called twice."""
        while self._hooks:
            self._hooks.pop().remove()

    def state(self) -> dict[str, torch.Tensor]:
        """All numbers, by the names that peft has for them."""
        return {
            f"{name}{side}": parameter.detach()
            for name, layer in self._layers.items()
            for side, parameter in ((_DOWN, layer.down), (_UP, layer.up))
        }

    @torch.no_grad()
    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Continue with what `state` gave."""
        for name, parameter in self.state().items():
            parameter.copy_(state[name])

    def pairs(self) -> dict[str, LayerPair]:
        """As an adapter's file has them."""
        return {
            name: LayerPair(
                layer.down.detach().cpu().numpy(), layer.up.detach().flatten(1).cpu().numpy()
            )
            for name, layer in self._layers.items()
        }


@contextmanager
def rounded_once(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Inside, weights that autocast would round for every pass of a CPU are rounded already.

    The sums are the same to the last bit. On other devices the weights are in half precision.
    """
    kept = [
        (parameter, parameter.data)
        for module in network.modules()
        if device.type == "cpu" and isinstance(module, nn.Linear | nn.Conv2d)
        for parameter in module.parameters(recurse=False)
    ]
    for parameter, whole in kept:
        parameter.data = whole.to(torch.bfloat16)
    try:
        yield
    finally:
        for parameter, whole in kept:
            parameter.data = whole


def _begun(module: nn.Module, rank: int) -> _TwinLayer:
    """Down is a narrow Gaussian, up is nothing: drawn as peft draws them, one after the other."""
    assert isinstance(module, nn.Linear | nn.Conv2d)
    down: nn.Linear | nn.Conv2d
    up: nn.Linear | nn.Conv2d
    if isinstance(module, nn.Conv2d):
        high, wide = module.kernel_size
        down = nn.Conv2d(module.in_channels, rank, (high, wide), bias=False)
        up = nn.Conv2d(rank, module.out_channels, 1, bias=False)
    else:
        down = nn.Linear(module.in_features, rank, bias=False)
        up = nn.Linear(rank, module.out_features, bias=False)
    nn.init.normal_(down.weight, std=1 / rank)
    nn.init.zeros_(up.weight)
    device = module.weight.device
    return _TwinLayer(
        module,
        nn.Parameter(down.weight.detach().to(device)),
        nn.Parameter(up.weight.detach().to(device)),
    )
