"""Makes the thumbnails of what was released without any. May be broken off and begun again.

What is made is recorded by a command, as a screening's is: a replay of the events brings it back.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4, uuid5

import structlog

from commands.gallery.add_thumbnails import AddThumbnails, ThumbnailsThere
from commands.gallery.lacking_thumbnails import LackingThumbnails, StillToShrink
from commands.jobs.record_screening import WrittenFile
from commands.ports.clock import Clock
from commands.ports.event_store import OwnerBusy
from commands.ports.object_store import ObjectAbsent, ObjectStore, PlaceClosed
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.studio import Studio
from domain.asset import Asset
from domain.kernel.personal_text import PersonalText
from domain.kernel.refusal import Refusal
from domain.object_keys import gallery_key
from domain.rendition import RenditionRole
from gpu_consumers.screening.photo_decoding import FILE_BYTES_MAX, DecodedPhoto, PhotoDecoder
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.thumbhash import placeholder
from gpu_consumers.screening.thumbnails import thumbnail
from topics.messages.fact import Fact
from topics.messages.work import ThumbnailRole

BATCH = 2_000

log = structlog.get_logger()


class FactSource(Protocol):
    """The event log, as far as it is read here."""

    def read(self, after: int, limit: int) -> Sequence[Fact]:
        """At most `limit` facts after a position, in order."""
        ...


@dataclass
class Tally:
    """What was done so far. `position` is of the last event that was looked at."""

    position: int = 0
    made: int = 0
    passed_over: int = 0
    """They have thumbnails, or their owner has not got them before them."""
    not_yet: int = 0
    """Released within the hour, while copies of it are still being cleared, or its owner busy."""
    damaged: list[UUID] = field(default_factory=list)
    """What lies there is not what was released."""

    @property
    def is_done(self) -> bool:
        """Whether another run would find nothing to do."""
        return not self.not_yet and not self.damaged


class _Damaged(Exception):
    """The file is gone, or has other bytes than those that were released."""


class Backfill:
    """One item after another, oldest first."""

    def __init__(
        self,
        studio: Studio,
        objects: ObjectStore,
        facts: FactSource,
        decoder: PhotoDecoder,
        clock: Clock,
    ) -> None:
        self._studio = studio
        self._objects = objects
        self._facts = facts
        self._decoder = decoder
        self._clock = clock

    def run(self, on_batch: Callable[[Tally], None], *, after: int = 0) -> Tally:
        """Look at everything that was released after a position. Raises what the outside raises."""
        tally = Tally(position=after)
        while facts := self._facts.read(tally.position, BATCH):
            for fact in facts:
                if fact.event_type == Asset.Released.TOPIC:
                    self._look_at(fact, tally)
                tally.position = fact.position
            on_batch(tally)
        return tally

    def _look_at(self, fact: Fact, tally: Tally) -> None:
        asset, owner = fact.originator_id, fact.owner_id
        try:
            still = self._studio.preview(LackingThumbnails(asset), owner_id=owner, key=uuid4())
            if still is None:
                tally.passed_over += 1
            elif still.released_at + LATEST_WRITE >= self._clock():
                tally.not_yet += 1
            else:
                self._make(asset, owner, self._pixels(still))
                tally.made += 1
        except OwnerBusy:
            tally.not_yet += 1
        except (Refusal, PlaceClosed):
            # Purged, or hidden, while its thumbnails were made.
            tally.passed_over += 1
        except _Damaged:
            log.warning("not what was released", asset=str(asset))
            tally.damaged.append(asset)

    def _pixels(self, still: StillToShrink) -> Rgb:
        try:
            facts = self._objects.head(still.object_key)
            if facts is None or facts.size_bytes > FILE_BYTES_MAX:
                raise _Damaged
            data = self._objects.get(still.object_key)
        except ObjectAbsent:
            raise _Damaged from None
        if hashlib.sha256(data).hexdigest() != still.sha256:
            raise _Damaged
        decoded = self._decoder.decode(data)
        if not isinstance(decoded, DecodedPhoto):
            raise _Damaged
        return decoded.rgb

    def _make(self, asset: UUID, owner: UUID, rgb: Rgb) -> None:
        """Write them where nobody else writes, and take away what did not come to be needed."""
        claim = uuid4()
        files = tuple(self._written(asset, claim, role, rgb) for role in ThumbnailRole)
        command = AddThumbnails(asset, claim, files, PersonalText(placeholder(rgb)))
        keys = [gallery_key(asset, claim, file.role) for file in files]
        try:
            # Where nobody knows whether it was recorded, the sweep for orphans finds it out.
            there: ThumbnailsThere = self._studio.execute(
                command, owner_id=owner, key=uuid5(claim, "thumbnails")
            ).result
        except Refusal:
            self._objects.delete(keys)
            raise
        self._objects.delete([key for key in keys if key not in there.object_keys])

    def _written(self, asset: UUID, claim: UUID, role: ThumbnailRole, rgb: Rgb) -> WrittenFile:
        made, of_the_domain = thumbnail(rgb, role), RenditionRole(role.value)
        key = gallery_key(asset, claim, of_the_domain)
        self._objects.put(key, made.data, media_type=made.media_type)
        return WrittenFile(
            role=of_the_domain,
            sha256=hashlib.sha256(made.data).hexdigest(),
            size_bytes=len(made.data),
            media_type=made.media_type,
            width=made.width,
            height=made.height,
        )
