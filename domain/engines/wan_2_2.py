"""Wan 2.2 TI2V-5B: photorealistic clips from words or from a picture, free to use, its weights are
the operator's to bring.
"""

from domain.engines.entry import (
    ClipOptions,
    EngineEntry,
    PriceFactors,
    RealRange,
    TrainingRecipe,
    WholeRange,
)
from domain.job_kind import JobKind
from domain.rating import Rating

ENTRY = EngineEntry(
    id="wan-2.2",
    title="Wan 2.2",
    licence="Apache-2.0",
    photorealistic=True,
    ratings=(Rating.GENERAL,),
    pipelines=(JobKind.TRAINING, JobKind.VIDEO),
    # Multiples of 32, in the shapes of the pictures that a clip may begin with.
    aspect_ratios={
        "1:1": (832, 832),
        "3:4": (672, 864),
        "4:3": (864, 672),
        "9:16": (640, 1120),
        "16:9": (1120, 640),
    },
    styles=("plain", "cinematic", "watercolour", "neon", "film"),
    negative_prompt=True,
    guidance_free_at=1.0,
    steps=WholeRange(2, 60, 40),
    guidance=RealRange(1.0, 10.0, 5.0),
    strength=RealRange(0.0, 1.5, 1.0),
    count=WholeRange(1, 1, 1),
    source_strength=RealRange(1.0, 1.0, 1.0),
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
    attempt_limit_s={JobKind.TRAINING: 14_400, JobKind.VIDEO: 7_200},
    prices=PriceFactors(training=90_000, training_step=110),
    live_previews=False,
    batch_key=("width", "height", "num_inference_steps", "guided"),
    clips=ClipOptions(
        durations_s=(5, 4, 3),
        motions=("natural", "talk", "nod", "turn", "push"),
        frame_rate=24,
        count=WholeRange(1, 2, 1),
        seconds_max=10,
        steps=WholeRange(2, 60, 40),
        # The picture stands in the clip as it is; every other frame is drawn.
        source_strength=RealRange(1.0, 1.0, 1.0),
        raw_size_bytes_max=512 * 1024 * 1024,
        megapixel_second=4_000,
        keeps_first_frame=True,
    ),
)
