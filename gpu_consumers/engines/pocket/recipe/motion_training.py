"""How the denoiser learns to move: temporal layers between its own, which stay as they are.

Architecture and names are AnimateDiff's. Words reach the temporal layers only through what the
frozen cross-attention lets through, which is why the motion words were taught to the text encoder
and shown to the denoiser before.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np
import torch
from diffusers import MotionAdapter, UNetMotionModel
from diffusers.models.attention_processor import AttnProcessor

from gpu_consumers.engines.frame_noise import frame_noise
from gpu_consumers.engines.pocket.motion_settings import FRAMES_MAX, TRAINED_SHARED_NOISE_SHARE
from gpu_consumers.engines.pocket.recipe.clip_set import (
    FULL_CAPTION,
    HELD_OUT_EACH,
    SWAPPED_CAPTION,
    TRAINED_CAPTIONS,
    clip_buckets,
)
from gpu_consumers.engines.pocket.recipe.denoiser import face_weight, load_denoiser
from gpu_consumers.engines.pocket.recipe.long_stage import train_until_over
from gpu_consumers.engines.pocket.recipe.noise_schedule import NoiseSchedule
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.text_encoder import load_text_encoder
from gpu_consumers.engines.pocket.recipe.tokenizer import make_tokenizer
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.vocabulary import TOKENS_MAX

PEAK_LEARNING_RATE: Final = 1e-3
WARM_UP_STEPS: Final = 60
FLAT_SHARE: Final = 0.35
EMA_DECAY_MAX: Final = 0.995
CAPTION_DROPOUT: Final = 0.1
# Clips of one length make a step; two of the short ones cost what one of the long ones does.
CLIPS_BY_LENGTH: Final = {16: 2, 24: 1, 32: 1, FRAMES_MAX: 1}
_LENGTH_SHARES: Final = (0.2, 0.2, 0.35, 0.25)
# How often the first frame is given, so that a picture can be brought to life.
FIRST_FRAME_GIVEN_SHARE: Final = 0.5
# A blinking eye is a hundredth of a picture: what changes over time counts this much more.
MOVING_WEIGHT: Final = 2.0
MOVING_WEIGHT_MAX: Final = 8.0
_HELD_OUT_FRAMES: Final = 16
_HELD_OUT_TIMESTEPS: Final = (950, 750, 400)


def make_motion_adapter() -> Any:
    """Untrained and without effect: its last projections are zero, or it would add noise."""
    adapter = MotionAdapter(
        block_out_channels=(64, 128, 128),
        motion_layers_per_block=1,
        motion_num_attention_heads=4,
        motion_norm_num_groups=16,
        motion_max_seq_length=FRAMES_MAX,
    )
    for name, parameter in adapter.named_parameters():
        if ".proj_out." in name:
            torch.nn.init.zeros_(parameter)
    return adapter


def train_motion(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Train for `minutes` in all, counting what earlier runs spent. The gate is `motion_gate`."""
    return train_until_over(_Training(work_dir, device, minutes))


def load_motion_adapter(work_dir: WorkDir) -> Any | None:
    """The averaged weights of the latest checkpoint; None before the first one."""
    state = work_dir.load_checkpoint("motion")
    if state is None:
        return None
    adapter = make_motion_adapter()
    adapter.load_state_dict(state["ema"])
    return adapter.eval()


class _Training:
    def __init__(self, work_dir: WorkDir, device: str, minutes: float) -> None:
        torch.manual_seed(0)
        self._work_dir, self._device = work_dir, device
        self._encoder = load_text_encoder(work_dir, device)
        self._unet = UNetMotionModel.from_unet2d(
            load_denoiser(work_dir, "cpu"), make_motion_adapter()
        ).to(device)
        self._unet.set_attn_processor(AttnProcessor())
        self._unet.freeze_unet2d_params()
        self._ema = copy.deepcopy(self._unet).eval().requires_grad_(requires_grad=False)
        self._trained = [each for each in self._unet.parameters() if each.requires_grad]
        self._averaged = [
            averaged
            for averaged, each in zip(self._ema.parameters(), self._unet.parameters(), strict=True)
            if each.requires_grad
        ]
        self._optimizer = torch.optim.AdamW(
            self._trained, lr=PEAK_LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.01, fused=True
        )
        self._schedule = NoiseSchedule(device)
        self._buckets = clip_buckets(work_dir)
        counts = np.array([bucket.trained_count for bucket in self._buckets.values()], float)
        self._ratio_shares = counts / counts.sum()
        self._empty = make_tokenizer()(
            [""], padding="max_length", max_length=TOKENS_MAX, return_tensors="pt"
        ).input_ids[0]
        # Before anything is learnt the temporal layers have no effect.
        self._without_motion = self._held_out_loss(self._ema, FULL_CAPTION)
        self.pace, self._step, self._loss = Pace(minutes * 60), 0, 0.0
        self._restore(minutes)
        self._rng = np.random.default_rng(500 + self._step)
        torch.manual_seed(1 + self._step)

    def report(self) -> dict[str, Any]:
        """Velocity errors on held-out clips: `without_motion` those of the frozen layers alone;
        `motion_swap_rise` how much the error rises when the caption names another motion."""
        mine = self._held_out_loss(self._ema, FULL_CAPTION)
        swapped = self._held_out_loss(self._ema, SWAPPED_CAPTION)
        figures = {
            "spent_s": round(self.pace.spent_s),
            "steps": self._step,
            "loss": round(self._loss, 4),
            "held_out_loss": round(mine, 4),
            "without_motion": round(self._without_motion, 4),
            "motion_swap_rise": round(swapped / mine - 1, 4),
        }
        print("motion", figures, flush=True)
        return figures

    def train_step(self) -> None:
        """See `LongStage.train_step`."""
        rate = self.pace.learning_rate(
            PEAK_LEARNING_RATE, self._step, warm_up_steps=WARM_UP_STEPS, flat=FLAT_SHARE
        )
        set_learning_rate(self._optimizer, rate)
        clean, ids = self._draw_clips()
        given = torch.rand(len(clean)) < FIRST_FRAME_GIVEN_SHARE
        timesteps = self._schedule.draw_timesteps(len(clean))
        weight = _loss_weight(clean, given)
        guess, velocity = self._guess(self._unet, clean, ids, timesteps, given)
        loss = ((guess - velocity) ** 2 * weight).mean()
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        self._step += 1
        self._loss = loss.item() if self._step == 1 else 0.98 * self._loss + 0.02 * loss.item()
        decay = min(EMA_DECAY_MAX, (1 + self._step) / (10 + self._step))
        with torch.no_grad():
            torch._foreach_lerp_(self._averaged, self._trained, 1 - decay)

    def _draw_clips(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(clips, frames, 4, h, w) on the device, and a caption of each, now and then empty."""
        rng = self._rng
        bucket = list(self._buckets.values())[
            int(rng.choice(len(self._buckets), p=self._ratio_shares))
        ]
        length = list(CLIPS_BY_LENGTH)[int(rng.choice(len(CLIPS_BY_LENGTH), p=_LENGTH_SHARES))]
        picked = torch.from_numpy(
            rng.choice(bucket.trained_count, CLIPS_BY_LENGTH[length], replace=False)
        )
        latents = bucket.latents[picked, :length].float().to(self._device)
        captions = torch.from_numpy(rng.integers(TRAINED_CAPTIONS, size=len(picked)))
        ids = bucket.tokens[picked, captions]
        ids[torch.rand(len(picked)) < CAPTION_DROPOUT] = self._empty
        return latents, ids

    def _guess(
        self,
        unet: Any,
        clean: torch.Tensor,
        ids: torch.Tensor,
        timesteps: torch.Tensor,
        given: torch.Tensor,
        generator: torch.Generator | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Predicted and true velocity, both like `clean`; `given` clips keep frame 0 clean."""
        clips, frames = clean.shape[:2]
        noise = torch.stack(
            [
                frame_noise(
                    frames,
                    clean.shape[2:],
                    shared_share=TRAINED_SHARED_NOISE_SHARE,
                    generator=generator,
                )
                for _ in range(clips)
            ]
        ).to(self._device)
        each = timesteps.repeat_interleave(frames)
        noisy, velocity = self._schedule.mix(clean.flatten(0, 1), noise.flatten(0, 1), each)
        noisy = noisy.reshape(clean.shape)
        noisy[given, 0] = clean[given, 0]
        # Called directly, the motion model wants the words once a frame, not once a clip.
        words = self._encode(ids.to(self._device)).repeat_interleave(frames, dim=0)
        with torch.autocast(self._device, torch.bfloat16):
            guess = unet(noisy.transpose(1, 2), timesteps, words).sample
        return guess.float().transpose(1, 2), velocity.reshape(clean.shape)

    @torch.no_grad()
    def _encode(self, ids: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self._encoder(ids).last_hidden_state
        return states

    @torch.no_grad()
    def _held_out_loss(self, unet: Any, caption: int) -> float:
        """The mean error on held-out squares, ten clips a timestep, two of every motion."""
        bucket, total = self._buckets["1:1"], 0.0
        for place, timestep in enumerate(_HELD_OUT_TIMESTEPS):
            picked = torch.arange(10) + 10 * place - HELD_OUT_EACH
            clean = bucket.latents[picked, :_HELD_OUT_FRAMES].float().to(self._device)
            guess, velocity = self._guess(
                unet,
                clean,
                bucket.tokens[picked, caption],
                torch.full((10,), timestep, device=self._device),
                torch.zeros(10, dtype=torch.bool),
                torch.Generator().manual_seed(timestep),
            )
            total += float(((guess - velocity) ** 2).mean())
        return total / len(_HELD_OUT_TIMESTEPS)

    def save(self) -> None:
        """See `LongStage.save`."""
        self._work_dir.save_checkpoint(
            "motion",
            {
                "motion": _motion_state(self._unet),
                "ema": _motion_state(self._ema),
                "optimizer": self._optimizer.state_dict(),
                "step": self._step,
                "spent_s": self.pace.spent_s,
                "loss": self._loss,
            },
        )

    def _restore(self, minutes: float) -> None:
        state = self._work_dir.load_checkpoint("motion")
        if state is None:
            return
        self._unet.load_state_dict(state["motion"], strict=False)
        self._ema.load_state_dict(state["ema"], strict=False)
        self._optimizer.load_state_dict(state["optimizer"])
        self._step, self._loss = state["step"], state["loss"]
        self.pace = Pace(minutes * 60, state["spent_s"])


def _motion_state(unet: Any) -> dict[str, torch.Tensor]:
    """The temporal layers alone, under the names that a motion adapter has for them."""
    return {name: value for name, value in unet.state_dict().items() if ".motion_modules." in name}


def _loss_weight(clean: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    """(clips, frames, 1, h, w), mean near 1: the face counts more, and what moves; not a frame
    that was given."""
    movement = (clean - clean.mean(1, keepdim=True)).abs().mean(2, keepdim=True)
    typical = movement.mean((1, 2, 3, 4), keepdim=True) + 1e-6
    weight = (1 + MOVING_WEIGHT * movement / typical).clamp(max=MOVING_WEIGHT_MAX)
    weight = weight * face_weight(clean[:, 0])
    weight[given, 0] = 0
    return weight / weight.mean()
