"""A twin's LoRA as kohya-ss writes it."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save

from gpu_consumers.engines.adapter_file import Adapter, Matrix


def as_kohya_writes(adapter: Adapter, *, alpha: float) -> bytes:
    """The same change in other words: matrices that alpha over the rank makes what they were."""
    tensors: dict[str, Matrix] = {}
    for module, pair in adapter.layers.items():
        name = f"lora_unet_{module.replace('.', '_')}"
        up = pair.up * np.float32(adapter.rank / alpha)
        if pair.down.ndim == 4:
            up = up.reshape(*up.shape, 1, 1)
        tensors[f"{name}.lora_down.weight"] = pair.down
        tensors[f"{name}.lora_up.weight"] = np.ascontiguousarray(up)
        tensors[f"{name}.alpha"] = np.array(alpha, np.float32)
    return bytes(save(tensors))
