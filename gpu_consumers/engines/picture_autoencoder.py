"""Pictures to latents and back, as every family with a two-dimensional autoencoder does it."""

from __future__ import annotations

from typing import Any

import torch

from gpu_consumers.engines.diffusion_model import Picture


@torch.no_grad()
def encoded(vae: Any, pictures: Picture, device: torch.device) -> torch.Tensor:
    """Pictures (n, height, width, 3) RGB to scaled latents (n, channels, h, w), float32."""
    latents = vae.encode(signal_of(pictures, device, vae.dtype)).latent_dist.mode().float()
    scaled: torch.Tensor = (latents - _shift(vae)) * vae.config.scaling_factor
    return scaled


@torch.no_grad()
def decoded(vae: Any, latents: torch.Tensor) -> Picture:
    """Scaled latents (n, channels, h, w) to pictures (n, height, width, 3) RGB."""
    unscaled = latents.to(vae.dtype) / vae.config.scaling_factor + _shift(vae)
    return pictures_of(vae.decode(unscaled).sample)


def signal_of(pictures: Picture, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """Pictures as autoencoders take them: (n, 3, height, width), from -1 to 1."""
    signal = torch.from_numpy(pictures).to(device, dtype).permute(0, 3, 1, 2)
    return signal / 127.5 - 1


def pictures_of(signal: torch.Tensor) -> Picture:
    """What an autoencoder gives, (n, 3, height, width), as pictures (n, height, width, 3) RGB."""
    levels = ((signal.float() * 0.5 + 0.5).clamp(0, 1) * 255).round().byte()
    pictures: Picture = levels.permute(0, 2, 3, 1).cpu().numpy()
    return pictures


def _shift(vae: Any) -> float:
    return getattr(vae.config, "shift_factor", None) or 0.0
