"""A worker's child without a model: it draws the pocket world's own cartoons, as it is told to."""

import threading
from collections import deque
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from queue import Empty, Queue

import cv2
import msgspec
import numpy as np
from safetensors.numpy import save

from gpu_consumers.engines.loaded_engine import (
    Progress,
    RenderedClip,
    RenderedPicture,
    ShowPreview,
    Stopped,
    TrainedTwin,
)
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.frame import FRAMES
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.motion import random_motion
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.presigned_objects import Objects
from gpu_consumers.videos.lossless_clip import LosslessClip
from gpu_consumers.worker.assignments import Advanced, Forget, Order, Report, Start
from gpu_consumers.worker.child import Workbench
from topics.messages.progress import Phase
from topics.messages.work import ImageWork, TrainingWork, VideoItem, VideoWork

STEPS = 4
LAST_TURN_S = 0.02
"""How often a held painter looks whether it was told to stop."""

PATIENCE_S = 60.0


_adapters = count(1)


def portrait(seed: int, width: int = 64, height: int = 64) -> bytes:
    """A cartoon as PNG, at the size the pocket engine delivers for this one."""
    rng = np.random.default_rng(seed)
    [frame] = [found for found in FRAMES.values() if (found.width, found.height) == (width, height)]
    picture = render(random_identity(rng), random_scene(rng), frame=frame.scaled(scale()))
    _, coded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return coded.tobytes()


def scale() -> int:
    """How many delivered pixels one drawn pixel is."""
    return LOADER.delivery_scale


def small_adapter(rank: int) -> bytes:
    """A LoRA of one layer, such as the checks let through: each another's."""
    weight = 0.01 + next(_adapters) / 10_000
    layer = f"unet.mid_block.{LOADER.twin.lora_targets[0]}"
    return bytes(
        save(
            {
                f"{layer}.lora_A.weight": np.full((rank, 8), weight, np.float16),
                f"{layer}.lora_B.weight": np.full((8, rank), weight, np.float16),
            }
        )
    )


class Painter:
    """A loaded engine whose pace and accidents a test decides. Draws at once unless held."""

    engine = "pocket"
    render_batch_max = 4
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

    def hold(self) -> None:
        """From now on, work goes on until `let_go` or a stop."""
        self.is_at_work.clear()
        self.may_finish.clear()

    def let_go(self) -> None:
        """Whatever is held may finish."""
        self.may_finish.set()

    def render(
        self,
        work: ImageWork,
        adapter: bytes | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        """See `LoadedEngine.render`."""
        self.sources.append(source)
        self._take_time(progress, work.num_inference_steps)
        drawn = self.draws_instead or (work.width, work.height)
        return [_picture(item.item, item.seed, *drawn) for item in work.items]

    def animate(
        self, work: VideoWork, adapter: bytes | None, source: bytes | None, progress: Progress
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
            _picture(number, work.seed + number, 64, 64)
            for number in range(len(work.sample_uploads))
        )
        return TrainedTwin(small_adapter(work.rank), work.rank, work.steps, 0.9, samples)

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


def _picture(item: int, seed: int, width: int, height: int) -> RenderedPicture:
    png = portrait(seed, width, height)
    return RenderedPicture(item, seed, png, width * scale(), height * scale())


def _clip(item: VideoItem, work: VideoWork) -> RenderedClip:
    """One person in one scene, moving as the pocket world moves."""
    rng = np.random.default_rng(item.seed)
    [frame] = [
        found
        for found in FRAMES.values()
        if (found.width, found.height) == (work.width, work.height)
    ]
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
        self._stopping = threading.Event()
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
        if not isinstance(order, Start):
            self._stopping.set()
            return
        self._stopping.clear()
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
        self._stopping.set()

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """See `Progress.report`."""
        if self._ended or (self._stopping.is_set() and not self._painter.is_deaf):
            raise Stopped
        if preview is None:
            self._reports.put(Advanced(phase, step, steps_total))
        else:
            shown = preview()
            self._reports.put(Advanced(phase, step, steps_total, shown.png, shown.items))

    def _do(self, order: Start) -> None:
        report = self._workbench.do(order, self)
        if not self._ended:
            self._reports.put(report)
