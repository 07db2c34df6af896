"""What one kind of job is: how it is priced, what it needs, and what becomes of its items."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from domain.asset_kind import AssetKind
from domain.consent_text import ConsentScope
from domain.engines.entry import EngineEntry
from domain.job_kind import JobKind
from domain.rendition import (
    THUMBNAIL_SIDES_MAX,
    THUMBNAIL_SIZE_BYTES_MAX,
    Rendition,
    RenditionRole,
)
from domain.screening_profile import ScreeningProfile

S = TypeVar("S", bound=msgspec.Struct)


class RawOutput(NamedTuple):
    """The one file that a worker uploads of an item. `suffix` ends its key in quarantine."""

    media_type: str
    suffix: str


class RenditionRule(NamedTuple):
    """One file of an output, and what it may be.

    It has to be there before the output is released, unless it `may_lack`. Sizes are 0 where
    nothing limits them.
    """

    role: RenditionRole
    media_types: tuple[str, ...]
    moving: bool = False
    may_lack: bool = False
    side_max: int = 0
    size_bytes_max: int = 0

    def allows(self, rendition: Rendition) -> bool:
        """Whether a file is what it has to be: whole, of a media type, of a length if it moves."""
        written = bool(rendition.object_key and rendition.sha256 and rendition.size_bytes > 0)
        of_a_length = rendition.duration_ms is not None and rendition.duration_ms > 0
        return (
            written
            and rendition.role is self.role
            and rendition.media_type in self.media_types
            and rendition.width > 0
            and rendition.height > 0
            and of_a_length is self.moving
            and (not self.side_max or max(rendition.width, rendition.height) <= self.side_max)
            and (not self.size_bytes_max or rendition.size_bytes <= self.size_bytes_max)
        )


THUMBNAILS = tuple(
    RenditionRule(
        role,
        ("image/webp",),
        may_lack=True,
        side_max=side_max,
        size_bytes_max=THUMBNAIL_SIZE_BYTES_MAX,
    )
    for role, side_max in THUMBNAIL_SIDES_MAX.items()
)
"""What a tile shows. They are made with the release; what was released before them gets them later,
and is no worse for it.
"""


def are_thumbnails(renditions: tuple[Rendition, ...]) -> bool:
    """Whether these are all of the thumbnails, and nothing else."""
    files = {rendition.role: rendition for rendition in renditions}
    rules = {rule.role: rule for rule in THUMBNAILS}
    return (
        len(renditions) == len(rules)
        and files.keys() == rules.keys()
        and all(rules[role].allows(file) for role, file in files.items())
    )


class UnitPrices(NamedTuple):
    """Whole millicredits, for one item: the fixed part, one step, one second of a megapixel."""

    unit: int = 0
    step: int = 0
    megapixel_second: int = 0


class Extent(NamedTuple):
    """How much work one item is. Whatever a kind is not priced by is 0."""

    steps: int = 0
    pixel_ms: int = 0


class ClipLength(NamedTuple):
    """Of one clip, in frames: what was asked for, and what has to be left where its end is cut."""

    frames: int
    frame_rate: int
    frames_min: int


class FrameSize(NamedTuple):
    """In pixels, as delivered."""

    width: int
    height: int


class Delivery(NamedTuple):
    """What a job that completed has delivered: items, and how long all of them are together."""

    released: int
    delivered_ms: int


class Share(NamedTuple):
    """`part` of `whole` of the quote is charged."""

    part: int
    whole: int


@dataclass(frozen=True)
class JobKindEntry(Generic[S]):
    """One kind of job. `settings` are resolved by the module of that kind.

    `consumer` names the queue (`suite.jobs.<consumer>.v1`). `scope` is what a twin's consent has to
    cover. `prices` is None for an engine that does not make this. `share` says what of the quote is
    charged for a job of so many items. `as_asked` judges the files of one output together.
    `size` is what the master of each has to have. `motion` is empty and `clip_length` None for
    pictures.
    """

    kind: JobKind
    consumer: str
    settings: type[S]
    asset_kind: AssetKind
    scope: ConsentScope
    screening: ScreeningProfile
    raw: RawOutput
    renditions: tuple[RenditionRule, ...]
    prices: Callable[[EngineEntry], UnitPrices | None]
    extent: Callable[[S], Extent]
    share: Callable[[S, int, Delivery], Share]
    batch_key: Callable[[EngineEntry, S], str]
    size: Callable[[EngineEntry, S], FrameSize]
    delivers_adapter: bool = False
    as_asked: Callable[[S, tuple[Rendition, ...]], bool] = lambda settings, renditions: True
    motion: Callable[[S], str] = lambda settings: ""
    clip_length: Callable[[S], ClipLength | None] = lambda settings: None

    @property
    def roles(self) -> tuple[RenditionRole, ...]:
        """What files are made of an output."""
        return tuple(rule.role for rule in self.renditions)

    def is_whole(self, engine: EngineEntry, settings: S, renditions: tuple[Rendition, ...]) -> bool:
        """Whether every file is there, once, and is what it has to be."""
        files = {rendition.role: rendition for rendition in renditions}
        rules = {rule.role: rule for rule in self.renditions}
        return (
            len(renditions) == len(files)
            and all(role in rules and rules[role].allows(file) for role, file in files.items())
            and all(rule.may_lack or role in files for role, rule in rules.items())
            and _has_size(files[RenditionRole.MASTER], self.size(engine, settings))
            and self.as_asked(settings, renditions)
        )


def _has_size(master: Rendition, size: FrameSize) -> bool:
    """Whether a file is as wide and as high as was asked and paid for."""
    return (master.width, master.height) == size


AnyKind = JobKindEntry[Any]
