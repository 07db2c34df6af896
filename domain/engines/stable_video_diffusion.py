"""Stable Video Diffusion XT: moves a photograph, and reads no words. It draws nobody by a LoRA, and
whoever earns more than a million dollars a year needs a licence of its authors.
"""

from domain.engines.entry import (
    ClipOptions,
    EngineEntry,
    PriceFactors,
    RealRange,
    WholeRange,
)
from domain.job_kind import JobKind
from domain.rating import Rating

ENTRY = EngineEntry(
    id="stable-video-diffusion",
    title="Stable Video Diffusion",
    licence="Stability AI Community License",
    photorealistic=True,
    ratings=(Rating.GENERAL,),
    pipelines=(JobKind.VIDEO,),
    aspect_ratios={
        "1:1": (768, 768),
        "3:4": (672, 864),
        "4:3": (864, 672),
        "9:16": (512, 896),
        "16:9": (896, 512),
    },
    styles=("plain",),
    negative_prompt=False,
    guidance_free_at=1.0,
    steps=WholeRange(2, 50, 25),
    # Of the last frame: it grows from none at the first.
    guidance=RealRange(1.0, 6.0, 3.0),
    strength=RealRange(0.0, 0.0, 0.0),
    count=WholeRange(1, 1, 1),
    source_strength=RealRange(1.0, 1.0, 1.0),
    prompt_length_max=600,
    training=None,
    attempt_limit_s={JobKind.VIDEO: 3_600},
    prices=PriceFactors(),
    live_previews=False,
    batch_key=("width", "height", "num_inference_steps", "guided"),
    reads_words=False,
    clips=ClipOptions(
        durations_s=(3,),
        motions=("natural", "calm", "lively"),
        # Of the 25 frames that it draws at once, three seconds are 24.
        frame_rate=8,
        count=WholeRange(1, 2, 1),
        seconds_max=6,
        steps=WholeRange(2, 50, 25),
        source_strength=RealRange(1.0, 1.0, 1.0),
        raw_size_bytes_max=128 * 1024 * 1024,
        megapixel_second=3_000,
        needs_source=True,
        keeps_first_frame=True,
    ),
)
