"""How the LoRA is trained: batches, noise, checkpoints, and the choice of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict

from gpu_consumers.engines.adapter_file import Adapter, LayerPair, write_adapter
from gpu_consumers.engines.latent_diffusion import DrawSettings, LatentDiffusion, Row
from gpu_consumers.engines.latent_preview import preview_strip
from gpu_consumers.engines.loaded_engine import Preview, Progress, ShowPreview
from gpu_consumers.training.checkpoint_store import Checkpoint, CheckpointStore
from gpu_consumers.training.encoded_photos import EncodedPhotos, encode_photos
from gpu_consumers.training.likeness import Likeness
from gpu_consumers.training.photo_set import read_photo
from topics.messages.progress import Phase
from topics.messages.work import TrainingWork

_ADAPTER: Final = "twin"
# Larger than any number of steps, so that two seeds never draw the same noise.
_STEP_SEED_STRIDE: Final = 1_000_003


class TwinTraining:
    """One training. `run` may be called once; afterwards the network is as it was before."""

    def __init__(
        self,
        diffusion: LatentDiffusion,
        work: TrainingWork,
        *,
        batch_size: int,
        checkpoints_dir: Path,
        cache_dir: Path,
        preview_factors: NDArray[np.float32] | None,
    ) -> None:
        self._diffusion = diffusion
        self._work = work
        self._constants = diffusion.loader.twin
        self._batch_size = batch_size
        self._checkpoints_dir = checkpoints_dir
        self._cache_dir = cache_dir
        self._noise = diffusion.model.training_noise()
        self._preview_factors = preview_factors
        self._preview: ShowPreview | None = None

    def run(self, photos: Sequence[bytes], progress: Progress) -> list[Checkpoint]:
        """Train from PNG photos and return all checkpoints, by step. Raises Stopped."""
        pictures = [read_photo(photo) for photo in photos]
        store = CheckpointStore(self._checkpoints_dir, self._work, photos)
        examples = encode_photos(
            self._diffusion,
            self._noise,
            pictures,
            seed=self._work.seed,
            cache_dir=self._cache_dir,
            after_each=lambda: progress.report(Phase.ENCODE, 0, self._work.steps),
        )
        reader = self._diffusion.loader.identity_reader
        likeness = Likeness(None if reader is None else reader(), pictures)
        network = self._diffusion.network
        with self._diffusion.model.in_training():
            self._wrap(network)
            try:
                self._train(examples, store, likeness, progress)
            finally:
                network.unload_lora()
                network.requires_grad_(requires_grad=False)
        return store.checkpoints()

    def _wrap(self, network: Any) -> None:
        torch.manual_seed(self._work.seed)
        rank = self._work.rank
        network.add_adapter(
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

    def _trained(self) -> list[torch.nn.Parameter]:
        return [each for each in self._diffusion.network.parameters() if each.requires_grad]

    def _train(
        self,
        examples: EncodedPhotos,
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
        if first_step:
            self._preview = self._shown(None, store)
        marks = {math.ceil(steps * share) for share in constants.checkpoint_shares}
        for step in range(first_step, steps):
            for group in optimizer.param_groups:
                group["lr"] = self._rate(step)
            loss = self._loss(examples, step)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, constants.gradient_norm_max)
            optimizer.step()
            progress.report(Phase.STEP, step + 1, steps, self._preview)
            if step + 1 in marks:
                checkpoint, samples = self._checkpoint(step + 1, likeness, progress)
                store.save(checkpoint, self._state(optimizer, step + 1))
                self._preview = self._shown(samples, store)
        # A new phase is told at once: nobody would hear of the last checkpoint otherwise.
        progress.report(Phase.UPLOAD, steps, steps, self._preview)

    def _rate(self, step: int) -> float:
        """A short warm-up, then a cosine down to a small share of the peak."""
        constants = self._constants
        warm = min(1.0, (step + 1) / constants.warm_up_steps)
        fall = 0.5 * (1 + math.cos(math.pi * step / self._work.steps))
        share = constants.final_rate_share + (1 - constants.final_rate_share) * fall
        return self._work.learning_rate * warm * share

    def _loss(self, examples: EncodedPhotos, step: int) -> torch.Tensor:
        # Seeded anew at every step: a continued training draws what an unbroken one would have.
        generator = torch.Generator().manual_seed(
            (self._work.seed * _STEP_SEED_STRIDE + step) % 2**63
        )
        batch = examples.draw_batch(
            self._batch_size,
            generator,
            prior_share=self._constants.prior_share,
            caption_dropout=self._constants.caption_dropout,
        )
        timesteps = self._noise.draw_timesteps(len(batch.latents), generator)
        noise = torch.randn(batch.latents.shape, generator=generator).to(batch.latents.device)
        noisy, answer = self._noise.mix(batch.latents, noise, timesteps)
        with self._diffusion.low_precision():
            guess = self._diffusion.predict(noisy, timesteps, batch.words)
        return self._noise.loss(guess, answer, timesteps, batch.region)

    def _checkpoint(
        self, step: int, likeness: Likeness, progress: Progress
    ) -> tuple[Checkpoint, torch.Tensor]:
        """The candidate, and its samples as they lie in latents (n, channels, h, w)."""
        loader, constants = self._diffusion.loader, self._constants
        prompts = [
            loader.prompt_for(prompt, "", names_twin=True) for prompt in self._work.sample_prompts
        ]
        # The samples first, then other seeds of the same prompts that are only looked at.
        rows = [
            Row(prompt, "", self._work.seed + index, constants.sample_guidance_scale)
            for index, prompt in enumerate(prompts * constants.pictures_judged_each)
        ]
        settings = DrawSettings(
            *self._diffusion.drawn_size(constants.sizes[0]), constants.sample_steps
        )
        latents: list[torch.Tensor] = []
        drawn: list[NDArray[np.uint8]] = []
        for start in range(0, len(rows), loader.render_batch_max):
            with self._diffusion.low_precision():
                batch = self._diffusion.draw_latents(
                    rows[start : start + loader.render_batch_max],
                    settings,
                    lambda _step: progress.report(
                        Phase.DECODE, step, self._work.steps, self._preview
                    ),
                )
                drawn.extend(self._diffusion.decode(batch))
            latents.append(batch)
        samples = tuple(drawn[: len(prompts)])
        checkpoint = Checkpoint(step, self._exported(step), likeness.of(drawn), samples)
        return checkpoint, torch.cat(latents)[: len(prompts)]

    def _shown(self, samples: torch.Tensor | None, store: CheckpointStore) -> ShowPreview:
        """The checkpoints so far, with the samples of the last where previews are shown.

        The samples of an earlier attempt are not at hand: None.
        """
        passed = tuple(store.seen())
        factors = self._preview_factors
        if factors is None or samples is None:
            return lambda: Preview((), b"", passed)
        latents = self._diffusion.model.preview(samples).float().cpu().numpy()
        items = tuple(range(len(latents)))
        return lambda: Preview(items, preview_strip(latents, factors), passed)

    def _exported(self, step: int) -> bytes:
        state = get_peft_model_state_dict(self._diffusion.network, adapter_name=_ADAPTER)
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
        component = self._diffusion.model.component
        return write_adapter(Adapter(self._work.rank, layers), metadata, component=component)

    def _state(self, optimizer: torch.optim.Optimizer, step: int) -> dict[str, Any]:
        lora = get_peft_model_state_dict(self._diffusion.network, adapter_name=_ADAPTER)
        return {"step": step, "lora": lora, "optimizer": optimizer.state_dict()}

    def _restore(self, store: CheckpointStore, optimizer: torch.optim.Optimizer) -> int:
        """The step to begin with: 0, or where an earlier attempt saved its last checkpoint."""
        state = store.state()
        if state is None:
            return 0
        set_peft_model_state_dict(self._diffusion.network, state["lora"], adapter_name=_ADAPTER)
        optimizer.load_state_dict(state["optimizer"])
        step: int = state["step"]
        return step


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().float().cpu().numpy()
