"""SDXL's architecture with random weights: at its own size for a GPU, and tiny for a CPU."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
)

from gpu_consumers.engines.diffusion_engine import DiffusionEngine
from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.families.stable_diffusion import StableDiffusionModel
from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.registry import LOADERS

TWINS = 8
RANK = 32
WORDS = ("a", "photo", "of", "zxq", "person", "lighthouse", "in", "fog", "smiling")
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
SEED = 7


@dataclass(frozen=True)
class Shape:
    """One size of the architecture. `side` in pixels, `steps` a picture; `widths` of its blocks.

    `encoders` are the widths of the two text encoders; they have two layers each, which is fewer
    than the real ones have: what is measured is the denoiser.
    """

    name: str
    side: int
    steps: int
    training_steps: int
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    encoders: tuple[int, int]
    vae_widths: tuple[int, ...]
    time_width: int


TINY = Shape("tiny", 64, 6, 12, (32, 64), (1, 1), (2, 4), (32, 32), (16, 16, 32, 32), 8)
SDXL = Shape(
    "sdxl",
    512,
    25,
    30,
    (320, 640, 1280),
    (1, 2, 10),
    (5, 10, 20),
    (768, 1280),
    (128, 256, 512, 512),
    256,
)


def engine_of(shape: Shape, device: torch.device, folder: Path) -> DiffusionEngine:
    """Our engine; `folder` is for what it keeps between jobs."""
    model = StableDiffusionModel(loader_of(shape), pipeline_of(shape, device), device)
    model.network.requires_grad_(requires_grad=False)
    return DiffusionEngine(LatentDiffusion(model), folder, None)


def loader_of(shape: Shape) -> EngineLoader:
    """SDXL's own constants, with room for eight twins, and with one checkpoint a training."""
    loader = LOADERS["stable-diffusion-xl"]
    twin = replace(
        loader.twin,
        sizes=((shape.side, shape.side),),
        class_pictures=1,
        sample_steps=1,
        checkpoint_shares=(1.0,),
    )
    return replace(
        loader,
        twin=twin,
        slots=TWINS + 1,
        render_batch_max=TWINS,
        rank_max=RANK,
        weighs_words=False,
    )


def pipeline_of(shape: Shape, device: torch.device) -> Any:
    """Diffusers' own pipeline: the same weights every time, in the precision of the device."""
    torch.manual_seed(SEED)
    dtype = torch.float32 if device.type == "cpu" else torch.bfloat16

    def built(build: Callable[[], Any]) -> Any:
        # Drawn on the CPU, so that every device has the same ones.
        return build().to(device, dtype).eval()

    first, second = shape.encoders
    downs = ["DownBlock2D"] + ["CrossAttnDownBlock2D"] * (len(shape.widths) - 1)
    ups = ["CrossAttnUpBlock2D"] * (len(shape.widths) - 1) + ["UpBlock2D"]
    pipeline = diffusers.StableDiffusionXLPipeline(
        unet=built(
            lambda: diffusers.UNet2DConditionModel(
                sample_size=shape.side // 8,
                block_out_channels=shape.widths,
                layers_per_block=2,
                down_block_types=downs,
                up_block_types=ups,
                transformer_layers_per_block=list(shape.depths),
                attention_head_dim=list(shape.heads),
                cross_attention_dim=first + second,
                use_linear_projection=True,
                addition_embed_type="text_time",
                addition_time_embed_dim=shape.time_width,
                projection_class_embeddings_input_dim=6 * shape.time_width + second,
            )
        ),
        vae=built(
            lambda: diffusers.AutoencoderKL(
                block_out_channels=shape.vae_widths,
                down_block_types=["DownEncoderBlock2D"] * 4,
                up_block_types=["UpDecoderBlock2D"] * 4,
                layers_per_block=2,
                norm_num_groups=min(32, *shape.vae_widths),
                scaling_factor=0.13025,
            )
        ),
        text_encoder=built(lambda: CLIPTextModel(_encoder_config(first))),
        text_encoder_2=built(lambda: CLIPTextModelWithProjection(_encoder_config(second))),
        tokenizer=_tokenizer(),
        tokenizer_2=_tokenizer(),
        scheduler=diffusers.EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _encoder_config(width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        projection_dim=width,
    )


def _tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 1), ("<eos>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=77,
    )
