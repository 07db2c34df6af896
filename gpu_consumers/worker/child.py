"""Who does the work: a process of its own, the only one that loads torch, warm between jobs."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from gpu_consumers.engines.loaded_engine import (
    EngineAbsent,
    LoadedEngine,
    Progress,
    ShowPreview,
    SourceUnreadable,
    Stopped,
)
from gpu_consumers.engines.out_of_memory import is_out_of_memory
from gpu_consumers.engines.registry import load_engine
from gpu_consumers.engines.waiting_threads import let_waiting_threads_sleep
from gpu_consumers.images.image_batch import PictureJob, render_together
from gpu_consumers.images.image_job import render_images
from gpu_consumers.parent_death import go_on_when_parent_dies
from gpu_consumers.presigned_objects import (
    InputUnavailable,
    Objects,
    UploadRefused,
    presigned_objects,
)
from gpu_consumers.training.training_job import train_twin
from gpu_consumers.training.training_places import training_place
from gpu_consumers.videos.video_job import render_videos
from gpu_consumers.worker.assignments import (
    ORDERS,
    Advanced,
    Broke,
    Delivered,
    Forget,
    Report,
    Start,
    StartTogether,
    Stop,
)
from gpu_consumers.worker.likenesses import Likenesses
from gpu_consumers.worker.progress_pace import PUBLISH_INTERVAL_S
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, RenderedOutput
from topics.messages.work import ImageWork, TrainingWork, VideoWork

# A checkpoint that no second attempt has asked for within this time is deleted.
CHECKPOINTS_KEPT_S: Final = 3600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChildSettings:
    """Everything a child knows of its machine. `work_dir` outlives it: caches and checkpoints.

    `gates_dir` may hold the models that see faces in photographs, which choose a checkpoint.
    `device_name`: "cpu", "cuda" or "auto". `threads`: how many CPU threads torch uses.
    """

    work_dir: Path
    weights_dir: Path | None = None
    gates_dir: Path | None = None
    device_name: str = "auto"
    threads: int = 2

    @property
    def trainings_dir(self) -> Path:
        """Where checkpoints lie: people's likenesses."""
        return self.work_dir / "trainings"


class PipeStops:
    """Which jobs were told to stop since this was made. Reads the pipe, so that one is enough.

    `forget` is told of twins that are to be forgotten meanwhile.
    """

    def __init__(self, pipe: connection.Connection, forget: Callable[[Forget], None]) -> None:
        self._pipe = pipe
        self._forget = forget
        self._told: set[UUID | None] = set()

    def is_told(self, job: UUID | None) -> bool:
        """Whether this one was, or all of them."""
        while self._pipe.poll():
            order = ORDERS.decode(self._pipe.recv_bytes())
            if isinstance(order, Stop):
                self._told.add(order.job)
            elif isinstance(order, Forget):
                self._forget(order)
        return not self._told.isdisjoint((None, job))


class PipeProgress:
    """Progress over the pipe: as often as it is published, but every change of phase.

    A preview is made only for a report that goes out. `job` is one of several that are under way,
    which share their `stops`.
    """

    def __init__(
        self,
        pipe: connection.Connection,
        clock: Callable[[], float],
        stops: PipeStops,
        job: UUID | None = None,
    ) -> None:
        self._pipe = pipe
        self._clock = clock
        self._job = job
        self._stops = stops
        self._phase: Phase | None = None
        self._reported_s = 0.0

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """See `Progress.report`."""
        if self._stops.is_told(self._job):
            raise Stopped
        now_s = self._clock()
        if phase is self._phase and now_s - self._reported_s < PUBLISH_INTERVAL_S:
            return
        self._phase, self._reported_s = phase, now_s
        if preview is None:
            _send(self._pipe, Advanced(phase, step, steps_total, job=self._job))
        else:
            shown = preview()
            advanced = Advanced(
                phase,
                step,
                steps_total,
                shown.png or None,
                shown.items,
                shown.checkpoints,
                self._job,
            )
            _send(self._pipe, advanced)


class Workbench:
    """Keeps one engine warm and does one piece of work, or one batch, at a time with it."""

    def __init__(
        self, load: Callable[[str], LoadedEngine], objects: Objects, trainings_dir: Path
    ) -> None:
        self._load = load
        self._objects = objects
        self._trainings_dir = trainings_dir
        self._engine: LoadedEngine | None = None
        self._has_let_go = False
        self._likenesses = Likenesses(self._forget)

    def do(self, order: Start, progress: Progress) -> Delivered | Broke:
        """Never raises: every error becomes the reason why the attempt ended."""
        self._likenesses.begins(order)
        try:
            return self._do(order, progress)
        except Exception as error:
            return Broke(self._reason(error))
        finally:
            self._likenesses.ended(order)

    def do_together(
        self,
        orders: Sequence[Start],
        progress_of: Callable[[UUID], Progress],
        say: Callable[[Report], None],
    ) -> None:
        """Draw the pictures of several jobs at once. `say` is told of each one's end.

        Never raises: an error that is not one job's ends all that have not ended, in one report.
        """
        for order in orders:
            self._likenesses.begins(order)
        try:
            self._do_together(orders, progress_of, say)
        except Exception as error:
            say(Broke(self._reason(error)))
        finally:
            for order in orders:
                self._likenesses.ended(order)

    def forget(self, order: Forget) -> None:
        """Let nothing stay in memory of a twin whose consent is over. See `Forget`."""
        self._likenesses.forget(order)

    def _forget(self, digest: str) -> None:
        if self._engine is None:
            return
        try:
            self._engine.forget(digest)
        except Exception as error:
            # Nothing is worth keeping a likeness for: the engine goes with it.
            _log.error("not forgotten, let go: %s", type(error).__name__)
            self._let_go()
            gc.collect()

    def _reason(self, error: Exception) -> FailureReason:
        reason = _reason(error)
        if reason in (FailureReason.ENGINE_ERROR, FailureReason.OUT_OF_MEMORY):
            # What is left of an engine after an error it did not expect is not reused.
            self._let_go()
        return reason

    def _do_together(
        self,
        orders: Sequence[Start],
        progress_of: Callable[[UUID], Progress],
        say: Callable[[Report], None],
    ) -> None:
        jobs = []
        for order in orders:
            if not isinstance(order.work, ImageWork):
                raise TypeError(f"{type(order.work).__name__} is not drawn together")
            job = PictureJob(order.work, progress_of(order.job), _ending(order.job, say))
            try:
                job.progress.report(Phase.LOAD, 0, 1)
            except Stopped as stopped:
                job.ended(stopped)
            else:
                jobs.append(job)
        if not jobs:
            return
        engine = self._warm(jobs[0].work.engine)
        render_together(engine, jobs, self._objects)

    def _do(self, order: Start, progress: Progress) -> Delivered:
        work = order.work
        if not isinstance(work, ImageWork | VideoWork | TrainingWork):
            raise TypeError(f"a worker does not do {type(work).__name__}")
        progress.report(Phase.LOAD, 0, 1)
        engine = self._warm(work.engine)
        if isinstance(work, ImageWork):
            return Delivered(render_images(engine, work, self._objects, progress))
        if isinstance(work, VideoWork):
            return Delivered(render_videos(engine, work, self._objects, progress))
        place = training_place(self._trainings_dir, order.job, twin=order.twin, epoch=order.epoch)
        outputs, adapter, checkpoints = train_twin(engine, work, self._objects, progress, place)
        return Delivered(outputs, adapter, checkpoints)

    def _warm(self, name: str) -> LoadedEngine:
        if self._engine is None or self._engine.engine != name:
            # Let go of the old one first: two engines may not fit.
            self._let_go()
            if self._has_let_go:
                # Modules and their hooks hold one another: only the collector frees them.
                gc.collect()
            self._engine = self._load(name)
            self._has_let_go = False
        return self._engine

    def _let_go(self) -> None:
        self._has_let_go |= self._engine is not None
        self._engine = None


def run_child(pipe: connection.Connection, settings: ChildSettings) -> None:
    """The child's whole life: take orders from the pipe until it closes or the parent dies."""
    live_with_parent()
    _prepare_libraries(settings)

    from gpu_consumers.training.checkpoint_store import forget_old_checkpoints

    trainings_dir = settings.trainings_dir
    forget_old_checkpoints(trainings_dir, older_than_s=CHECKPOINTS_KEPT_S)
    workbench = Workbench(
        lambda name: load_engine(
            name,
            weights_dir=settings.weights_dir,
            cache_dir=settings.work_dir / "cache",
            device_name=settings.device_name,
            gates_dir=settings.gates_dir,
        ),
        presigned_objects(),
        trainings_dir,
    )
    take_orders(pipe, workbench)


def live_with_parent() -> None:
    """From now on this process ends when its parent does, and not before."""
    # The parent drains on these signals; a child that died first would lose the job.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    go_on_when_parent_dies()
    threading.Thread(target=_die_with_parent, daemon=True).start()


def take_orders(pipe: connection.Connection, workbench: Workbench) -> None:
    """Do what comes through the pipe, one piece of work after the other, until it closes."""
    while True:
        try:
            order = ORDERS.decode(pipe.recv_bytes())
        except EOFError:
            return
        if isinstance(order, Start):
            stops = PipeStops(pipe, workbench.forget)
            _send(pipe, workbench.do(order, PipeProgress(pipe, time.monotonic, stops)))
        elif isinstance(order, StartTogether):
            _take_together(pipe, workbench, order)
        elif isinstance(order, Forget):
            workbench.forget(order)


def _take_together(pipe: connection.Connection, workbench: Workbench, order: StartTogether) -> None:
    stops = PipeStops(pipe, workbench.forget)
    workbench.do_together(
        order.starts,
        lambda job: PipeProgress(pipe, time.monotonic, stops, job),
        lambda report: _send(pipe, report),
    )


def _ending(
    job: UUID, say: Callable[[Report], None]
) -> Callable[[tuple[RenderedOutput, ...] | Exception], None]:
    def ended(outcome: tuple[RenderedOutput, ...] | Exception) -> None:
        if isinstance(outcome, Exception):
            say(Broke(_reason(outcome), job))
        else:
            say(Delivered(outcome, job=job))

    return ended


def _prepare_libraries(settings: ChildSettings) -> None:
    # Weights come from this machine's disk only, whatever a pipeline's configuration says.
    os.environ["HF_HUB_OFFLINE"] = "1"
    let_waiting_threads_sleep()
    import diffusers
    import torch
    import transformers

    torch.set_num_threads(settings.threads)
    # A warning about a prompt that is too long would print the prompt.
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _send(pipe: connection.Connection, report: Report) -> None:
    pipe.send_bytes(msgspec.msgpack.encode(report))


def _reason(error: Exception) -> FailureReason:
    match error:
        case Stopped():
            return FailureReason.STOPPED
        case EngineAbsent():
            _log.error("%s", error)
            return FailureReason.ENGINE_ABSENT
        case InputUnavailable() | SourceUnreadable():
            return FailureReason.INPUT_UNAVAILABLE
        case UploadRefused():
            return FailureReason.UPLOAD_REFUSED
        case _ if is_out_of_memory(error):
            return FailureReason.OUT_OF_MEMORY
        case _:
            _log.error("work failed: %s at %s", type(error).__name__, _places(error))
            return FailureReason.ENGINE_ERROR


def _places(error: Exception) -> str:
    """File and line of each frame. Never the message: it may quote a prompt or a URL."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
