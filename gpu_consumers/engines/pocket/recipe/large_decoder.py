"""How a latent becomes a picture four times as wide and high as the one it was encoded from.

`python -m gpu_consumers.engines.pocket.recipe.large_decoder --minutes 75 --export`

The encoder stays as it is. The decoder keeps its first half, grows two stages, and is trained on
the renderer, which knows no resolution: the latent of a picture at 64 pixels, and the same scene at
256. Pairs are drawn as they are needed, so that none comes twice. Where the weights that are
shipped have such a decoder, it is trained on.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import torch
from diffusers import AsymmetricAutoencoderKL
from numpy.typing import NDArray
from torch.nn import functional

from gpu_consumers.engines.pocket.recipe.batches import to_pictures, to_signal
from gpu_consumers.engines.pocket.recipe.large_pairs import EYES_WEIGHT, random_pairs
from gpu_consumers.engines.pocket.recipe.long_stage import train_until_over
from gpu_consumers.engines.pocket.recipe.noise_schedule import make_scheduler
from gpu_consumers.engines.pocket.recipe.pace import Pace
from gpu_consumers.engines.pocket.recipe.sampling import denoise, encode
from gpu_consumers.engines.pocket.recipe.sharpness import COARSER, fine_detail
from gpu_consumers.engines.pocket.recipe.threads import THREADS_MAX
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

STAGE: Final = "large_decoder"
_FOLDER: Final = "vae_large"
BATCH: Final = 2
PEAK_LEARNING_RATE: Final = 1e-3
# What was there before moves more slowly than what is new.
KEPT_RATE_SHARE: Final = 0.3
_KEPT: Final = ("conv_in", "mid_block.resnets", "up_blocks.0", "up_blocks.1")
_CHANNELS: Final = (16, 24, 32, 32, 64)
_ENCODER_CHANNELS: Final = (16, 32, 64)
_GROUPS: Final = 8
GRADIENT_WEIGHT: Final = 1.0
STAIN_WEIGHT: Final = 1.0
# Where a line's place is not known, the smallest error is a blur; one as strong as the real one
# costs less here, wherever within these pixels it lies.
ENERGY_WEIGHT: Final = 1.5
_ENERGY_CELL: Final = 8
_ENERGY_FLOOR: Final = 1e-2
# The fine detail of a plain picture, of 2: what has less of it counts as much.
_PLAIN_DETAIL: Final = 0.14
_FAINTER_MAX: Final = 2.0
# Of the batches, which are clean, which are noisy, and which were noised and denoised again: the
# last is what the decoder meets in use.
_CLEAN_SHARE, _NOISY_SHARE = 0.45, 0.25
_NOISE_MAX: Final = 0.2
_STEPS: Final = 20
_STEPS_BACK_MAX: Final = 5
_GUIDANCE_SCALES: Final = (1.0, 4.0)
_HELD_OUT: Final = 32
_HELD_OUT_SEED: Final = 990_000


def with_large_decoder(vae: Any) -> Any:
    """An autoencoder that reads what `vae` reads and draws it four times as large.

    Its upper two stages are new and draw nothing sensible yet.
    """
    torch.manual_seed(2)
    large = AsymmetricAutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(_ENCODER_CHANNELS),
        down_block_out_channels=_ENCODER_CHANNELS,
        up_block_types=("UpDecoderBlock2D",) * len(_CHANNELS),
        up_block_out_channels=_CHANNELS,
        latent_channels=vae.config.latent_channels,
        norm_num_groups=_GROUPS,
        sample_size=vae.config.sample_size,
        scaling_factor=vae.config.scaling_factor,
    )
    large.encoder.load_state_dict(vae.encoder.state_dict(), strict=False)
    kept = {
        name: value for name, value in vae.decoder.state_dict().items() if name.startswith(_KEPT)
    }
    large.decoder.load_state_dict(kept, strict=False)
    with torch.no_grad():
        # The class has an attention in the middle that this autoencoder never had: it adds nothing.
        for half in (large.encoder, large.decoder):
            for attention in half.mid_block.attentions:
                attention.to_out[0].weight.zero_()
                attention.to_out[0].bias.zero_()
        for passing in (large.quant_conv, large.post_quant_conv):
            passing.weight.copy_(torch.eye(passing.in_channels)[:, :, None, None])
            passing.bias.zero_()
        # For inpainting, which this engine does not do.
        for unused in large.decoder.condition_encoder.parameters():
            unused.zero_()
    return large


class LargeDecoderStage:
    """A `LongStage`: the decoder of `pipeline.vae`, or one grown from it, on pairs."""

    def __init__(
        self,
        work_dir: WorkDir,
        pipeline: Any,
        device: str,
        *,
        minutes: float,
        batch: int = BATCH,
        threads: int = THREADS_MAX,
    ) -> None:
        self._work_dir, self._pipeline, self._device = work_dir, pipeline, device
        self._batch = batch
        self.vae = pipeline.vae
        if not isinstance(self.vae, AsymmetricAutoencoderKL):
            self.vae = with_large_decoder(self.vae)
        self.vae.to(device)
        self.vae.requires_grad_(requires_grad=False)
        decoder = self.vae.decoder
        for name, parameter in decoder.named_parameters():
            parameter.requires_grad_(not name.startswith("condition_encoder"))
        self._trained = _trained(self.vae)
        kept = [p for n, p in decoder.named_parameters() if n.startswith(_KEPT)]
        new = [
            p for n, p in decoder.named_parameters() if p.requires_grad and not n.startswith(_KEPT)
        ]
        self._shares = (1.0, KEPT_RATE_SHARE)
        self._optimizer = torch.optim.AdamW(
            [{"params": new}, {"params": kept}],
            lr=PEAK_LEARNING_RATE,
            betas=(0.9, 0.99),
            weight_decay=0,
        )
        self._pace, self._step = Pace(minutes * 60), 0
        if (state := work_dir.load_checkpoint(STAGE)) is not None:
            decoder.load_state_dict(state["decoder"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._pace, self._step = Pace(minutes * 60, state["spent_s"]), state["step"]
        # Two threads with a copy each are twice as fast as two threads on one: layers are small.
        self._copies = [self.vae, *(deepcopy(self.vae) for _ in range(threads - 1))]
        self._pool = ThreadPoolExecutor(threads)
        self._words = Lock()
        self._loss = 0.0

    @property
    def pace(self) -> Pace:
        """See `LongStage.pace`."""
        return self._pace

    def train_step(self) -> None:
        """See `LongStage.train_step`."""
        rate = self._pace.learning_rate(PEAK_LEARNING_RATE, self._step, warm_up_steps=200, flat=0.3)
        for group, share in zip(self._optimizer.param_groups, self._shares, strict=True):
            group["lr"] = rate * share
        losses = list(self._pool.map(self._part, range(len(self._copies))))
        with torch.no_grad():
            for own, *others in zip(*map(_trained, self._copies), strict=True):
                own.grad = torch.stack([each.grad for each in (own, *others)]).mean(0)
            torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
            self._optimizer.step()
            for own, *others in zip(*map(_trained, self._copies), strict=True):
                for other in others:
                    other.copy_(own)
        self._step += 1
        loss = sum(losses) / len(losses)
        self._loss = 0.98 * self._loss + 0.02 * loss if self._loss else loss

    def _part(self, number: int) -> float:
        """The gradients of one part of the batch, in the copy that this thread has for itself."""
        vae = self._copies[number]
        vae.zero_grad()
        rng = np.random.default_rng([self._step, number, 5])
        pairs = random_pairs(self._batch // len(self._copies), rng)
        latents = self._disturbed(self._encoded(pairs.small), pairs.captions, rng)
        signal = to_signal(pairs.large).to(self._device)
        # Not with channels last: there the norms' backward pass takes half of a step.
        with torch.autocast(self._device, torch.bfloat16):
            drawn = vae.decode(latents / vae.config.scaling_factor).sample
        weights = torch.from_numpy(pairs.weights).to(self._device)
        loss = large_picture_loss(drawn.float(), signal, weights)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def save(self) -> None:
        """See `LongStage.save`."""
        state = {
            "decoder": self.vae.decoder.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self._step,
            "spent_s": self._pace.spent_s,
        }
        self._work_dir.save_checkpoint(STAGE, state)

    def report(self) -> dict[str, Any]:
        """See `LongStage.report`."""
        figures = {
            "step": self._step,
            "spent_s": round(self._pace.spent_s),
            "loss": round(self._loss, 4),
            **detail_figures(self.vae, self._device),
        }
        print(STAGE, figures, flush=True)
        return figures

    @torch.no_grad()
    def _encoded(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        """Scaled latents (n, 4, h, w)."""
        posterior = self.vae.encode(to_signal(pictures).to(self._device)).latent_dist
        latents: torch.Tensor = posterior.mode() * self.vae.config.scaling_factor
        return latents

    @torch.no_grad()
    def _disturbed(
        self, latents: torch.Tensor, captions: list[str], rng: np.random.Generator
    ) -> torch.Tensor:
        """The latents as they are, with a little noise, or noised and denoised again."""
        kind = rng.random()
        if kind < _CLEAN_SHARE:
            return latents
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        noise = torch.randn(latents.shape, generator=generator).to(self._device)
        if kind < _CLEAN_SHARE + _NOISY_SHARE:
            return latents + float(rng.uniform(0, _NOISE_MAX)) * noise
        scheduler = make_scheduler()
        scheduler.set_timesteps(_STEPS)
        steps = scheduler.timesteps[-int(rng.integers(1, _STEPS_BACK_MAX + 1)) :]
        noisy = scheduler.add_noise(latents, noise, steps[:1].expand(len(latents)))
        # The tokenizer bears one thread at a time.
        with self._words:
            words = encode(self._pipeline, [*[""] * len(captions), *captions])
        return denoise(
            self._pipeline,
            noisy,
            words,
            scheduler,
            steps,
            guidance_scale=float(rng.uniform(*_GUIDANCE_SCALES)),
        )


def _trained(vae: Any) -> list[torch.nn.Parameter]:
    return [each for each in vae.decoder.parameters() if each.requires_grad]


def large_picture_loss(
    drawn: torch.Tensor, signal: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Absolute error, that of gradients at two scales, that of fine detail's strength, and stains.

    Pictures (n, 3, h, w) in -1..1; `weights` (n, h, w): how much every pixel counts, against the
    others of its picture.
    """
    mine, theirs = detail_energy(drawn), detail_energy(signal)
    fineness = theirs.square().mean((1, 2, 3), keepdim=True).sqrt()
    share = (_PLAIN_DETAIL / fineness.clamp_min(_ENERGY_FLOOR)).clamp(1.0, _FAINTER_MAX)
    shares = share * (weights / weights.mean((1, 2), keepdim=True))[:, None]
    error = (drawn - signal) * shares
    strength = (mine - theirs) * functional.avg_pool2d(shares, _ENERGY_CELL)
    loss = error.abs().mean() + ENERGY_WEIGHT * strength.abs().mean()
    for scale in (1, 2):
        coarse = functional.avg_pool2d(error, scale) if scale > 1 else error
        down = (coarse[:, :, 1:] - coarse[:, :, :-1]).abs().mean()
        across = (coarse[..., 1:] - coarse[..., :-1]).abs().mean()
        loss = loss + GRADIENT_WEIGHT * (down + across)
    # Flat areas keep stains and colours drift without it.
    return loss + STAIN_WEIGHT * functional.avg_pool2d(error, 8).abs().mean()


def detail_energy(pictures: torch.Tensor) -> torch.Tensor:
    """Root mean square of what COARSER pixels blur, in cells: (n, 3, h / 8, w / 8)."""
    coarse = functional.avg_pool2d(pictures, COARSER)
    fine = pictures - functional.interpolate(
        coarse, scale_factor=COARSER, mode="bilinear", align_corners=False
    )
    cells = functional.avg_pool2d(fine.square(), _ENERGY_CELL)
    return (cells + _ENERGY_FLOOR**2).sqrt()


@torch.no_grad()
def detail_figures(vae: Any, device: str) -> dict[str, float]:
    """On held-out scenes: absolute error in levels, and fine detail against the real render's.

    `l1_eyes`: of the error, around the eyes. `detail` is the energy of what is fine as a share (a
    ceiling of 1, and 0 for 64 pixels blown up); `detail_right` how much of it lies where it should
    (cosine).
    """
    pairs = [
        random_pairs(4, np.random.default_rng([_HELD_OUT_SEED, number]))
        for number in range(_HELD_OUT // 4)
    ]
    error, eyes, energy, truth, right = 0.0, 0.0, 0.0, 0.0, 0.0
    for pair in pairs:
        drawn = to_pictures(
            vae.decode(vae.encode(to_signal(pair.small).to(device)).latent_dist.mode()).sample
        )
        apart = np.abs(drawn.astype(float) - pair.large)
        error += float(apart.mean()) / len(pairs)
        eyes += float(apart[pair.weights >= EYES_WEIGHT].mean()) / len(pairs)
        mine, theirs = fine_detail(drawn), fine_detail(pair.large)
        energy += float((mine**2).mean())
        truth += float((theirs**2).mean())
        right += float((mine * theirs).mean())
    return {
        "l1": round(error, 3),
        "l1_eyes": round(eyes, 3),
        "detail": round((energy / truth) ** 0.5, 3),
        "detail_right": round(right / (energy * truth) ** 0.5, 3),
    }


def train_large_decoder(
    work_dir: WorkDir,
    pipeline: Any,
    device: str,
    *,
    minutes: float,
    threads: int = THREADS_MAX,
) -> dict[str, Any]:
    """Train for these minutes in all, from the last checkpoint; then `load_large` has it."""
    if device != "cpu":
        threads = 1
    stage = LargeDecoderStage(work_dir, pipeline, device, minutes=minutes, threads=threads)
    figures = train_until_over(stage, threads_max=1)
    stage.vae.save_pretrained(work_dir.path(_FOLDER))
    return figures


def load_large(work_dir: WorkDir, device: str) -> Any | None:
    """The autoencoder with the trained large decoder, or None while there is none."""
    folder = work_dir.path(_FOLDER)
    if not folder.exists():
        return None
    return AsymmetricAutoencoderKL.from_pretrained(folder).to(device).eval()


def main(arguments: list[str] | None = None) -> int:
    from gpu_consumers.engines.pocket.recipe.evaluate import load_pipeline
    from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR, export_autoencoder

    parser = argparse.ArgumentParser(prog="gpu_consumers.engines.pocket.recipe.large_decoder")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_DIR)
    parser.add_argument("--work-dir", type=Path, default=Path("var/pocket"))
    parser.add_argument("--minutes", type=float, required=True, help="with those spent before")
    parser.add_argument(
        "--threads", type=int, choices=range(1, THREADS_MAX + 1), default=THREADS_MAX
    )
    parser.add_argument(
        "--export", action="store_true", help="then put it where the weights' autoencoder is"
    )
    options = parser.parse_args(arguments)
    pipeline, work_dir = load_pipeline(options.weights), WorkDir(options.work_dir)
    train_large_decoder(work_dir, pipeline, "cpu", minutes=options.minutes, threads=options.threads)
    if options.export:
        export_autoencoder(load_large(work_dir, "cpu"), options.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
