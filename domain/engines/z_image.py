"""Z-Image: photorealistic, 1024 pixels, free to use, its weights are the operator's to bring."""

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
    id="z-image",
    title="Z-Image",
    licence="Apache-2.0",
    photorealistic=True,
    ratings=(Rating.GENERAL,),
    pipelines=(JobKind.TRAINING, JobKind.IMAGES),
    aspect_ratios={
        "1:1": (1024, 1024),
        "3:4": (896, 1152),
        "4:3": (1152, 896),
        "9:16": (768, 1344),
        "16:9": (1344, 768),
    },
    styles=("plain", "cinematic", "watercolour", "neon", "film"),
    negative_prompt=True,
    # Counted from the guided prediction: what others call 5 is 4 here, and 0 is none.
    guidance_free_at=0.0,
    steps=WholeRange(1, 60, 30),
    guidance=RealRange(0.0, 10.0, 4.0),
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
    prices=PriceFactors(training=60_000, training_step=75, image=1_000, image_step=60),
    live_previews=False,
    batch_key=("width", "height", "num_inference_steps", "guided"),
)
