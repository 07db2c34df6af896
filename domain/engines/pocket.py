"""The pocket model: cartoon portraits in seconds on two CPU cores."""

from domain.engines.entry import (
    ClipOptions,
    EngineEntry,
    PriceFactors,
    PromptReading,
    RealRange,
    TrainingRecipe,
    WholeRange,
)
from domain.engines.pocket_words import WORDS
from domain.job_kind import JobKind
from domain.rating import Rating

ENTRY = EngineEntry(
    id="pocket",
    title="Pocket",
    licence="CC0-1.0",
    photorealistic=False,
    brings_weights=True,
    ratings=(Rating.GENERAL,),
    pipelines=(JobKind.TRAINING, JobKind.IMAGES, JobKind.VIDEO),
    aspect_ratios={
        "1:1": (256, 256),
        "3:4": (224, 288),
        "4:3": (288, 224),
        "9:16": (192, 352),
        "16:9": (352, 192),
    },
    drawn_before={
        (64, 64): (256, 256),
        (56, 72): (224, 288),
        (72, 56): (288, 224),
        (48, 88): (192, 352),
        (88, 48): (352, 192),
    },
    styles=("plain", "sketch", "neon", "watercolour", "film"),
    negative_prompt=True,
    guidance_free_at=1.0,
    steps=WholeRange(1, 50, 25),
    guidance=RealRange(1.0, 12.0, 4.0),
    strength=RealRange(0.0, 1.5, 1.0),
    count=WholeRange(1, 8, 4),
    source_strength=RealRange(0.1, 1.0, 0.6),
    prompt_length_max=300,
    training=TrainingRecipe(
        rank=16,
        learning_rate=1.5e-3,
        steps_per_photo=16,
        steps_min=100,
        steps_max=240,
        sample_count=3,
        sample_prompts=(
            "smiling, front view, red top, blue background",
            "frowning, looking left, green top, yellow background",
            "smiling, looking right, white top, purple background",
        ),
    ),
    attempt_limit_s={JobKind.TRAINING: 1_800, JobKind.IMAGES: 600, JobKind.VIDEO: 1_800},
    prices=PriceFactors(training=2_000, training_step=25, image=50, image_step=2),
    live_previews=True,
    batch_key=("width", "height", "num_inference_steps", "guided"),
    reading=PromptReading(
        words_max=38,
        vocabulary=WORDS,
        twin_phrase="a portrait of zxq",
        style_phrases={
            "sketch": "sketch style",
            "neon": "neon style",
            "watercolour": "watercolour style",
            "film": "film style",
        },
        motion_phrases={
            "blink": "blinking",
            "talk": "talking",
            "nod": "nodding",
            "turn": "turning around",
            "push": "zooming in",
        },
    ),
    delivery_scale=2,
    clips=ClipOptions(
        durations_s=(3, 4, 5),
        motions=("blink", "talk", "nod", "turn", "push"),
        frame_rate=8,
        count=WholeRange(1, 4, 1),
        seconds_max=12,
        steps=WholeRange(1, 50, 25),
        source_strength=RealRange(0.1, 1.0, 0.9),
        raw_size_bytes_max=64 * 1024 * 1024,
        megapixel_second=800,
    ),
)
