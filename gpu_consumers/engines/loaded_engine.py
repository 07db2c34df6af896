"""What a loaded engine can do, whichever it is, and how it says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from topics.messages.progress import CheckpointSeen, Phase
from topics.messages.work import ImageItem, ImageWork, TrainingWork, VideoWork


class EngineAbsent(Exception):
    """The engine's weights are not on this machine; says which folder is expected."""

    def __init__(self, engine: str, folder: Path) -> None:
        super().__init__(
            f"engine {engine}: no weights in {folder}; expected a diffusers pipeline directory "
            "with safetensors weights (set SUITE_ENGINE_WEIGHTS_DIR to the folder above it)"
        )
        self.engine = engine
        self.folder = folder


class Stopped(Exception):
    """The job was told to stop. Nothing of it is kept."""


class SourceUnreadable(Exception):
    """The picture that the work begins from is none that this engine can read."""


@dataclass(frozen=True)
class Preview:
    """How the work looks so far: a PNG with the pictures of `items` side by side, left to right.

    All have one width. A clip is shown by its middle frame. `checkpoints` are those that a training
    has passed, and the pictures the samples of the last; its PNG is empty where the engine
    shows none.
    """

    items: tuple[int, ...]
    png: bytes
    checkpoints: tuple[CheckpointSeen, ...] = ()


# Called only where the preview is wanted, and during the report that it is given to.
ShowPreview: TypeAlias = Callable[[], Preview]


class Progress(Protocol):
    """Who wants to know how far the work is, and may end it."""

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """Called at the start of every phase and after every step. Raises Stopped."""


@dataclass(frozen=True)
class RenderedPicture:
    """One finished PNG, RGB, without metadata; width and height in pixels as delivered."""

    item: int
    seed: int
    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class HeldTwin:
    """Stands for an adapter's file that need not be fetched: the engine said that it holds it."""

    adapter_sha256: str


# The file of a twin, or the word that the engine has it already.
TwinFile: TypeAlias = bytes | HeldTwin


class TwinNotHeld(Exception):
    """A twin is to be shown that is in no slot: never put there, made room, or was forgotten."""


class PictureSpoilt(Exception):
    """What was drawn is no picture: a value that is not finite came out of the network."""


@dataclass(frozen=True)
class Share:
    """One job's part of a batch of pictures: some of its items, and what they are drawn with.

    `adapter` and `source` are as for `LoadedEngine.render`. `progress` is the job's own: if it
    raises Stopped, this share is left out from the next step on. Its steps are counted from
    `steps_before` to `steps_total`.
    """

    work: ImageWork
    items: tuple[ImageItem, ...]
    adapter: TwinFile | None
    source: bytes | None
    progress: Progress
    steps_before: int
    steps_total: int


@dataclass(frozen=True)
class NotDrawn:
    """Why there is nothing of a share.

    Stopped, AdapterInvalid, SourceUnreadable, PictureSpoilt, or TwinNotHeld where a twin that was
    held made room: with its file it can be drawn. The other shares of its batch know nothing of it.
    """

    error: Exception


# In the order of the share's items.
ShareOutcome: TypeAlias = tuple[RenderedPicture, ...] | NotDrawn


@dataclass(frozen=True)
class RenderedClip:
    """One finished clip, lossless (see `videos.lossless_clip`); pixels as delivered."""

    item: int
    seed: int
    mkv: bytes
    width: int
    height: int
    frames: int


@dataclass(frozen=True)
class EarlierCheckpoint:
    """What a training had learnt at another step, as safetensors, and how alike that is."""

    adapter: bytes
    step: int
    similarity: float


@dataclass(frozen=True)
class TrainedTwin:
    """The chosen checkpoint as safetensors, and the samples it drew (one a sample prompt).

    `similarity` is the mean identity cosine of samples and photos; 0.0 where nothing measures it.
    `others` are the checkpoints that were not chosen, by step.
    """

    adapter: bytes
    rank: int
    step: int
    similarity: float
    samples: tuple[RenderedPicture, ...]
    others: tuple[EarlierCheckpoint, ...] = ()


class LoadedEngine(Protocol):
    """An engine in memory. Not thread-safe: one job at a time."""

    @property
    def engine(self) -> str: ...

    @property
    def render_batch_max(self) -> int: ...

    @property
    def twins_max(self) -> int:
        """How many different twins one batch may show."""

    @property
    def training_batch_max(self) -> int: ...

    def holds(self, adapter_sha256: str) -> bool:
        """Whether a twin can be drawn without its file. It then stays longer than others do."""

    def render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        """Draw every item of the work, at most `batch_size` at once, in the order of the items.

        `adapter` and `source` (PNG of any size) are the bytes of what the work names; for an
        adapter that the engine `holds`, HeldTwin says so. An item's
        picture depends on its own seed only, not on what is drawn beside it (but for the last bit
        of floating point). Raises Stopped, AdapterInvalid, SourceUnreadable, PictureSpoilt,
        TwinNotHeld, or the device's out-of-memory error, after which the engine can be asked again
        for less.
        """

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        """Draw all shares as one batch: one pass of the network a step. In the order of the shares.

        Their works have one size and one number of steps, their items are at most
        `render_batch_max` and their twins at most `twins_max`. A picture is the one that `render`
        draws. Raises what concerns the whole batch, as running out of memory.
        """

    def animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        """Draw every clip of the work, one after the other, in the order of the items.

        Raises as `render` does, and EngineAbsent where the engine draws no clips.
        """

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        """Learn a LoRA from the photos (PNG). `checkpoints_dir` belongs to this training alone:

        what an earlier attempt left there is continued. Raises as `render` does.
        """

    def forget(self, adapter_sha256: str) -> None:
        """Let nothing of this adapter stay in memory, and nothing of an earlier training.

        Called between two pieces of work, or between two steps of one that is of somebody else.
        """
