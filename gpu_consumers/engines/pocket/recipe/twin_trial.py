"""How a twin is tried out: a short LoRA training on one person's photos, for evaluation only."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from peft import LoraConfig

from gpu_consumers.engines.pocket import twin_settings as settings
from gpu_consumers.engines.pocket.recipe.batches import to_signal
from gpu_consumers.engines.pocket.recipe.noise_schedule import NoiseSchedule
from gpu_consumers.engines.pocket.recipe.sampling import draw_latents, encode
from gpu_consumers.engines.pocket.world.captions import Phrase, full_caption, join
from gpu_consumers.engines.pocket.world.frame import SQUARE
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.photo_set import PhotoSet, from_jpeg
from gpu_consumers.engines.pocket.world.scene import Scene, random_scene
from gpu_consumers.engines.pocket.world.vocabulary import DEFAULT_TRIGGER_WORD

_CAPTIONS_EACH = 4
_MIRRORED = {"front": "front", "left": "right", "right": "left"}
_EXPRESSION_WORDS = {"smile": "smiling", "frown": "frowning", "open": "open mouth"}
_VIEW_WORDS = {"front": "front view", "left": "looking left", "right": "looking right"}


def scene_caption(scene: Scene, subject: str, *, rng: np.random.Generator | None = None) -> str:
    """The scene in words; with a generator, some phrases are left out, the view never."""
    phrases = [
        Phrase("expression", _EXPRESSION_WORDS[scene.expression]),
        Phrase("view", _VIEW_WORDS[scene.view]),
        Phrase("top", f"{scene.top} top"),
        Phrase("background", f"{scene.background} background"),
    ]
    kept = [
        phrase
        for phrase in phrases
        if rng is None or phrase.attribute == "view" or rng.random() >= settings.PHRASE_DROPOUT
    ]
    return join(kept, f"a portrait of {subject}")


def train_twin(
    pipeline: Any,
    photos: PhotoSet,
    *,
    seed: int = 0,
    steps: int = settings.TRAIN_STEPS,
) -> dict[str, float]:
    """Add a LoRA adapter to `pipeline.unet` and train it. Returns steps and seconds.

    The prior is what the base model draws before it changes; drawing it is part of the time.
    """
    torch.manual_seed(seed)
    started = time.monotonic()
    unet = pipeline.unet
    prior_captions = _prior_captions(np.random.default_rng(seed + 1))
    prior_latents = draw_latents(pipeline, prior_captions, seed=seed)
    prior_states = encode(pipeline, prior_captions)
    unet.requires_grad_(requires_grad=False)
    unet.set_attn_processor(AttnProcessor())
    unet.add_adapter(
        LoraConfig(
            r=settings.LORA_RANK,
            lora_alpha=settings.LORA_ALPHA,
            target_modules=list(settings.LORA_TARGET_MODULES),
            init_lora_weights=settings.LORA_INIT,
        )
    )
    latents, states = _examples(pipeline, photos, np.random.default_rng(seed))
    empty = encode(pipeline, [""])
    trained = [parameter for parameter in unet.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        trained,
        lr=settings.LEARNING_RATE,
        betas=settings.ADAM_BETAS,
        weight_decay=settings.WEIGHT_DECAY,
    )
    schedule = NoiseSchedule("cpu")
    prior = int(settings.BATCH_SIZE * settings.PRIOR_SHARE)
    own = settings.BATCH_SIZE - prior
    unet.train()
    for step in range(steps):
        floor = settings.FINAL_LEARNING_RATE_SHARE
        fall = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * step / steps))
        rate = settings.LEARNING_RATE * min(1.0, (step + 1) / settings.WARM_UP_STEPS) * fall
        for group in optimizer.param_groups:
            group["lr"] = rate
        mine = torch.randint(0, len(latents), (own,))
        theirs = torch.randint(0, len(prior_latents), (prior,))
        clean = torch.cat([latents[mine], prior_latents[theirs]])
        mine_states = states[mine, torch.randint(0, _CAPTIONS_EACH, (own,))]
        words = torch.cat([mine_states, prior_states[theirs]])
        unsaid = torch.rand(len(words), 1, 1) < settings.CAPTION_DROPOUT
        words = torch.where(unsaid, empty, words)
        timesteps = schedule.draw_timesteps(len(clean))[torch.randperm(len(clean))]
        noisy, velocity = schedule.mix(clean, torch.randn_like(clean), timesteps)
        with torch.autocast("cpu", torch.bfloat16):
            guess = unet(noisy, timesteps, words).sample
        loss = ((guess.float() - velocity) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, settings.GRADIENT_NORM_MAX)
        optimizer.step()
    unet.eval()
    return {"steps": float(steps), "seconds": time.monotonic() - started}


def _prior_captions(rng: np.random.Generator) -> list[str]:
    """Other people, never named by a trigger word: it belongs to the twin alone."""
    return [
        full_caption(random_identity(rng), random_scene(rng), rng, subject="a person")
        for _ in range(settings.PRIOR_PICTURES)
    ]


@torch.no_grad()
def _examples(
    pipeline: Any, photos: PhotoSet, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents (n, 4, 16, 16) of shifted and mirrored photos, states (n, captions, tokens, w)."""
    small = np.stack([shrunk(photo.jpeg) for photo in photos.photos])
    scenes = [photo.scene for photo in photos.photos]
    parts: list[torch.Tensor] = []
    captions: list[str] = []
    mirrorings = (False, True) if settings.MIRROR_PHOTOS else (False,)
    for mirrored in mirrorings:
        pictures = small[:, :, ::-1] if mirrored else small
        for dx, dy in settings.SHIFTS:
            moved = np.stack([_moved(picture, dx, dy) for picture in pictures])
            latents = pipeline.vae.encode(to_signal(moved)).latent_dist.mode()
            parts.append(latents * pipeline.vae.config.scaling_factor)
            captions += _captions(scenes, rng, mirrored=mirrored)
    latents = torch.cat(parts)
    states = encode(pipeline, captions)
    return latents, states.reshape(len(latents), _CAPTIONS_EACH, *states.shape[1:])


def _captions(scenes: Sequence[Scene], rng: np.random.Generator, *, mirrored: bool) -> list[str]:
    captions = []
    for scene in scenes:
        seen = replace(scene, view=_MIRRORED[scene.view]) if mirrored else scene
        captions += [
            scene_caption(seen, DEFAULT_TRIGGER_WORD, rng=rng) for _ in range(_CAPTIONS_EACH)
        ]
    return captions


def shrunk(jpeg: bytes) -> NDArray[np.uint8]:
    """A photo as the model sees it: (64, 64, 3)."""
    size = (SQUARE.width, SQUARE.height)
    return np.asarray(cv2.resize(from_jpeg(jpeg), size, interpolation=cv2.INTER_AREA), np.uint8)


def _moved(picture: NDArray[np.uint8], dx: int, dy: int) -> NDArray[np.uint8]:
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
    size = (picture.shape[1], picture.shape[0])
    picture = np.ascontiguousarray(picture)
    moved = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
