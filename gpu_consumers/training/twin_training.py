"""How the LoRA is trained: batches, noise, checkpoints, and the choice of one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.adapter_file import Adapter, write_adapter
from gpu_consumers.engines.engine_loader import IdentityReader
from gpu_consumers.engines.latent_diffusion import DrawSettings, LatentDiffusion, Row
from gpu_consumers.engines.latent_preview import preview_strip
from gpu_consumers.engines.loaded_engine import Preview, Progress, ShowPreview
from gpu_consumers.training.adam import adam_of
from gpu_consumers.training.captioner import Captioner, EnginesPhrases
from gpu_consumers.training.checkpoint_store import Checkpoint, CheckpointStore
from gpu_consumers.training.class_prior import class_pictures_due
from gpu_consumers.training.encoded_photos import EncodedPhotos, encode_photos
from gpu_consumers.training.likeness import Likeness
from gpu_consumers.training.photo_framing import FaceReader
from gpu_consumers.training.photo_set import read_photo
from gpu_consumers.training.twin_layers import TwinLayers, rounded_once
from topics.messages.progress import Phase
from topics.messages.work import TrainingWork

# Larger than any number of steps, so that two seeds never draw the same noise.
_STEP_SEED_STRIDE: Final = 1_000_003


class TwinTraining:
    """One training. `run` may be called once; afterwards the network is as it was before.

    `captioner`: who tells the photos; the engine, if nobody else. `faces`: who sees faces where the
    engine's entry names nobody. One that `recomputes` learns the same in less memory and more time.
    """

    def __init__(
        self,
        diffusion: LatentDiffusion,
        work: TrainingWork,
        *,
        batch_size: int,
        checkpoints_dir: Path,
        cache_dir: Path,
        preview_factors: NDArray[np.float32] | None,
        captioner: Captioner | None = None,
        faces: FaceReader | None = None,
        recomputes: bool = False,
    ) -> None:
        self._diffusion = diffusion
        self._work = work
        self._constants = diffusion.loader.twin
        self._batch_size = batch_size
        self._checkpoints_dir = checkpoints_dir
        self._cache_dir = cache_dir
        self._noise = diffusion.model.training_noise()
        self._captioner = captioner or EnginesPhrases(diffusion, self._noise)
        reader = diffusion.loader.identity_reader
        self._finder = faces
        self._reader: IdentityReader | None = faces if reader is None else reader()
        self._recomputes = recomputes
        self._preview_factors = preview_factors
        self._preview: ShowPreview | None = None

    def run(self, photos: Sequence[bytes], progress: Progress) -> list[Checkpoint]:
        """Train from PNG photos and return all checkpoints, by step. Raises Stopped."""
        pictures = [read_photo(photo) for photo in photos]
        store = CheckpointStore(
            self._checkpoints_dir, self._work, photos, self._constants.lora_targets
        )
        examples = encode_photos(
            self._diffusion,
            self._captioner,
            pictures,
            finder=self._finder,
            seed=self._work.seed,
            cache_dir=self._cache_dir,
            after_each=lambda: progress.report(Phase.ENCODE, 0, self._work.steps),
        )
        # Nobody is told any more: what told the photos makes room.
        del self._captioner
        likeness = Likeness(self._reader, pictures)
        network = self._diffusion.network
        with (
            self._diffusion.model.in_training(),
            self._in_less_memory(network),
            rounded_once(network, self._diffusion.device),
        ):
            layers = TwinLayers(
                network,
                self._diffusion.bank.targets,
                rank=self._work.rank,
                seed=self._work.seed,
            )
            try:
                self._train(layers, examples, store, likeness, progress)
            finally:
                layers.off()
        return store.checkpoints()

    @contextmanager
    def _in_less_memory(self, network: Any) -> Iterator[None]:
        """Inside, what a backward pass needs is computed again and not kept, if so asked."""
        if self._recomputes:
            network.enable_gradient_checkpointing()
        try:
            yield
        finally:
            if self._recomputes:
                network.disable_gradient_checkpointing()

    def _train(
        self,
        layers: TwinLayers,
        examples: EncodedPhotos,
        store: CheckpointStore,
        likeness: Likeness,
        progress: Progress,
    ) -> None:
        constants, steps = self._constants, self._work.steps
        trained = layers.trained
        optimizer = adam_of(
            trained,
            learning_rate=self._work.learning_rate,
            betas=constants.adam_betas,
            weight_decay=constants.weight_decay,
            is_fused=constants.fused_optimiser,
        )
        first_step = self._restore(store, layers, optimizer)
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
                checkpoint, samples = self._checkpoint(layers, step + 1, likeness, progress)
                store.save(checkpoint, self._state(layers, optimizer, step + 1))
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
            priors=class_pictures_due(
                step, batch_size=self._batch_size, share=self._constants.prior_share
            ),
            caption_dropout=self._constants.caption_dropout,
        )
        timesteps = self._noise.draw_timesteps(len(batch.latents), generator)
        noise = torch.randn(batch.latents.shape, generator=generator).to(batch.latents.device)
        noisy, answer = self._noise.mix(batch.latents, noise, timesteps)
        with self._diffusion.low_precision():
            guess = self._diffusion.predict(noisy, timesteps, batch.words)
        return self._noise.loss(guess, answer, timesteps, batch.region)

    def _checkpoint(
        self, layers: TwinLayers, step: int, likeness: Likeness, progress: Progress
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
        checkpoint = Checkpoint(step, self._exported(layers, step), likeness.of(drawn), samples)
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

    def _exported(self, layers: TwinLayers, step: int) -> bytes:
        metadata = {
            "engine": self._work.engine,
            "rank": str(self._work.rank),
            "alpha": str(self._work.rank),
            "step": str(step),
            "format": "pt",
        }
        component = self._diffusion.model.component
        adapter = Adapter(self._work.rank, layers.pairs())
        return write_adapter(adapter, metadata, component=component)

    def _state(
        self, layers: TwinLayers, optimizer: torch.optim.Optimizer, step: int
    ) -> dict[str, Any]:
        return {"step": step, "lora": layers.state(), "optimizer": optimizer.state_dict()}

    def _restore(
        self, store: CheckpointStore, layers: TwinLayers, optimizer: torch.optim.Optimizer
    ) -> int:
        """The step to begin with: 0, or where an earlier attempt saved its last checkpoint."""
        state = store.state()
        if state is None:
            return 0
        layers.restore(state["lora"])
        optimizer.load_state_dict(state["optimizer"])
        step: int = state["step"]
        return step
