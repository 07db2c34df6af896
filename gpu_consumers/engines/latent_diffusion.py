"""How a Stable Diffusion pipeline directory is loaded and driven: one code for every size of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import diffusers
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX
from gpu_consumers.engines.prompt_encoding import Conditioning, PromptEncoder
from gpu_consumers.engines.row_track import LoopRow
from gpu_consumers.engines.sampling_loop import OnStep, Predict, Sampled, sample
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

Picture: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True)
class Row:
    """One picture of a batch. Everything here may differ between rows.

    With a `source`, RGB (height, width, 3) of the size that is drawn, the last `strength` of the
    steps are made; at 1 nothing of it is kept.
    """

    prompt: str
    negative_prompt: str
    seed: int
    guidance_scale: float
    twin: RowTwin | None = None
    source: Picture | None = None
    strength: float = 1.0


@dataclass(frozen=True)
class DrawSettings:
    """What all rows of a batch share. Width and height in pixels, as drawn."""

    width: int
    height: int
    num_inference_steps: int


class LatentDiffusion:
    """A loaded pipeline: prompts to vectors, pictures to latents, noise to pictures."""

    def __init__(self, loader: EngineLoader, pipeline: Any, device: torch.device) -> None:
        self.loader = loader
        self.device = device
        self._pipeline = pipeline
        pipeline.set_progress_bar_config(disable=True)
        self._words = PromptEncoder(
            pipeline,
            device,
            is_xl=loader.pipeline_class is PipelineClass.STABLE_DIFFUSION_XL,
            weighs_words=loader.weighs_words,
        )
        self.bank = SlotBank(
            self.unet,
            loader.twin.lora_targets,
            slots=loader.slots,
            rank_max=loader.rank_max,
            unguided_share=loader.twin_share_unguided,
        )

    @property
    def unet(self) -> Any:
        return self._pipeline.unet

    @property
    def pixels_per_cell(self) -> int:
        """How many pixels of height or width of a drawn picture one latent cell stands for."""
        return int(self._pipeline.vae_scale_factor)

    @property
    def drawn_scale(self) -> int:
        """How many times as wide and high a picture is drawn as it is encoded: mostly 1."""
        config = self._pipeline.vae.config
        stages = config.get("down_block_out_channels") or config.block_out_channels
        return int(self.pixels_per_cell // 2 ** (len(stages) - 1))

    def drawn_size(self, encoded_size: tuple[int, int]) -> tuple[int, int]:
        """Width and height, as drawn, of what is encoded at this width and height."""
        width, height = encoded_size
        return width * self.drawn_scale, height * self.drawn_scale

    @property
    def scheduler(self) -> Any:
        return self._pipeline.scheduler

    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """Encode prompts on the device. See `PromptEncoder.encode`."""
        return self._words.encode(prompts, chunks_max=chunks_max)

    def embed_guided(
        self,
        prompts: Sequence[str],
        negative_prompts: Sequence[str],
        *,
        chunks_max: int = CHUNKS_MAX,
    ) -> tuple[Conditioning, Conditioning]:
        """Encode prompts and, for the half that they are led away from, negative prompts."""
        within = self.embed(prompts, chunks_max=chunks_max)
        return within, self.embed(negative_prompts, chunks_max=chunks_max)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """The UNet's guess for noisy latents (n, channels, h, w); gradients flow."""
        arguments: dict[str, Any] = {}
        if words.pooled is not None:
            height, width = (side * self.pixels_per_cell for side in noisy.shape[2:])
            # Original size, crop, target size: a training photo is shown whole.
            sizes = torch.tensor([[height, width, 0, 0, height, width]], device=self.device)
            arguments["added_cond_kwargs"] = {
                "text_embeds": words.pooled,
                "time_ids": sizes.to(words.pooled.dtype).repeat(len(noisy), 1),
            }
        if words.mask is not None:
            arguments["encoder_attention_mask"] = words.mask
        guess: torch.Tensor = self.unet(
            noisy, timesteps, encoder_hidden_states=words.hidden, **arguments
        ).sample
        return guess

    @torch.no_grad()
    def encode(self, pictures: Picture) -> torch.Tensor:
        """Pictures (n, height, width, 3) RGB to scaled latents (n, channels, h, w), float32.

        They are as large as the encoder reads them; see `encode_drawn` for any that are larger.
        """
        vae = self._pipeline.vae
        signal = torch.from_numpy(pictures).to(self.device, vae.dtype).permute(0, 3, 1, 2)
        latents = vae.encode(signal / 127.5 - 1).latent_dist.mode().float()
        shift = getattr(vae.config, "shift_factor", None) or 0.0
        scaled: torch.Tensor = (latents - shift) * vae.config.scaling_factor
        return scaled

    def encode_drawn(self, pictures: Picture) -> torch.Tensor:
        """As `encode`, of pictures that are as large as they are drawn."""
        scale = self.drawn_scale
        if scale == 1:
            return self.encode(pictures)
        count, height, width, channels = pictures.shape
        cells = pictures.reshape(
            count, height // scale, scale, width // scale, scale, channels
        ).mean((2, 4))
        return self.encode(np.asarray(cells.round(), np.uint8))

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> Picture:
        """Scaled latents (n, channels, h, w) to pictures (n, height, width, 3) RGB."""
        vae = self._pipeline.vae
        shift = getattr(vae.config, "shift_factor", None) or 0.0
        signal = vae.decode((latents / vae.config.scaling_factor + shift).to(vae.dtype)).sample
        levels = ((signal.float() * 0.5 + 0.5).clamp(0, 1) * 255).round().byte()
        pictures: Picture = levels.permute(0, 2, 3, 1).cpu().numpy()
        return pictures

    def encode_pictures(self, pictures: Picture) -> NDArray[np.float32]:
        """As `encode`, for who knows no tensors."""
        return self.encode(pictures).cpu().numpy()

    def draw(
        self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep
    ) -> list[tuple[int, Picture | None]]:
        """Draw all rows as one batch. Returns (row, RGB (height, width, 3)), by the row's number.

        A row that `on_step` stops is not among them. None stands for what is no picture, because
        the network's values were not finite.
        """
        sampled = self._sampled(rows, settings, on_step)
        if not sampled.rows:
            return []
        is_finite = sampled.latents.isfinite().flatten(1).all(1).tolist()
        pictures = self.decode(sampled.latents)
        return [
            (row, picture if finite else None)
            for row, picture, finite in zip(sampled.rows, pictures, is_finite, strict=True)
        ]

    def draw_latents(
        self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep
    ) -> torch.Tensor:
        """As `draw`, without decoding: scaled latents (rows, channels, h, w)."""
        return self._sampled(rows, settings, on_step).latents

    def _sampled(self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep) -> Sampled:
        denoiser = _PictureDenoiser(self, rows)
        return sample(
            denoiser,
            self.scheduler,
            [self._loop_row(row, settings, denoiser.dtype) for row in rows],
            num_inference_steps=settings.num_inference_steps,
            guidance_rescale=self.loader.guidance_rescale,
            on_step=on_step,
        )

    def _loop_row(self, row: Row, settings: DrawSettings, dtype: torch.dtype) -> LoopRow:
        # Seeded on the CPU, one a row: the same noise on every device and in every batch.
        generator = torch.Generator("cpu").manual_seed(row.seed)
        shape = (
            1,
            self.unet.config.in_channels,
            settings.height // self.pixels_per_cell,
            settings.width // self.pixels_per_cell,
        )
        (noise,) = torch.randn(shape, generator=generator, dtype=dtype).to(self.device)
        source = None
        if row.source is not None and row.strength < 1.0:
            (source,) = self.encode_drawn(row.source[None]).to(dtype)
        return LoopRow(noise, row.guidance_scale, source, row.strength, generator=generator)

    @contextmanager
    def low_precision(self) -> Iterator[None]:
        """Inside, the UNet computes in bfloat16 where that is faster; weights stay as they are."""
        with torch.autocast(self.device.type, torch.bfloat16):
            yield

    def release_memory(self) -> None:
        """Give back what a failed attempt left on the device."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


class _PictureDenoiser:
    """The picture UNet with the words and twins of a batch; see `Denoiser`."""

    def __init__(self, diffusion: LatentDiffusion, rows: Sequence[Row]) -> None:
        self._diffusion = diffusion
        self._twins = [row.twin for row in rows]
        prompts = [row.prompt for row in rows]
        self._without: Conditioning | None = None
        if any(row.guidance_scale > 1.0 for row in rows):
            negatives = [row.negative_prompt for row in rows]
            self._within, self._without = diffusion.embed_guided(prompts, negatives)
        else:
            self._within = diffusion.embed(prompts)

    @property
    def dtype(self) -> torch.dtype:
        """What the network computes with."""
        return self._within.hidden.dtype

    @contextmanager
    def showing(self, rows: Sequence[int], *, guided: bool) -> Iterator[Predict]:
        """See `Denoiser.showing`."""
        words = self._within.pick(list(rows))
        if guided and self._without is not None:
            words = self._without.pick(list(rows)).then(words)
        with self._diffusion.bank.rows([self._twins[row] for row in rows]):
            yield lambda noisy, timestep: self._diffusion.predict(noisy, timestep, words)


def load_latent_diffusion(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> LatentDiffusion:
    """Load the engine's pipeline from its directory, offline, safetensors only.

    `device_name`: "cpu", "cuda", or "auto". Raises EngineAbsent where the directory holds none.
    """
    directory = loader.weights_dir(weights_dir)
    if not (directory / "model_index.json").is_file():
        raise EngineAbsent(loader.id, directory)
    device = chosen_device(device_name)
    arguments: dict[str, Any] = {}
    if loader.pipeline_class is PipelineClass.STABLE_DIFFUSION:
        # Screening is a process of its own and reads what was written; see `screening/`.
        arguments = {"safety_checker": None, "requires_safety_checker": False}
    pipeline = getattr(diffusers, loader.pipeline_class.value).from_pretrained(
        directory,
        use_safetensors=True,
        local_files_only=True,
        dtype=torch.float32 if device.type == "cpu" else torch.bfloat16,
        **arguments,
    )
    pipeline.unet.requires_grad_(requires_grad=False)
    return LatentDiffusion(loader, pipeline.to(device), device)


def chosen_device(name: str) -> torch.device:
    """ "cpu", "cuda", or "auto": the GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)
