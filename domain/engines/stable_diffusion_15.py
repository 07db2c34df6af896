"""Stable Diffusion 1.5: photorealistic, 512 pixels, its weights are the operator's to bring."""

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
    id="stable-diffusion-1.5",
    title="Stable Diffusion 1.5",
    licence="CreativeML-OpenRAIL-M",
    photorealistic=True,
    ratings=(Rating.GENERAL,),
    pipelines=(JobKind.TRAINING, JobKind.IMAGES),
    aspect_ratios={
        "1:1": (512, 512),
        "3:4": (448, 600),
        "4:3": (600, 448),
        "9:16": (384, 688),
        "16:9": (688, 384),
    },
    styles=("plain", "cinematic", "watercolour", "neon", "film"),
    negative_prompt=True,
    guidance_free_at=1.0,
    steps=WholeRange(1, 60, 30),
    guidance=RealRange(1.0, 15.0, 7.5),
    strength=RealRange(0.0, 1.5, 1.0),
    count=WholeRange(1, 8, 4),
    source_strength=RealRange(0.1, 1.0, 0.6),
    prompt_length_max=600,
    weighs_words=True,
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
    attempt_limit_s={JobKind.TRAINING: 7_200, JobKind.IMAGES: 1_200},
    prices=PriceFactors(training=20_000, training_step=25, image=400, image_step=20),
    live_previews=False,
    batch_key=("width", "height", "num_inference_steps", "guided"),
)
