"""Every parameter of a gallery item, under the names by which it can be asked for again."""

from typing import Any

import strawberry

from api.ids import global_id
from api.scalars import Seed
from api.types.enums import Rating
from api.types.source_photo import source_id
from queries.gallery.gallery import Asset as AssetRow
from queries.jobs.jobs import Job as JobRow


@strawberry.type(
    description="What `requestImages` takes besides a key and a price version, to draw this one "
    "picture again. Change what is to be different."
)
class ImagesDraft:
    engine: str
    prompt: str
    count: int
    twin: strawberry.ID | None
    source: strawberry.ID | None
    source_strength: float | None
    negative_prompt: str | None
    aspect_ratio: str
    style: str
    seed: Seed
    num_inference_steps: int
    guidance_scale: float
    twin_strength: float
    rating: Rating


@strawberry.type(
    description="What `requestVideo` takes besides a key and a price version, to draw this one "
    "clip again. Change what is to be different."
)
class VideoDraft:
    engine: str
    prompt: str
    count: int
    twin: strawberry.ID | None
    source: strawberry.ID | None
    source_strength: float | None
    negative_prompt: str | None
    aspect_ratio: str
    style: str
    motion: str
    duration_s: int
    seed: Seed
    num_inference_steps: int
    guidance_scale: float
    twin_strength: float
    rating: Rating


@strawberry.type(description="Exactly one of the two.")
class Draft:
    images: ImagesDraft | None = None
    video: VideoDraft | None = None


def draft(made: AssetRow, asked: JobRow) -> Draft | None:
    """All that was asked for when this was made, or None for what cannot be asked for in words.

    That is a sample of a training, and whatever was said before its owner had it erased.
    """
    settings = asked.settings
    if made.prompt is None or "aspect_ratio" not in settings:
        return None
    source = asked.source
    shared: dict[str, Any] = {
        "engine": made.engine,
        "prompt": made.prompt,
        "count": 1,
        "twin": global_id("Twin", made.twin_id) if made.twin_id else None,
        "source": None if source is None else source_id(source),
        "source_strength": None if source is None else source.strength,
        "negative_prompt": made.negative_prompt,
        "aspect_ratio": settings["aspect_ratio"],
        "style": settings["style"],
        "seed": Seed(made.seed),
        "num_inference_steps": settings["num_inference_steps"],
        "guidance_scale": settings["guidance_scale"],
        "twin_strength": settings["twin_strength"],
        "rating": Rating(asked.rating),
    }
    if "motion" not in settings:
        return Draft(images=ImagesDraft(**shared))
    seconds = settings["duration_ms"] // 1_000
    return Draft(video=VideoDraft(motion=settings["motion"], duration_s=seconds, **shared))
