"""One twin training from grant to quarantine."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from msgspec import UnsetType

from gpu_consumers.engines.loaded_engine import (
    EarlierCheckpoint,
    LoadedEngine,
    Progress,
    Stopped,
    TrainedTwin,
)
from gpu_consumers.engines.out_of_memory import with_half_on_exhaustion
from gpu_consumers.images.image_job import upload_picture
from gpu_consumers.presigned_objects import Objects
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput, TrainedAdapter
from topics.messages.work import TrainingWork, Upload


def train_twin(
    engine: LoadedEngine,
    work: TrainingWork,
    objects: Objects,
    progress: Progress,
    checkpoints_dir: Path,
) -> tuple[tuple[RenderedOutput, ...], TrainedAdapter, tuple[TrainedAdapter, ...]]:
    """Train, then upload samples, adapter and as many earlier checkpoints as places were granted.

    Raises what engine, objects and progress raise.

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
        adapter = _kept(work.adapter_upload, twin, objects, rank=twin.rank)
        checkpoints = _earlier(work, twin, objects)
    except Stopped:
        shutil.rmtree(checkpoints_dir, ignore_errors=True)
        raise
    shutil.rmtree(checkpoints_dir, ignore_errors=True)
    return tuple(outputs), adapter, checkpoints


def _earlier(work: TrainingWork, twin: TrainedTwin, objects: Objects) -> tuple[TrainedAdapter, ...]:
    """The others that are most alike, by step, in the order of their places."""
    places = () if isinstance(work.checkpoint_uploads, UnsetType) else work.checkpoint_uploads
    likest = sorted(twin.others, key=lambda one: one.similarity, reverse=True)[: len(places)]
    return tuple(
        _kept(place, one, objects, rank=twin.rank)
        for place, one in zip(places, sorted(likest, key=lambda one: one.step), strict=False)
    )


def _kept(
    place: Upload, seen: TrainedTwin | EarlierCheckpoint, objects: Objects, *, rank: int
) -> TrainedAdapter:
    objects.upload(place, seen.adapter)
    return TrainedAdapter(
        object_key=place.object_key,
        sha256=hashlib.sha256(seen.adapter).hexdigest(),
        size_bytes=len(seen.adapter),
        rank=rank,
        step=seen.step,
        similarity=seen.similarity,
    )
