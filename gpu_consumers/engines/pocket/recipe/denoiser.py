"""How the denoiser learns to draw from words: the long stage, resumable at any moment."""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor

from gpu_consumers.engines.pocket.recipe.batches import draw_batches
from gpu_consumers.engines.pocket.recipe.clip_set import TRAINED_CAPTIONS, clip_buckets
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.long_stage import train_until_over
from gpu_consumers.engines.pocket.recipe.noise_schedule import TIMESTEPS, NoiseSchedule
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.picture_set import HELD_OUT_EACH, buckets
from gpu_consumers.engines.pocket.recipe.text_encoder import WIDTH, load_text_encoder
from gpu_consumers.engines.pocket.recipe.tokenizer import make_tokenizer
from gpu_consumers.engines.pocket.recipe.word_swap import swap_rises
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.vocabulary import TOKENS_MAX, UNK, VOCABULARY

BATCH: Final = 32
PEAK_LEARNING_RATE: Final = 1e-3
WARM_UP_STEPS: Final = 100
# A late fall: a run that is trained further has lost little of its pace.
FLAT_SHARE: Final = 0.75
EMA_DECAY_MAX: Final = 0.998
CAPTION_DROPOUT: Final = 0.1
UNKNOWN_WORDS_SHARE: Final = 0.1
# Of the batches: frames out of clips. The temporal layers hear words only through this network;
# a motion word that has never changed a picture would not reach them.
CLIP_FRAMES_SHARE: Final = 0.2
# Eyes and mouth are a seventh of a picture and nearly all of what a viewer looks at.
FACE_WEIGHT: Final = 2.5
# Exchanging left and right must matter by now, or the words are not being heard at all.
SWAP_GATE_AFTER_S: Final = 240.0
LEFT_RIGHT_RISE_MIN: Final = 0.05


def make_denoiser() -> Any:
    """Plain cross-attention, so that AnimateDiff's UNetMotionModel can take the same weights."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 128, 128),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        cross_attention_dim=WIDTH,
        norm_num_groups=16,
    )


def train_denoiser(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Train for `minutes` in all, counting what earlier runs spent. Gate: the word swap."""
    return train_until_over(_Training(work_dir, device, minutes))


class _Training:
    def __init__(self, work_dir: WorkDir, device: str, minutes: float) -> None:
        torch.manual_seed(0)
        self._work_dir, self._device = work_dir, device
        self._encoder = load_text_encoder(work_dir, device)
        self._unet = make_denoiser().to(device)
        # The fused attention's backward pass takes a quarter of a step on a CPU; this one not.
        self._unet.set_attn_processor(AttnProcessor())
        self._ema = copy.deepcopy(self._unet).eval().requires_grad_(requires_grad=False)
        self._optimizer = torch.optim.AdamW(
            self._unet.parameters(),
            lr=PEAK_LEARNING_RATE,
            betas=(0.9, 0.99),
            weight_decay=0.01,
            fused=True,
        )
        self._schedule = NoiseSchedule(device)
        self._buckets = buckets(work_dir)
        self._latents = {
            ratio: torch.from_numpy(np.load(bucket.folder / "latents.npy"))
            for ratio, bucket in self._buckets.items()
        }
        self._clips = clip_buckets(work_dir)
        tokenizer = make_tokenizer()
        self._empty = tokenizer(
            [""], padding="max_length", max_length=TOKENS_MAX, return_tensors="pt"
        ).input_ids[0]
        self.pace, self._step, self._gate_passed = Pace(minutes * 60), 0, False
        self._loss = 0.0
        self._restore(minutes)
        self._rng = np.random.default_rng(100 + self._step)
        self._batches = draw_batches(self._buckets, BATCH, self._rng)
        torch.manual_seed(1 + self._step)

    def train_step(self) -> None:
        """See `LongStage.train_step`. Raises GateFailed where words are not heard after a while."""
        self._learn()
        if not self._gate_passed and self.pace.spent_s > SWAP_GATE_AFTER_S:
            rise = self._swaps()["left-right"]
            pass_gate("error rise when left and right are swapped", rise, LEFT_RIGHT_RISE_MIN)
            self._gate_passed = True

    def report(self) -> dict[str, Any]:
        """See `LongStage.report`."""
        figures = {
            "spent_s": round(self.pace.spent_s),
            "steps": self._step,
            "pictures_seen": self._step * BATCH,
            "loss": round(self._loss, 4),
            "held_out_loss": round(self._held_out_loss(), 4),
            "swap": {name: round(rise, 3) for name, rise in self._swaps().items()},
        }
        print("denoiser", figures, flush=True)
        return figures

    def _learn(self) -> None:
        rate = self.pace.learning_rate(
            PEAK_LEARNING_RATE, self._step, warm_up_steps=WARM_UP_STEPS, flat=FLAT_SHARE
        )
        set_learning_rate(self._optimizer, rate)
        stills = self._rng.random() >= CLIP_FRAMES_SHARE
        latents, tokens = self._draw_stills() if stills else self._draw_clip_frames()
        latents = latents.float().to(self._device)
        ids = self._draw_captions(tokens).to(self._device)
        timesteps = self._schedule.draw_timesteps(BATCH)
        noisy, velocity = self._schedule.mix(latents, torch.randn_like(latents), timesteps)
        with torch.autocast(self._device, torch.bfloat16):
            guess = self._unet(noisy, timesteps, self._encode(ids)).sample
        loss = ((guess.float() - velocity) ** 2 * face_weight(latents)).mean()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._unet.parameters(), 1.0)
        self._optimizer.step()
        self._step += 1
        self._loss = loss.item() if self._step == 1 else 0.98 * self._loss + 0.02 * loss.item()
        decay = min(EMA_DECAY_MAX, (1 + self._step) / (10 + self._step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self._ema.parameters()), list(self._unet.parameters()), 1 - decay
            )

    def _draw_stills(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents (BATCH, 4, h, w) and the tokens of all captions of each."""
        ratio, picked = next(self._batches)
        tokens = torch.from_numpy(self._buckets[ratio].tokens[picked].astype(np.int64))
        return self._latents[ratio][picked], tokens

    def _draw_clip_frames(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The same of one frame each out of BATCH clips, at any moment of their motion."""
        counts = np.array([clips.trained_count for clips in self._clips.values()], float)
        ratio = list(self._clips)[int(self._rng.choice(len(counts), p=counts / counts.sum()))]
        clips = self._clips[ratio]
        picked = self._rng.integers(clips.trained_count, size=BATCH)
        moments = self._rng.integers(clips.latents.shape[1], size=BATCH)
        return clips.latents[picked, moments], clips.tokens[picked, :TRAINED_CAPTIONS]

    def _draw_captions(self, tokens: torch.Tensor) -> torch.Tensor:
        """(BATCH, TOKENS_MAX): one caption of each picture, now and then empty or disturbed."""
        ids = tokens[torch.arange(BATCH), torch.randint(0, tokens.shape[1], (BATCH,))]
        for row in torch.nonzero(torch.rand(BATCH) < UNKNOWN_WORDS_SHARE)[:, 0].tolist():
            words = int((ids[row] != VOCABULARY["<pad>"]).sum())
            place = int(torch.randint(1, words, ()))
            strangers = torch.full((int(torch.randint(1, 4, ())),), VOCABULARY[UNK])
            ids[row] = torch.cat([ids[row, :place], strangers, ids[row, place:]])[:TOKENS_MAX]
        ids[torch.rand(BATCH) < CAPTION_DROPOUT] = self._empty
        return ids

    @torch.no_grad()
    def _encode(self, ids: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self._encoder(ids).last_hidden_state
        return states

    @torch.no_grad()
    def _held_out_loss(self) -> float:
        bucket, latents = self._buckets["1:1"], self._latents["1:1"][-HELD_OUT_EACH:].float()
        ids = torch.from_numpy(bucket.tokens[-HELD_OUT_EACH:, -1].astype(np.int64))
        generator = torch.Generator().manual_seed(1)
        noise = torch.randn(latents.shape, generator=generator)
        every = (torch.arange(HELD_OUT_EACH) + 0.5) * TIMESTEPS / HELD_OUT_EACH
        timesteps = every.long()[torch.randperm(HELD_OUT_EACH, generator=generator)]
        total = 0.0
        for start in range(0, HELD_OUT_EACH, 128):
            part = slice(start, start + 128)
            times = timesteps[part].to(self._device)
            noisy, velocity = self._schedule.mix(
                latents[part].to(self._device), noise[part].to(self._device), times
            )
            with torch.autocast(self._device, torch.bfloat16):
                guess = self._ema(noisy, times, self._encode(ids[part].to(self._device))).sample
            each = ((guess.float() - velocity) ** 2).mean((1, 2, 3))
            total += float((self._schedule.weights[times] * each).sum())
        return total / HELD_OUT_EACH

    def _swaps(self) -> dict[str, float]:
        latents = self._latents["1:1"][-HELD_OUT_EACH:].float()
        return swap_rises(self._ema, self._encode, self._buckets["1:1"], latents, self._device)

    def save(self) -> None:
        """See `LongStage.save`."""
        self._work_dir.save_checkpoint(
            "denoiser",
            {
                "unet": self._unet.state_dict(),
                "ema": self._ema.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "step": self._step,
                "spent_s": self.pace.spent_s,
                "gate_passed": self._gate_passed,
                "loss": self._loss,
            },
        )

    def _restore(self, minutes: float) -> None:
        state = self._work_dir.load_checkpoint("denoiser")
        if state is None:
            return
        self._unet.load_state_dict(state["unet"])
        self._ema.load_state_dict(state["ema"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._step, self._gate_passed = state["step"], state["gate_passed"]
        self._loss = state["loss"]
        self.pace = Pace(minutes * 60, state["spent_s"])


def face_weight(latents: torch.Tensor) -> torch.Tensor:
    """(h, w), mean 1: more where the face is in every frame."""
    height, width = latents.shape[2:]
    weight = torch.ones(height, width, device=latents.device)
    weight[int(height * 0.3) : int(height * 0.8), int(width * 0.2) : int(width * 0.8)] = FACE_WEIGHT
    return weight / weight.mean()


def load_denoiser(work_dir: WorkDir, device: str) -> Any:
    """The averaged weights of the latest checkpoint."""
    unet = make_denoiser()
    state = work_dir.load_checkpoint("denoiser")
    assert state is not None
    unet.load_state_dict(state["ema"])
    return unet.to(device).eval()
