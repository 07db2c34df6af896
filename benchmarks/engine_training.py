"""A twin's training beside a bare loop: seconds a step of both."""

import io
from collections.abc import Callable, Sequence
from itertools import count, pairwise
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from peft import LoraConfig
from PIL import Image

from benchmarks.engine_shapes import RANK, Shape, pipeline_of
from gpu_consumers.engines.diffusion_engine import DiffusionEngine
from gpu_consumers.engines.loaded_engine import ShowPreview
from topics.messages.progress import Phase
from topics.messages.work import TrainingWork, Upload

NOWHERE = Upload("", {}, "quarantine/0.png", "image/png", 1)
PHOTOS = 4


class Unwatched:
    """Progress that nobody asks for. Keeps when each step was made."""

    def __init__(self) -> None:
        self.stepped_at_s: list[float] = []

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """See `Progress.report`."""
        if phase is Phase.STEP:
            self.stepped_at_s.append(perf_counter())


class TrainingSteps:
    """Both sides at batch 1, rank 32, bfloat16 where the device autocasts."""

    def __init__(
        self, engine: DiffusionEngine, shape: Shape, device: torch.device, folder: Path
    ) -> None:
        self._engine, self._shape, self._device, self._folder = engine, shape, device, folder
        # Both sides learn the same layers.
        self._targets = list(engine._loader.twin.lora_targets)
        self._bare = self._bare_loop()
        self._numbers = count()

    def ours_s(self) -> float:
        """Of a training as a worker does it, without its samples and its checkpoint."""
        number = next(self._numbers)
        watch = Unwatched()
        work = TrainingWork(
            engine=self._engine.engine,
            photos=(),
            rank=RANK,
            steps=self._shape.training_steps,
            learning_rate=1e-4,
            seed=number,
            sample_prompts=("smiling",),
            sample_uploads=(NOWHERE,),
            adapter_upload=NOWHERE,
        )
        photos = [_photo(seed, self._shape.side) for seed in range(PHOTOS)]
        place = self._folder / f"training-{number}"
        self._engine.train(work, photos, watch, checkpoints_dir=place, batch_size=1)
        return _median_step_s(watch.stepped_at_s)

    def bare_s(self) -> float:
        """Of a loop that does nothing besides."""
        ended_at_s = []
        for _ in range(self._shape.training_steps):
            self._bare()
            ended_at_s.append(perf_counter())
        return _median_step_s(ended_at_s)

    def _bare_loop(self) -> Callable[[], None]:
        """One step of a practitioner's script, with cached latents and embeddings."""
        pipeline = pipeline_of(self._shape, self._device)
        unet = pipeline.unet.requires_grad_(requires_grad=False)
        unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=self._targets))
        trained = [each for each in unet.parameters() if each.requires_grad]
        for each in trained:
            each.data = each.data.float()
        optimizer = torch.optim.AdamW(trained, lr=1e-4, fused=True)
        with torch.no_grad():
            hidden, _, pooled, _ = pipeline.encode_prompt(
                "a photo of zxq person", device=self._device, do_classifier_free_guidance=False
            )
        side = self._shape.side
        latents = torch.randn(1, 4, side // 8, side // 8, device=self._device)
        sizes = torch.tensor([[side, side, 0, 0, side, side]], device=self._device)
        added = {"text_embeds": pooled, "time_ids": sizes.to(pooled.dtype)}
        kept = pipeline.scheduler.alphas_cumprod.to(self._device)

        def step() -> None:
            noise = torch.randn_like(latents)
            time = torch.randint(0, 1000, (1,), device=self._device)
            signal = kept[time][:, None, None, None]
            noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
            with torch.autocast(self._device.type, torch.bfloat16):
                guess = unet(noisy, time, hidden, added_cond_kwargs=added).sample
            loss = torch.nn.functional.mse_loss(guess.float(), noise)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            if self._device.type == "cuda":
                torch.cuda.synchronize()

        return step


def _median_step_s(at_s: Sequence[float]) -> float:
    """The first step is told when it is over, and the second still warms up."""
    return median(after - before for before, after in pairwise(at_s[1:]))


def _photo(seed: int, side: int) -> bytes:
    """Nobody's: four colours in a square."""
    colours = np.random.default_rng(seed).integers(0, 255, (2, 2, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(colours).resize((side, side), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()
