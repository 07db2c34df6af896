"""How the LoRA is trained: cached latents and words, noise, checkpoints, and the choice of one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict

from gpu_consumers.engines.adapter_file import Adapter, LayerPair, write_adapter
from gpu_consumers.engines.latent_diffusion import (
    Conditioning,
    DrawSettings,
    LatentDiffusion,
    Row,
)
from gpu_consumers.engines.latent_preview import small_png
from gpu_consumers.engines.loaded_engine import Progress
from gpu_consumers.training.checkpoint_store import Checkpoint, CheckpointStore
from gpu_consumers.training.class_prior import class_prior
from gpu_consumers.training.likeness import Likeness, best
from gpu_consumers.training.noise import TrainingNoise
from gpu_consumers.training.photo_set import (
    Example,
    fit_all,
    make_examples,
    make_styled_examples,
    read_photo,
)
from gpu_consumers.training.scene_telling import tell_scenes
from topics.messages.progress import Phase
from topics.messages.work import TrainingWork

_ADAPTER: Final = "twin"
_ENCODE_BATCH: Final = 32
# Larger than any number of steps, so that two seeds never draw the same noise.
_STEP_SEED_STRIDE: Final = 1_000_003


@dataclass(frozen=True)
class _Bucket:
    """Examples of one size, encoded. `captions` are rows of the caption table, by example."""

    latents: torch.Tensor
    captions: list[list[int]]
    prior_latents: torch.Tensor
    prior_captions: list[int]


class TwinTraining:
    """One training. `run` may be called once; afterwards the UNet is as it was before."""

    def __init__(
        self,
        diffusion: LatentDiffusion,
        work: TrainingWork,
        *,
        batch_size: int,
        checkpoints_dir: Path,
        cache_dir: Path,
    ) -> None:
        self._diffusion = diffusion
        self._work = work
        self._constants = diffusion.loader.twin
        self._batch_size = batch_size
        self._checkpoints_dir = checkpoints_dir
        self._cache_dir = cache_dir
        self._noise = TrainingNoise(
            diffusion.scheduler, diffusion.device, snr_cap=self._constants.snr_cap
        )
        self._captions: dict[str, int] = {"": 0}
        self._preview: bytes | None = None

    def run(self, photos: Sequence[bytes], progress: Progress) -> Checkpoint:
        """Train from PNG photos and return the checkpoint most like them. Raises Stopped."""
        pictures = [read_photo(photo) for photo in photos]
        store = CheckpointStore(self._checkpoints_dir, self._work, photos)
        buckets = self._encode(pictures, progress)
        table = self._embed_captions()
        reader = self._diffusion.loader.identity_reader
        likeness = Likeness(None if reader is None else reader(), pictures)
        unet = self._diffusion.unet
        processors = dict(unet.attn_processors)
        self._wrap(unet)
        try:
            self._train(buckets, table, store, likeness, progress)
        finally:
            unet.unload_lora()
            unet.set_attn_processor(processors)
            unet.requires_grad_(requires_grad=False)
        return best(store.checkpoints())

    def _wrap(self, unet: Any) -> None:
        torch.manual_seed(self._work.seed)
        rank = self._work.rank
        unet.add_adapter(
            LoraConfig(
                r=rank,
                lora_alpha=rank,
                init_lora_weights="gaussian",
                target_modules=list(self._constants.lora_targets),
            ),
            adapter_name=_ADAPTER,
        )
        for parameter in self._trained():
            # The optimiser's small steps vanish in half precision.
            parameter.data = parameter.data.float()
        if self._diffusion.device.type == "cpu":
            # The fused attention's backward pass takes a quarter of a step on a CPU; this not.
            unet.set_attn_processor(AttnProcessor())

    def _trained(self) -> list[torch.nn.Parameter]:
        return [each for each in self._diffusion.unet.parameters() if each.requires_grad]

    def _encode(self, pictures: Sequence[NDArray[np.uint8]], progress: Progress) -> list[_Bucket]:
        def go_on() -> None:
            progress.report(Phase.ENCODE, 0, self._work.steps)

        rng = np.random.default_rng(self._work.seed)
        buckets = []
        for size, photos in fit_all(pictures, self._constants.sizes).items():
            go_on()
            scenes = tell_scenes(self._diffusion, self._noise, np.stack(photos), go_on)
            examples = [
                example
                for photo, scene in zip(photos, scenes, strict=True)
                for example in make_examples(photo, scene, self._constants, rng)
            ]
            examples += [
                example
                for words, restyle in self._constants.restyled.items()
                for photo, scene in zip(restyle(np.stack(photos)), scenes, strict=True)
                for example in make_styled_examples(photo, scene, words, self._constants, rng)
            ]
            prior = class_prior(self._diffusion, size, self._cache_dir, go_on)
            buckets.append(
                _Bucket(
                    self._latents(examples, go_on),
                    [[self._row_of(caption) for caption in each.captions] for each in examples],
                    prior.latents.to(self._diffusion.device),
                    [self._row_of(prompt) for prompt in prior.prompts],
                )
            )
        return buckets

    def _latents(self, examples: Sequence[Example], go_on: Callable[[], None]) -> torch.Tensor:
        parts = []
        for start in range(0, len(examples), _ENCODE_BATCH):
            pictures = [each.picture for each in examples[start : start + _ENCODE_BATCH]]
            parts.append(self._diffusion.encode(np.stack(pictures)))
            go_on()
        return torch.cat(parts)

    def _row_of(self, caption: str) -> int:
        return self._captions.setdefault(caption, len(self._captions))

    def _embed_captions(self) -> Conditioning:
        captions = list(self._captions)
        parts = [
            self._diffusion.embed(captions[start : start + _ENCODE_BATCH])
            for start in range(0, len(captions), _ENCODE_BATCH)
        ]
        pooled = [part.pooled for part in parts if part.pooled is not None]
        return Conditioning(
            torch.cat([part.hidden for part in parts]), torch.cat(pooled) if pooled else None
        )

    def _train(
        self,
        buckets: Sequence[_Bucket],
        table: Conditioning,
        store: CheckpointStore,
        likeness: Likeness,
        progress: Progress,
    ) -> None:
        constants, steps = self._constants, self._work.steps
        trained = self._trained()
        optimizer = torch.optim.AdamW(
            trained,
            lr=self._work.learning_rate,
            betas=constants.adam_betas,
            weight_decay=constants.weight_decay,
        )
        first_step = self._restore(store, optimizer)
        marks = {math.ceil(steps * share) for share in constants.checkpoint_shares}
        for step in range(first_step, steps):
            for group in optimizer.param_groups:
                group["lr"] = self._rate(step)
            loss = self._loss(buckets, table, step)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, constants.gradient_norm_max)
            optimizer.step()
            progress.report(Phase.STEP, step + 1, steps, self._preview)
            if step + 1 in marks:
                checkpoint = self._checkpoint(step + 1, likeness, progress)
                store.save(checkpoint, self._state(optimizer, step + 1))

    def _rate(self, step: int) -> float:
        """A short warm-up, then a cosine down to a small share of the peak."""
        constants = self._constants
        warm = min(1.0, (step + 1) / constants.warm_up_steps)
        fall = 0.5 * (1 + math.cos(math.pi * step / self._work.steps))
        share = constants.final_rate_share + (1 - constants.final_rate_share) * fall
        return self._work.learning_rate * warm * share

    def _loss(self, buckets: Sequence[_Bucket], table: Conditioning, step: int) -> torch.Tensor:
        # Seeded anew at every step: a continued training draws what an unbroken one would have.
        generator = torch.Generator().manual_seed(
            (self._work.seed * _STEP_SEED_STRIDE + step) % 2**63
        )
        latents, captions = self._draw_batch(buckets, generator)
        words = table.pick(captions.to(self._diffusion.device))
        timesteps = self._noise.draw_timesteps(len(latents), generator)
        noise = torch.randn(latents.shape, generator=generator).to(latents.device)
        noisy, answer = self._noise.mix(latents, noise, timesteps)
        with self._diffusion.low_precision():
            guess = self._diffusion.predict(noisy, timesteps, words)
        return self._noise.loss(guess, answer, timesteps)

    def _draw_batch(
        self, buckets: Sequence[_Bucket], generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents (batch, channels, h, w) of one bucket, a share of them the base model's own."""
        sizes = torch.tensor([len(bucket.latents) for bucket in buckets], dtype=torch.float)
        bucket = buckets[int(torch.multinomial(sizes, 1, generator=generator))]
        priors = min(round(self._batch_size * self._constants.prior_share), self._batch_size - 1)
        picked = torch.randint(
            len(bucket.latents), (self._batch_size - priors,), generator=generator
        )
        beside = torch.randint(len(bucket.prior_latents), (priors,), generator=generator)
        captions = []
        for example in picked.tolist():
            said = bucket.captions[example]
            captions.append(said[int(torch.randint(len(said), (), generator=generator))])
        captions += [bucket.prior_captions[example] for example in beside.tolist()]
        rows = torch.tensor(captions)
        is_dropped = torch.rand(len(rows), generator=generator) < self._constants.caption_dropout
        rows[is_dropped] = 0
        device = bucket.latents.device
        latents = [bucket.latents[picked.to(device)], bucket.prior_latents[beside.to(device)]]
        return torch.cat(latents), rows

    def _checkpoint(self, step: int, likeness: Likeness, progress: Progress) -> Checkpoint:
        loader, constants = self._diffusion.loader, self._constants
        prompts = [
            loader.prompt_for(prompt, "", names_twin=True) for prompt in self._work.sample_prompts
        ]
        # The samples first, then other seeds of the same prompts that are only looked at.
        rows = [
            Row(prompt, "", self._work.seed + index)
            for index, prompt in enumerate(prompts * constants.pictures_judged_each)
        ]
        settings = DrawSettings(
            *constants.sizes[0], constants.sample_steps, constants.sample_guidance_scale
        )
        drawn: list[NDArray[np.uint8]] = []
        for start in range(0, len(rows), loader.render_batch_max):
            with self._diffusion.low_precision():
                pictures = self._diffusion.draw(
                    rows[start : start + loader.render_batch_max],
                    settings,
                    lambda _done, _latents: progress.report(
                        Phase.DECODE, step, self._work.steps, self._preview
                    ),
                )
            drawn.extend(pictures)
        if loader.preview_factors is not None and drawn:
            self._preview = small_png(drawn[0])
        samples = tuple(drawn[: len(prompts)])
        return Checkpoint(step, self._exported(step), likeness.of(drawn), samples)

    def _exported(self, step: int) -> bytes:
        state = get_peft_model_state_dict(self._diffusion.unet, adapter_name=_ADAPTER)
        layers = {
            key.removesuffix(".lora_A.weight"): LayerPair(
                _array(down),
                _array(state[key.replace(".lora_A.", ".lora_B.")]).reshape(-1, self._work.rank),
            )
            for key, down in state.items()
            if key.endswith(".lora_A.weight")
        }
        metadata = {
            "engine": self._work.engine,
            "rank": str(self._work.rank),
            "alpha": str(self._work.rank),
            "step": str(step),
            "format": "pt",
        }
        return write_adapter(Adapter(self._work.rank, layers), metadata)

    def _state(self, optimizer: torch.optim.Optimizer, step: int) -> dict[str, Any]:
        lora = get_peft_model_state_dict(self._diffusion.unet, adapter_name=_ADAPTER)
        return {"step": step, "lora": lora, "optimizer": optimizer.state_dict()}

    def _restore(self, store: CheckpointStore, optimizer: torch.optim.Optimizer) -> int:
        """The step to begin with: 0, or where an earlier attempt saved its last checkpoint."""
        state = store.state()
        if state is None:
            return 0
        set_peft_model_state_dict(self._diffusion.unet, state["lora"], adapter_name=_ADAPTER)
        optimizer.load_state_dict(state["optimizer"])
        step: int = state["step"]
        return step


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().float().cpu().numpy()
