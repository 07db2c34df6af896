"""Items made ready to be published: sizes of platforms, a visible label, fresh credentials."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import publish_packs_id
from domain.object_keys import pack_prefix
from domain.publish_preset import CLIP_MEDIA_TYPE, STILL_MEDIA_TYPE, PublishPreset
from domain.refusals import (
    AlreadyDecided,
    NotFound,
    PackTooLarge,
    StaleResult,
    TooManyPacks,
)

PACK_FILES_MAX = 12
"""Items times presets. A clip in one size takes its screener some ten seconds."""

PACKS_WAITING_MAX = 3
"""Of one owner: what is screened waits in the same line."""

PACKS_KEPT_MAX = 20


class PackFailure(StrEnum):
    """Why nothing came of it."""

    NOT_MADE = "not-made"
    """Nobody made it in its time, or something went wrong."""
    ITEMS_GONE = "items-gone"
    """None of its items is in sight any more."""


class PackItem(msgspec.Struct, frozen=True):
    """One item as it was asked for: its master. `duration_ms` is None for a picture."""

    asset_id: UUID
    object_key: str
    sha256: str
    duration_ms: int | None = None


class PackFile(msgspec.Struct, frozen=True):
    """One file that was made, signed and verified. Sizes in pixels, `sha256` in lower-case hex."""

    asset_id: UUID
    preset: PublishPreset
    object_key: str
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int


class Pack(msgspec.Struct, frozen=True):
    """One that is there. It has no files until it is made."""

    items: tuple[PackItem, ...]
    presets: tuple[PublishPreset, ...]
    files: tuple[PackFile, ...] = ()

    @property
    def is_made(self) -> bool:
        """Whether nobody waits for it any more."""
        return bool(self.files)


class PublishPacks(Aggregate):
    """One of each owner, from their first pack on."""

    TOPIC = "publish-packs"

    class Opened(Aggregate.Created):
        """Its owner is about to ask for the first one."""

        TOPIC = "publish-packs.opened"
        owner_id: UUID

        def apply(self, packs: "PublishPacks") -> None:
            packs.owner_id = self.owner_id

    class Requested(Aggregate.Event):
        """These items are to be made ready, in each of these sizes."""

        TOPIC = "publish-packs.requested"
        pack_id: UUID
        items: tuple[PackItem, ...]
        presets: tuple[PublishPreset, ...]

        def apply(self, packs: "PublishPacks") -> None:
            packs.kept[self.pack_id] = Pack(self.items, self.presets)

    class Made(Aggregate.Event):
        """These files may be downloaded for a day. What was out of sight by then is left out."""

        TOPIC = "publish-packs.made"
        pack_id: UUID
        files: tuple[PackFile, ...]

        def apply(self, packs: "PublishPacks") -> None:
            packs.kept[self.pack_id] = msgspec.structs.replace(
                packs.kept[self.pack_id], files=self.files
            )

    class Failed(Aggregate.Event):
        """Nothing came of it. `places` may hold what was written before."""

        TOPIC = "publish-packs.failed"
        pack_id: UUID
        reason: PackFailure
        places: tuple[str, ...]

        def apply(self, packs: "PublishPacks") -> None:
            del packs.kept[self.pack_id]

    class Expired(Aggregate.Event):
        """Its day is over."""

        TOPIC = "publish-packs.expired"
        pack_id: UUID
        places: tuple[str, ...]

        def apply(self, packs: "PublishPacks") -> None:
            del packs.kept[self.pack_id]

    def __init__(self) -> None:
        self.owner_id: UUID
        self.kept: dict[UUID, Pack] = {}

    @classmethod
    def open(cls, owner_id: UUID, *, at: datetime) -> "PublishPacks":
        """Without any pack."""
        own = publish_packs_id(owner_id)
        return cls._create(cls.Opened, id=own, timestamp=at, owner_id=owner_id)

    def request(
        self,
        pack_id: UUID,
        *,
        items: Sequence[PackItem],
        presets: Sequence[PublishPreset],
        at: datetime,
    ) -> None:
        """Have a pack made. Raises `PackTooLarge`, also for an empty one, `TooManyPacks`,
        `AlreadyDecided` for one that is known.
        """
        if pack_id in self.kept:
            raise AlreadyDecided()
        if not 1 <= len(items) * len(presets) <= PACK_FILES_MAX:
            raise PackTooLarge(PACK_FILES_MAX)
        waiting = sum(not pack.is_made for pack in self.kept.values())
        if waiting >= PACKS_WAITING_MAX or len(self.kept) >= PACKS_KEPT_MAX:
            raise TooManyPacks(PACKS_WAITING_MAX, PACKS_KEPT_MAX)
        self.trigger_event(
            PublishPacks.Requested,
            pack_id=pack_id,
            items=tuple(items),
            presets=tuple(presets),
            timestamp=at,
        )

    def waiting(self, pack_id: UUID) -> Pack:
        """One that nobody has made yet. Raises `StaleResult`."""
        pack = self.kept.get(pack_id)
        if pack is None or pack.is_made:
            raise StaleResult()
        return pack

    def record_made(self, pack_id: UUID, files: Sequence[PackFile], *, at: datetime) -> None:
        """Take what was made of items that are still in sight; the caller leaves out all others.

        Without any file nothing came of it. Raises `StaleResult`.
        """
        pack = self.waiting(pack_id)
        asked = {(item.asset_id, preset) for item in pack.items for preset in pack.presets}
        made = [(file.asset_id, file.preset) for file in files]
        known = {file.media_type for file in files} <= {STILL_MEDIA_TYPE, CLIP_MEDIA_TYPE}
        if not set(made) <= asked or len(set(made)) < len(made) or not known:
            raise StaleResult()
        if files:
            self.trigger_event(PublishPacks.Made, pack_id=pack_id, files=tuple(files), timestamp=at)
        else:
            self._fail(pack_id, pack, PackFailure.ITEMS_GONE, at=at)

    def give_up(self, pack_id: UUID, *, at: datetime) -> None:
        """Nobody made it. Raises `StaleResult` where somebody did."""
        self._fail(pack_id, self.waiting(pack_id), PackFailure.NOT_MADE, at=at)

    def expire(self, pack_id: UUID, *, at: datetime) -> None:
        """Its day is over. Raises `NotFound`, `AlreadyDecided` for one that waits."""
        pack = self.kept.get(pack_id)
        if pack is None:
            raise NotFound()
        if not pack.is_made:
            raise AlreadyDecided()
        self.trigger_event(
            PublishPacks.Expired, pack_id=pack_id, places=_places(pack_id, pack), timestamp=at
        )

    def _fail(self, pack_id: UUID, pack: Pack, reason: PackFailure, *, at: datetime) -> None:
        self.trigger_event(
            PublishPacks.Failed,
            pack_id=pack_id,
            reason=reason,
            places=_places(pack_id, pack),
            timestamp=at,
        )


def _places(pack_id: UUID, pack: Pack) -> tuple[str, ...]:
    return tuple(pack_prefix(item.asset_id, pack_id) for item in pack.items)
