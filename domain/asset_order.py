"""How an owner orders their items: tags, collections, and the trash."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.refusals import AssetNotAvailable, TooManyLabelsOfAsset
from domain.rendition import Rendition
from domain.time_limits import TRASH_KEPT_MAX

if TYPE_CHECKING:
    from domain.asset import Asset

ASSET_LABELS_MAX = 50
"""Tags and collections of one item, among them those that were deleted since."""


class AssetOrder:
    """The part of an `Asset` that is its owner's to arrange."""

    labels: tuple[UUID, ...]
    purge_at: datetime | None

    if TYPE_CHECKING:
        # The aggregate has them.
        renditions: tuple[Rendition, ...]
        purge_requested: bool

        def trigger_event(self, event_class: type[Any], **fields: Any) -> None: ...

        def request_purge(self, *, at: datetime) -> None: ...

    class Labelled(Aggregate.Event):
        """It has a tag, or is in a collection."""

        TOPIC = "asset.labelled"
        label_id: UUID

        def apply(self, asset: "Asset") -> None:
            asset.labels = (*asset.labels, self.label_id)

    class Unlabelled(Aggregate.Event):
        """Not any more."""

        TOPIC = "asset.unlabelled"
        label_id: UUID

        def apply(self, asset: "Asset") -> None:
            asset.labels = tuple(one for one in asset.labels if one != self.label_id)

    class Trashed(Aggregate.Event):
        """It is in the trash, and purged at `purge_at`."""

        TOPIC = "asset.trashed"
        purge_at: datetime

        def apply(self, asset: "Asset") -> None:
            asset.purge_at = self.purge_at

    class Restored(Aggregate.Event):
        """It is where it was before."""

        TOPIC = "asset.restored"

        def apply(self, asset: "Asset") -> None:
            asset.purge_at = None

    def label(self, label_id: UUID, *, at: datetime) -> None:
        """Put a tag on it, or it into a collection. Again changes nothing.

        Raises `AssetNotAvailable`, `TooManyLabelsOfAsset`.
        """
        self._require_available()
        if label_id in self.labels:
            return
        if not self.has_room_for_label:
            raise TooManyLabelsOfAsset(ASSET_LABELS_MAX)
        self.trigger_event(self.Labelled, label_id=label_id, timestamp=at)

    @property
    def has_room_for_label(self) -> bool:
        """Whether one more tag or collection finds room."""
        return len(self.labels) < ASSET_LABELS_MAX

    def unlabel(self, label_id: UUID, *, at: datetime) -> None:
        """Take a tag off it, or it out of a collection. Raises `AssetNotAvailable`."""
        self._require_available()
        if label_id in self.labels:
            self.trigger_event(self.Unlabelled, label_id=label_id, timestamp=at)

    def trash(self, *, at: datetime) -> None:
        """Throw it away, for as long as it can be fetched back. Raises `AssetNotAvailable`.

        What is in the trash stays there for as long as it was to: it is not thrown away anew.
        """
        self._require_there()
        if self.purge_at is None:
            self.trigger_event(self.Trashed, purge_at=at + TRASH_KEPT_MAX, timestamp=at)

    def restore(self, *, at: datetime) -> None:
        """Fetch it back out of the trash. Raises `AssetNotAvailable`."""
        self._require_there()
        if self.purge_at is not None:
            self.trigger_event(self.Restored, timestamp=at)

    def empty_trash(self, purge_at: datetime, *, at: datetime) -> None:
        """Purge it at the end of its time in the trash: the one that ends at `purge_at`.

        Raises `AssetNotAvailable` where it was fetched back meanwhile, or is thrown away anew.
        """
        self._require_there()
        if self.purge_at is None or self.purge_at != purge_at or at < purge_at:
            raise AssetNotAvailable()
        self.request_purge(at=at)

    def _require_there(self) -> None:
        if not self.renditions or self.purge_requested:
            raise AssetNotAvailable()

    def _require_available(self) -> None:
        self._require_there()
        if self.purge_at is not None:
            raise AssetNotAvailable()
