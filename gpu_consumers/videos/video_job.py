"""One video job from grant to quarantine."""

from __future__ import annotations

import hashlib

from gpu_consumers.engines.loaded_engine import LoadedEngine, Progress
from gpu_consumers.presigned_objects import Objects
from gpu_consumers.work_inputs import fetched_adapter, fetched_source
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput
from topics.messages.work import VideoWork

MATROSKA: str = "video/x-matroska"


def render_videos(
    engine: LoadedEngine, work: VideoWork, objects: Objects, progress: Progress
) -> tuple[RenderedOutput, ...]:
    """Draw and upload every clip. Raises what engine, objects and progress raise."""
    adapter, source = fetched_adapter(work, objects, engine), fetched_source(work, objects)
    clips = engine.animate(work, adapter, source, progress)
    uploads = {item.item: item.upload for item in work.items}
    outputs = []
    for done, clip in enumerate(clips):
        progress.report(Phase.UPLOAD, done, len(clips))
        upload = uploads[clip.item]
        objects.upload(upload, clip.mkv)
        outputs.append(
            RenderedOutput(
                item=clip.item,
                object_key=upload.object_key,
                sha256=hashlib.sha256(clip.mkv).hexdigest(),
                size_bytes=len(clip.mkv),
                width=clip.width,
                height=clip.height,
                media_type=MATROSKA,
                seed=clip.seed,
                frames=clip.frames,
            )
        )
    return tuple(outputs)
