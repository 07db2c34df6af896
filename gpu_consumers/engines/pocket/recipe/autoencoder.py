"""How pictures become latents and come back: a small autoencoder, four pixels a latent cell."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn import functional

from gpu_consumers.engines.pocket.recipe.batches import draw_batches, to_pictures, to_signal
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.picture_set import HELD_OUT_EACH, Bucket, buckets
from gpu_consumers.engines.pocket.recipe.reader import accuracy, load_reader, read
from gpu_consumers.engines.pocket.recipe.threads import Threads
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

BATCH: Final = 8
PEAK_LEARNING_RATE: Final = 2e-3
KL_WEIGHT: Final = 5e-4
GRADIENT_WEIGHT: Final = 1.0
STAIN_WEIGHT: Final = 1.5
FACE_WEIGHT: Final = 2.0
EXPRESSION_ON_RECONSTRUCTIONS_MIN: Final = 0.95
_CHUNK: Final = 64


def make_autoencoder() -> Any:
    return AutoencoderKL(
        block_out_channels=(16, 32, 64),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=64,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def train_autoencoder(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Gate: the expression must be readable on reconstructions of held-out square pictures."""
    torch.manual_seed(0)
    vae = make_autoencoder().to(device, memory_format=torch.channels_last)
    return _train(work_dir, device, vae, "autoencoder", list(vae.parameters()), minutes, noise=0.0)


def finetune_decoder(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Train only the decoder, on noisy latents: it learns to tidy what the denoiser leaves."""
    torch.manual_seed(1)
    vae = load_autoencoder(work_dir, device).to(memory_format=torch.channels_last)
    vae.requires_grad_(requires_grad=False)
    vae.decoder.requires_grad_(requires_grad=True)
    trained = list(vae.decoder.parameters())
    return _train(work_dir, device, vae, "decoder", trained, minutes, noise=0.25)


def _train(
    work_dir: WorkDir,
    device: str,
    vae: Any,
    stage: str,
    trained: list[torch.nn.Parameter],
    minutes: float,
    *,
    noise: float,
) -> dict[str, Any]:
    peak = PEAK_LEARNING_RATE if not noise else PEAK_LEARNING_RATE / 2
    optimizer = torch.optim.AdamW(trained, lr=peak, betas=(0.9, 0.99), weight_decay=0)
    pace, step = Pace(minutes * 60), 0
    if (state := work_dir.load_checkpoint(stage)) is not None:
        vae.load_state_dict(state["vae"])
        optimizer.load_state_dict(state["optimizer"])
        pace, step = Pace(minutes * 60, state["spent_s"]), state["step"]
    sets = buckets(work_dir)
    batches = draw_batches(sets, BATCH, np.random.default_rng(step + 7))
    vae.train()
    threads = Threads()
    while not pace.is_over:
        set_learning_rate(optimizer, pace.learning_rate(peak, step, warm_up_steps=100, flat=0.15))
        ratio, picked = next(batches)
        signal = to_signal(sets[ratio].pictures[np.sort(picked)]).to(
            device, memory_format=torch.channels_last
        )
        with torch.autocast(device, torch.bfloat16):
            posterior = vae.encode(signal).latent_dist
            latent = posterior.sample()
            if noise:
                amount = noise * torch.rand(len(latent), 1, 1, 1, device=device)
                latent = latent + amount * torch.randn_like(latent)
            rebuilt = vae.decode(latent).sample
        loss = _picture_loss(rebuilt.float(), signal)
        if not noise:
            mean, variance, log = posterior.mean, posterior.var, posterior.logvar
            kl = 0.5 * (mean.float() ** 2 + variance.float() - 1 - log.float()).mean()
            loss = loss + KL_WEIGHT * kl
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
        threads.step_done()
        if step % 200 == 0:
            print(f"{stage} {pace.spent_s:.0f} s, step {step}, loss {loss.item():.4f}", flush=True)
        if pace.wants_checkpoint():
            state = {"vae": vae.state_dict(), "optimizer": optimizer.state_dict()}
            work_dir.save_checkpoint(stage, {**state, "step": step, "spent_s": pace.spent_s})
    figures = reconstruction_figures(work_dir, vae.eval(), sets["1:1"], device)
    print(stage, step, "steps", figures, flush=True)
    pass_gate(
        "expression read on reconstructions",
        figures["expression"],
        EXPRESSION_ON_RECONSTRUCTIONS_MIN,
    )
    if not noise:
        scale = 1 / float(_latents(vae, sets["1:1"], device, HELD_OUT_EACH).std())
        vae.register_to_config(scaling_factor=scale, shift_factor=None)
    vae.save_pretrained(work_dir.path("vae" if not noise else "vae_tidy"))
    return {"steps": step, **figures}


def load_autoencoder(work_dir: WorkDir, device: str) -> Any:
    """The best autoencoder there is: with the fine-tuned decoder once that has been trained."""
    tidy = work_dir.path("vae_tidy")
    vae = AutoencoderKL.from_pretrained(tidy if tidy.exists() else work_dir.path("vae"))
    return vae.to(device).eval()


@torch.no_grad()
def reconstruct(vae: Any, pictures: Any, device: str) -> Any:
    """(n, h, w, 3) uint8 in, the same through the autoencoder out."""
    parts = []
    for start in range(0, len(pictures), _CHUNK):
        signal = to_signal(pictures[start : start + _CHUNK]).to(device)
        parts.append(to_pictures(vae.decode(vae.encode(signal).latent_dist.mode()).sample))
    return np.concatenate(parts)


def reconstruction_figures(
    work_dir: WorkDir, vae: Any, bucket: Bucket, device: str
) -> dict[str, float]:
    """Accuracy of every attribute on reconstructions, and the signal-to-noise ratio in dB."""
    reader = load_reader(work_dir, device)
    pictures = bucket.pictures[-HELD_OUT_EACH:]
    truth = {name: values[-HELD_OUT_EACH:] for name, values in bucket.labels.items()}
    rebuilt = reconstruct(vae, pictures, device)
    error = ((rebuilt.astype(float) - pictures) ** 2).mean()
    scores = accuracy(read(reader, rebuilt, device), truth)
    return {**scores, "psnr_db": float(10 * np.log10(255**2 / error))}


def cache_latents(work_dir: WorkDir, device: str) -> dict[str, Any]:
    """Encode every picture once: float16 (n, 4, h/4, w/4) a bucket, in units of one deviation."""
    vae = load_autoencoder(work_dir, device)
    counts = {}
    for ratio, bucket in buckets(work_dir).items():
        latents = _latents(vae, bucket, device, None) * vae.config.scaling_factor
        np.save(bucket.folder / "latents.npy", latents.half().numpy())
        counts[ratio] = len(latents)
    return counts


@torch.no_grad()
def _latents(vae: Any, bucket: Bucket, device: str, newest: int | None) -> torch.Tensor:
    pictures = bucket.pictures[-newest:] if newest else bucket.pictures
    parts = []
    for start in range(0, len(pictures), _CHUNK):
        signal = to_signal(pictures[start : start + _CHUNK]).to(device)
        with torch.autocast(device, torch.bfloat16):
            parts.append(vae.encode(signal).latent_dist.mode().float().cpu())
    return torch.cat(parts)


def _picture_loss(rebuilt: torch.Tensor, signal: torch.Tensor) -> torch.Tensor:
    """Absolute error, the face counted double, plus gradients, plus stains."""
    height, width = signal.shape[2:]
    weight = torch.ones(height, width, device=signal.device)
    weight[int(height * 0.2) : int(height * 0.88), int(width * 0.12) : int(width * 0.88)] = (
        FACE_WEIGHT
    )
    plain = ((rebuilt - signal).abs() * (weight / weight.mean())).mean()
    error = rebuilt - signal
    down = (error[:, :, 1:] - error[:, :, :-1]).abs().mean()
    across = (error[..., 1:] - error[..., :-1]).abs().mean()
    # Averages over four pixels: without this term flat areas keep stains and colours drift.
    stain = functional.avg_pool2d(error, 4).abs().mean()
    return plain + GRADIENT_WEIGHT * (down + across) + STAIN_WEIGHT * stain
