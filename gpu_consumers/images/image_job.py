"""One image job from grant to quarantine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from gpu_consumers.engines.loaded_engine import LoadedEngine, Progress, RenderedPicture
from gpu_consumers.engines.out_of_memory import with_half_on_exhaustion
from gpu_consumers.presigned_objects import Objects
from gpu_consumers.work_inputs import fetched_adapter, fetched_source
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput
from topics.messages.work import ImageWork, Upload

PNG: str = "image/png"


def render_images(
    engine: LoadedEngine, work: ImageWork, objects: Objects, progress: Progress
) -> tuple[RenderedOutput, ...]:
    """Draw and upload every item. Raises what engine, objects and progress raise."""
    adapter, source = fetched_adapter(work, objects, engine), fetched_source(work, objects)
    pictures = with_half_on_exhaustion(
        lambda batch_size: engine.render(work, adapter, source, progress, batch_size=batch_size),
        min(engine.render_batch_max, len(work.items)),
    )
    return uploaded_pictures(pictures, work, objects, progress)


def uploaded_pictures(
    pictures: Sequence[RenderedPicture], work: ImageWork, objects: Objects, progress: Progress
) -> tuple[RenderedOutput, ...]:
    """Put all pictures of a work where it says. Raises UploadRefused, and what progress raises."""
    uploads = {item.item: item.upload for item in work.items}
    outputs = []
    for done, picture in enumerate(pictures):
        progress.report(Phase.UPLOAD, done, len(pictures))
        outputs.append(upload_picture(picture, uploads[picture.item], objects))
    return tuple(outputs)


def upload_picture(picture: RenderedPicture, upload: Upload, objects: Objects) -> RenderedOutput:
    """Put one picture where the grant says. Raises UploadRefused."""
    objects.upload(upload, picture.png)
    return RenderedOutput(
        item=picture.item,
        object_key=upload.object_key,
        sha256=hashlib.sha256(picture.png).hexdigest(),
        size_bytes=len(picture.png),
        width=picture.width,
        height=picture.height,
        media_type=PNG,
        seed=picture.seed,
    )
