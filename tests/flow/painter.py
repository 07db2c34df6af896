"""A worker's child without a model: it draws the pocket world's own cartoons, as it is told to."""

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from uuid import UUID

import cv2
import msgspec
import numpy as np
from safetensors.numpy import save

from gpu_consumers.engines.loaded_engine import (
    NotDrawn,
    Progress,
    RenderedClip,
    RenderedPicture,
    Share,
    ShareOutcome,
    ShowPreview,
    Stopped,
    TrainedTwin,
    TwinFile,
)
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, FRAMES, Frame
from gpu_consumers.engines.pocket.world.frame import SQUARE as WORLD_SQUARE
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.motion import random_motion
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.presigned_objects import Objects
from gpu_consumers.videos.lossless_clip import LosslessClip
from gpu_consumers.worker.assignments import (
    Advanced,
    Forget,
    Order,
    Report,
    Start,
    StartTogether,
    Stop,
)
from gpu_consumers.worker.backlog import BatchRoom
from gpu_consumers.worker.child import Workbench
from topics.messages.progress import Phase
from topics.messages.work import ImageWork, TrainingWork, VideoItem, VideoWork

SQUARE = WORLD_SQUARE.scaled(DRAWN_SCALE)
STEPS = 4
LAST_TURN_S = 0.02
"""How often a held painter looks whether it was told to stop."""

PATIENCE_S = 60.0


def portrait(seed: int, width: int = SQUARE.width, height: int = SQUARE.height) -> bytes:
    """A cartoon as PNG, at the size the pocket engine delivers for this one."""
    rng = np.random.default_rng(seed)
    frame = _frame(width, height)
    picture = render(random_identity(rng), random_scene(rng), frame=frame.scaled(scale()))
    _, coded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return coded.tobytes()


def scale() -> int:
    """How many delivered pixels one drawn pixel is."""
    return LOADER.delivery_scale


def _frame(width: int, height: int) -> Frame:
    """The pocket world's frame that is drawn at this size."""
    [found] = [
        drawn
        for drawn in (frame.scaled(DRAWN_SCALE) for frame in FRAMES.values())
        if (drawn.width, drawn.height) == (width, height)
    ]
    return found


def small_adapter(rank: int, seed: int = 0) -> bytes:
    """A LoRA of one layer, such as the checks let through. Every seed has one of its own."""
    weight = 0.01 + seed % 1_000 / 100_000
    layer = f"unet.mid_block.{LOADER.twin.lora_targets[0]}"
    return bytes(
        save(
            {
                f"{layer}.lora_A.weight": np.full((rank, 8), weight, np.float16),
                f"{layer}.lora_B.weight": np.full((8, rank), 0.01, np.float16),
            }
        )
    )


class Painter:
    """A loaded engine whose pace and accidents a test decides. Draws at once unless held."""

    engine = "pocket"
    render_batch_max = 4
    twins_max = 4
    training_batch_max = 4

    def __init__(self) -> None:
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.is_at_work = threading.Event()
        self.accidents: deque[Exception] = deque()
        self.is_deaf = False
        self.forgotten: list[str] = []
        self.draws_instead: tuple[int, int] | None = None
        """A size of the pocket world, drawn whatever was granted."""

        self.sources: deque[bytes | None] = deque(maxlen=8)
        self.batches: deque[tuple[int, ...]] = deque(maxlen=64)
        """Of everything that was begun: the seed of each job's first picture."""

        self.poison: set[bytes] = set()
        """Adapters that break the engine, and everything that is drawn beside them."""

    @property
    def room(self) -> BatchRoom:
        """How much it draws at once."""
        return BatchRoom(self.render_batch_max, self.twins_max)

    def hold(self) -> None:
        """From now on, work goes on until `let_go` or a stop."""
        self.is_at_work.clear()
        self.may_finish.clear()

    def let_go(self) -> None:
        """Whatever is held may finish."""
        self.may_finish.set()

    def holds(self, adapter_sha256: str) -> bool:
        """See `LoadedEngine.holds`: it forgets at once."""
        return False

    def render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        """See `LoadedEngine.render`."""
        self.sources.append(source)
        self.batches.append((work.items[0].seed,))
        self._swallow(adapter)
        self._take_time(progress, work.num_inference_steps)
        drawn = self.draws_instead or (work.width, work.height)
        return [_picture(item.item, item.seed, *drawn) for item in work.items]

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        """See `LoadedEngine.render_together`."""
        self.batches.append(tuple(share.items[0].seed for share in shares))
        for share in shares:
            self._swallow(share.adapter)
        everybody = _Everybody(shares)
        with suppress(Stopped):
            self._take_time(everybody, shares[0].work.num_inference_steps)
        return [
            everybody.stopped.get(number) or self._share(share)
            for number, share in enumerate(shares)
        ]

    def _share(self, share: Share) -> tuple[RenderedPicture, ...]:
        self.sources.append(share.source)
        drawn = self.draws_instead or (share.work.width, share.work.height)
        return tuple(_picture(item.item, item.seed, *drawn) for item in share.items)

    def animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        """See `LoadedEngine.animate`."""
        self._take_time(progress, work.num_inference_steps)
        width, height = self.draws_instead or (work.width, work.height)
        drawn = msgspec.structs.replace(work, width=width, height=height)
        return [_clip(item, drawn) for item in work.items]

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        """See `LoadedEngine.train`."""
        self._take_time(progress, work.steps)
        samples = tuple(
            _picture(number, work.seed + number, SQUARE.width, SQUARE.height)
            for number in range(len(work.sample_uploads))
        )
        return TrainedTwin(small_adapter(work.rank, work.seed), work.rank, work.steps, 0.9, samples)

    def _swallow(self, adapter: TwinFile | None) -> None:
        if adapter in self.poison:
            raise RuntimeError("the engine broke")

    def forget(self, adapter_sha256: str) -> None:
        """See `LoadedEngine.forget`."""
        self.forgotten.append(adapter_sha256)

    def _take_time(self, progress: Progress, steps_total: int) -> None:
        if self.accidents:
            raise self.accidents.popleft()
        for step in range(1, STEPS + 1):
            progress.report(Phase.STEP, step, steps_total)
        self.is_at_work.set()
        while not self.may_finish.wait(LAST_TURN_S):
            if not self.is_deaf:
                progress.report(Phase.STEP, STEPS, steps_total)


class _Everybody:
    """The progress of all shares of a batch. Those that stop are `stopped`, by their number."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self._shares = shares
        self.stopped: dict[int, NotDrawn] = {}

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """Raises Stopped once everybody has."""
        for number, share in enumerate(self._shares):
            if number not in self.stopped:
                try:
                    share.progress.report(phase, step, steps_total, preview)
                except Stopped as stopped:
                    self.stopped[number] = NotDrawn(stopped)
        if len(self.stopped) == len(self._shares):
            raise Stopped


def _picture(item: int, seed: int, width: int, height: int) -> RenderedPicture:
    png = portrait(seed, width, height)
    return RenderedPicture(item, seed, png, width * scale(), height * scale())


def _clip(item: VideoItem, work: VideoWork) -> RenderedClip:
    """One person in one scene, moving as the pocket world moves."""
    rng = np.random.default_rng(item.seed)
    frame = _frame(work.width, work.height)
    moving = render_clip(
        random_identity(rng),
        random_scene(rng),
        random_motion(work.motion, rng),
        work.frames,
        fps=work.frame_rate,
        frame=frame.scaled(scale()),
    )
    clip = LosslessClip(moving.shape[2], moving.shape[1], work.frame_rate)
    for picture in moving:
        clip.add(picture)
    height, width = moving.shape[1:3]
    return RenderedClip(item.item, item.seed, clip.finished(), width, height, len(moving))


class ChildThread:
    """A child as a thread: takes one order at a time, as `ChildProcess` does."""

    def __init__(self, painter: Painter, objects: Objects, folder: Path) -> None:
        self._painter = painter
        self._workbench = Workbench(lambda _: painter, objects, folder)
        self._reports: Queue[Report] = Queue()
        self._stops: set[UUID | None] = set()
        self._ended = False

    @property
    def is_alive(self) -> bool:
        """See `Child.is_alive`."""
        return not self._ended

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        if isinstance(order, Forget):
            self._workbench.forget(order)
            return
        if isinstance(order, Stop):
            self._stops.add(order.job)
            return
        self._stops.clear()
        threading.Thread(target=self._do, args=[order], daemon=True).start()

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        found: list[Report] = []
        try:
            found.append(self._reports.get(timeout=timeout_s))
            while True:
                found.append(self._reports.get_nowait())
        except Empty:
            return found

    def end(self) -> None:
        """See `Child.end`."""
        self._ended = True

    def is_stopped(self, job: UUID | None) -> bool:
        """Whether this one was told to stop, or all of them, and the painter listens."""
        return self._ended or (
            not self._stops.isdisjoint((None, job)) and not self._painter.is_deaf
        )

    def say(self, report: Report) -> None:
        """Have the parent know, unless it has ended this child."""
        if not self._ended:
            self._reports.put(report)

    def _do(self, order: Start | StartTogether) -> None:
        if isinstance(order, Start):
            self.say(self._workbench.do(order, _ThreadProgress(self)))
        else:
            self._workbench.do_together(
                order.starts, lambda job: _ThreadProgress(self, job), self.say
            )


class _ThreadProgress:
    """The progress of the only job of a child, or of one of several."""

    def __init__(self, child: ChildThread, job: UUID | None = None) -> None:
        self._child = child
        self._job = job

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """See `Progress.report`."""
        if self._child.is_stopped(self._job):
            raise Stopped
        if preview is None:
            self._child.say(Advanced(phase, step, steps_total, job=self._job))
        else:
            shown = preview()
            said = Advanced(phase, step, steps_total, shown.png, shown.items, job=self._job)
            self._child.say(said)
