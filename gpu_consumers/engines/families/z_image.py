"""Z-Image: a flow transformer that reads its prompts as a language model does.

Against Stable Diffusion all signs differ: its time runs from noise, 0, to the picture, 1; what it
predicts points from the noise to the picture; its guidance is counted from the guided prediction,
of a batch whose guided half comes first; and its latents are in full precision, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from diffusers.pipelines.z_image.pipeline_z_image import (
    calculate_shift,
    get_default_z_image_sigmas,
)

from gpu_consumers.engines.diffusion_model import Picture, SeededNoise
from gpu_consumers.engines.families.flow_transformer import FlowTransformer
from gpu_consumers.engines.guidance import FROM_GUIDED, Guidance, Pass
from gpu_consumers.engines.picture_autoencoder import decoded, encoded
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX
from gpu_consumers.engines.prompt_encoding import Conditioning, joined
from gpu_consumers.engines.sampling_loop import Predict
from gpu_consumers.engines.slot_bank import RowTwin

# What the pipeline reads. Longer prompts get twice the room, which the positions still hold.
_TOKENS: Final = 512
_TOKENS_MAX: Final = 1024
# The network looks at squares of so many cells.
_PATCH_SIDE: Final = 2


class ZImageModel(FlowTransformer):
    """See `DiffusionModel`. Sides of pictures are multiples of two cells.

    A remix makes whole steps, where diffusers' own pipeline rounds up.
    """

    @property
    def guidance(self) -> Guidance:
        return FROM_GUIDED

    @property
    def pixels_per_cell(self) -> int:
        """See `DiffusionModel.pixels_per_cell`."""
        return int(self.pipeline.vae_scale_factor)

    def noise(self, seed: int, *, width: int, height: int) -> SeededNoise:
        """See `DiffusionModel.noise`. Always float32."""
        generator = torch.Generator("cpu").manual_seed(seed)
        cell = self.pixels_per_cell
        shape = (1, self.network.in_channels, height // cell, width // cell)
        (noise,) = torch.randn(shape, generator=generator).to(self.device)
        return SeededNoise(noise, generator)

    def set_times(self, scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
        """See `DiffusionModel.set_times`. A larger picture has more of its steps in the noise."""
        height, width = noise.shape[-2:]
        settings = scheduler.config
        shift = calculate_shift(
            (height // _PATCH_SIDE) * (width // _PATCH_SIDE),
            settings.get("base_image_seq_len", 256),
            settings.get("max_image_seq_len", 4096),
            settings.get("base_shift", 0.5),
            settings.get("max_shift", 1.15),
        )
        sigmas = get_default_z_image_sigmas(num_inference_steps)
        scheduler.set_timesteps(sigmas=sigmas, mu=shift, device="cpu")

    @torch.no_grad()
    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """See `DiffusionModel.embed`. There are no chunks: a prompt is read as one."""
        del chunks_max
        tokenizer = self.pipeline.tokenizer
        said = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}],
                tokenize=False,
                add_generation_prompt=True,
                enable_thinking=True,
            )
            for prompt in prompts
        ]
        longest = max(len(tokens) for tokens in tokenizer(said).input_ids)
        inputs = tokenizer(
            said,
            padding="max_length",
            max_length=_TOKENS if longest <= _TOKENS else _TOKENS_MAX,
            truncation=True,
            return_tensors="pt",
        )
        mask = inputs.attention_mask.to(self.device).bool()
        hidden = self.pipeline.text_encoder(
            input_ids=inputs.input_ids.to(self.device),
            attention_mask=mask,
            output_hidden_states=True,
        ).hidden_states[-2]
        rows = zip(hidden, mask, strict=True)
        return joined([Conditioning(states[heard][None], None) for states, heard in rows])

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""
        levels = self.scheduler.config.num_train_timesteps
        times = (levels - timesteps.float().expand(len(noisy))) / levels
        rows = zip(words.hidden, words.lengths, strict=True)
        # One frame each: the network is made for more than still pictures.
        ways = self.network(
            list(noisy.to(self.network.dtype).unsqueeze(2).unbind(0)),
            times.to(self.device),
            [states[:length] for states, length in rows],
            return_dict=False,
        )[0]
        return -torch.stack([way.float() for way in ways]).squeeze(2)

    @contextmanager
    def showing(
        self,
        twins: Sequence[RowTwin | None],
        within: Conditioning,
        without: Conditioning | None,
    ) -> Iterator[Predict]:
        """See `DiffusionModel.showing`."""
        words = within if without is None else within.then(without)

        def guided_first(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            # Both halves of what comes in are the same latents, so that only words change places.
            with_words, without_words = self.predict(noisy, timestep, words).chunk(2)
            return torch.cat([without_words, with_words])

        def unguided(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            return self.predict(noisy, timestep, words)

        with self.bank.rows(twins, Pass.GUIDED_FIRST):
            yield unguided if without is None else guided_first

    def encode(self, pictures: Picture) -> torch.Tensor:
        """See `DiffusionModel.encode`."""
        return encoded(self.pipeline.vae, pictures, self.device)

    def decode(self, latents: torch.Tensor) -> Picture:
        """See `DiffusionModel.decode`."""
        return decoded(self.pipeline.vae, latents)

    def preview(self, latents: torch.Tensor) -> torch.Tensor:
        """See `DiffusionModel.preview`: they are that already."""
        return latents
