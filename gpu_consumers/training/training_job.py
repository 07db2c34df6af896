"""One twin training from grant to quarantine."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from gpu_consumers.engines.loaded_engine import LoadedEngine, Progress, Stopped
from gpu_consumers.engines.out_of_memory import with_half_on_exhaustion
from gpu_consumers.images.image_job import upload_picture
from gpu_consumers.presigned_objects import Objects
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput, TrainedAdapter
from topics.messages.work import TrainingWork


def train_twin(
    engine: LoadedEngine,
    work: TrainingWork,
    objects: Objects,
    progress: Progress,
    checkpoints_dir: Path,
) -> tuple[tuple[RenderedOutput, ...], TrainedAdapter]:
    """Train, then upload samples and adapter. Raises what engine, objects and progress raise.

    Checkpoints stay in `checkpoints_dir` for another attempt after a failure, and for nobody after
    success or a stop: they hold a person's likeness.
    """
    try:
        photos = []
        for photo in work.photos:
            progress.report(Phase.ENCODE, 0, work.steps)
            photos.append(objects.download(photo.download))
        twin = with_half_on_exhaustion(
            lambda batch_size: engine.train(
                work, photos, progress, checkpoints_dir=checkpoints_dir, batch_size=batch_size
            ),
            engine.training_batch_max,
        )
        outputs = []
        for sample in twin.samples:
            progress.report(Phase.UPLOAD, sample.item, len(twin.samples))
            outputs.append(upload_picture(sample, work.sample_uploads[sample.item], objects))
        objects.upload(work.adapter_upload, twin.adapter)
    except Stopped:
        shutil.rmtree(checkpoints_dir, ignore_errors=True)
        raise
    shutil.rmtree(checkpoints_dir, ignore_errors=True)
    adapter = TrainedAdapter(
        object_key=work.adapter_upload.object_key,
        sha256=hashlib.sha256(twin.adapter).hexdigest(),
        size_bytes=len(twin.adapter),
        rank=twin.rank,
        step=twin.step,
        similarity=twin.similarity,
    )
    return tuple(outputs), adapter
