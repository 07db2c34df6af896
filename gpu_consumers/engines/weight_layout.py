"""Which files of a pipeline directory are weights: whole, in shards, in half precision, or as one
file in the layout of the network's authors. Loads no torch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

_STEMS: Final = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}
HALF_PRECISION: Final = "fp16"
"""What the files of a pipeline may be named that hold half of the bytes, and all that is used."""

HEADER_SIZE_MAX_BYTES: Final = 100 * 1024 * 1024
"""What the format itself allows."""

_OF_ADAPTERS: Final = ("lora_unet_", ".lora_", "_lora.", ".lora.", ".hada_", ".lokr_")
"""Names of tensors that change layers, and are none: of peft, kohya and their kin."""


class WeightNames(NamedTuple):
    """What the weights of a model are called: one file, or the index of several."""

    whole: str
    shards: str


def weight_names(library: str, variant: str | None = None) -> WeightNames:
    """Of a model of this library, in this precision; None where the files name none."""
    stem = _STEMS.get(library, "model")
    named = "" if variant is None else f".{variant}"
    return WeightNames(f"{stem}{named}.safetensors", f"{stem}.safetensors.index{named}.json")


def is_there(place: Path, names: WeightNames) -> bool:
    """Whether a folder holds weights of these names."""
    return any((place / name).is_file() for name in names)


def variant_of(folder: Path, component: str) -> str | None:
    """The precision that the network is brought in, where it is brought in no other."""
    place = folder / component
    if is_there(place, weight_names("diffusers")):
        return None
    return HALF_PRECISION if is_there(place, weight_names("diffusers", HALF_PRECISION)) else None


def single_file(folder: Path, component: str) -> Path | None:
    """The one file beside a network's configuration, where nothing is named as diffusers does.

    What changes a network, and is none, is passed over: see `adapters_beside`.
    """
    place = folder / component
    if any(
        is_there(place, weight_names("diffusers", variant)) for variant in (None, HALF_PRECISION)
    ):
        return None
    # Of several nobody knows which is meant; a part of some is none.
    found = [file for file in _others(place) if not is_adapter(file)]
    return found[0] if len(found) == 1 else None


def adapters_beside(place: Path) -> tuple[Path, ...]:
    """The files in a folder that change a network and are none, by name."""
    return tuple(sorted(file for file in _others(place) if is_adapter(file)))


def is_adapter(file: Path) -> bool:
    """Whether any tensor of a file is named as a LoRA's are; not where it cannot be read."""
    try:
        with file.open("rb") as opened:
            size_bytes = int.from_bytes(opened.read(8), "little")
            if size_bytes > HEADER_SIZE_MAX_BYTES:
                return False
            header = json.loads(opened.read(size_bytes))
    except (OSError, ValueError):
        return False
    names = header if isinstance(header, dict) else ()
    return any(part in name for name in names for part in _OF_ADAPTERS)


def _others(place: Path) -> list[Path]:
    """What is there of safetensors that diffusers did not name."""
    return [
        file
        for file in place.glob("*.safetensors")
        if not file.name.startswith(_STEMS["diffusers"]) and file.is_file()
    ]
