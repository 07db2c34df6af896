"""Qwen-Image: photorealistic, 1328 pixels, its weights are the operator's to bring."""

from domain.engines.entry import (
    EngineEntry,
    PriceFactors,
    RealRange,
    TrainingRecipe,
    WholeRange,
)
from domain.job_kind import JobKind
from domain.rating import Rating

ENTRY = EngineEntry(
    id="qwen-image",
    title="Qwen-Image",
    licence="Apache-2.0",
    photorealistic=True,
    ratings=(Rating.GENERAL,),
    pipelines=(JobKind.TRAINING, JobKind.IMAGES),
    aspect_ratios={
        "1:1": (1328, 1328),
        "3:4": (1104, 1472),
        "4:3": (1472, 1104),
        "9:16": (928, 1664),
        "16:9": (1664, 928),
    },
    styles=("plain", "cinematic", "watercolour", "neon", "film"),
    negative_prompt=True,
    guidance_free_at=1.0,
    # Of one step its scheduler makes none: it ends where it begins, and divides by nothing.
    steps=WholeRange(2, 60, 30),
    guidance=RealRange(1.0, 10.0, 4.0),
    strength=RealRange(0.0, 1.5, 1.0),
    count=WholeRange(1, 4, 2),
    source_strength=RealRange(0.1, 1.0, 0.6),
    prompt_length_max=600,
    training=TrainingRecipe(
        rank=16,
        learning_rate=1e-4,
        steps_per_photo=100,
        steps_min=800,
        steps_max=2_000,
        sample_count=3,
        sample_prompts=(
            "portrait, smiling, soft light",
            "portrait, neutral, studio",
            "portrait, outdoors, daylight",
        ),
    ),
    attempt_limit_s={JobKind.TRAINING: 14_400, JobKind.IMAGES: 2_400},
    prices=PriceFactors(training=120_000, training_step=150, image=2_000, image_step=150),
    live_previews=False,
    batch_key=("width", "height", "num_inference_steps", "guided"),
)
