"""How an owner orders their gallery: the tags and collections that there are."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import gallery_id
from domain.kernel.personal_text import FreeText, PersonalText
from domain.refusals import LabelNameInvalid, NotFound, TooManyLabels

LABEL_NAME_LENGTH_MAX = 60
"""A name stands on one line of a phone."""


class LabelKind(StrEnum):
    """What is put on items: either stands under a name, and an item may have many of both."""

    TAG = "tag"
    COLLECTION = "collection"


LABELS_MAX = {LabelKind.TAG: 500, LabelKind.COLLECTION: 200}
"""All of them are listed at once, and every listing of items leaves private ones out."""


class Gallery(Aggregate):
    """One of each owner, from their first tag or collection on.

    Which items have a label is said by the items. A label that is deleted is on none of them, then,
    without an event an item.
    """

    TOPIC = "gallery"

    class Opened(Aggregate.Created):
        """Its owner has something to order."""

        TOPIC = "gallery.opened"
        owner_id: UUID

        def apply(self, gallery: "Gallery") -> None:
            gallery.owner_id = self.owner_id

    class LabelCreated(Aggregate.Event):
        """A tag or a collection. The items of a private one are seen in it and nowhere else."""

        TOPIC = "gallery.label-created"
        label_id: UUID
        kind: LabelKind
        name: FreeText
        private: bool = False

        def apply(self, gallery: "Gallery") -> None:
            gallery.labels[self.label_id] = self.kind
            if self.private:
                gallery.private.add(self.label_id)

    class LabelRenamed(Aggregate.Event):
        """It is called something else."""

        TOPIC = "gallery.label-renamed"
        label_id: UUID
        name: FreeText

    class CollectionClosed(Aggregate.Event):
        """A collection is private from now on."""

        TOPIC = "gallery.collection-closed"
        label_id: UUID

        def apply(self, gallery: "Gallery") -> None:
            gallery.private.add(self.label_id)

    class CollectionOpened(Aggregate.Event):
        """Not any more."""

        TOPIC = "gallery.collection-opened"
        label_id: UUID

        def apply(self, gallery: "Gallery") -> None:
            gallery.private.discard(self.label_id)

    class LabelDeleted(Aggregate.Event):
        """It is gone, and its items stay."""

        TOPIC = "gallery.label-deleted"
        label_id: UUID

        def apply(self, gallery: "Gallery") -> None:
            del gallery.labels[self.label_id]
            gallery.private.discard(self.label_id)

    def __init__(self) -> None:
        self.owner_id: UUID
        self.labels: dict[UUID, LabelKind] = {}
        self.private: set[UUID] = set()

    @classmethod
    def open(cls, owner_id: UUID, *, at: datetime) -> "Gallery":
        """Without any tag or collection."""
        return cls._create(cls.Opened, id=gallery_id(owner_id), timestamp=at, owner_id=owner_id)

    def create_label(
        self, label_id: UUID, *, kind: LabelKind, name: PersonalText, private: bool, at: datetime
    ) -> None:
        """A new tag or collection. Raises `LabelNameInvalid`, `TooManyLabels`."""
        _require_name(name)
        maximum = LABELS_MAX[kind]
        if sum(one is kind for one in self.labels.values()) >= maximum:
            raise TooManyLabels(maximum)
        self.trigger_event(
            Gallery.LabelCreated,
            label_id=label_id,
            kind=kind,
            name=name,
            private=private and kind is LabelKind.COLLECTION,
            timestamp=at,
        )

    def rename_label(self, label_id: UUID, name: PersonalText, *, at: datetime) -> None:
        """Call it something else. Raises `NotFound`, `LabelNameInvalid`."""
        self.require_label(label_id)
        _require_name(name)
        self.trigger_event(Gallery.LabelRenamed, label_id=label_id, name=name, timestamp=at)

    def delete_label(self, label_id: UUID, *, at: datetime) -> None:
        """Take it off all items. Raises `NotFound`."""
        self.require_label(label_id)
        self.trigger_event(Gallery.LabelDeleted, label_id=label_id, timestamp=at)

    def close_collection(self, label_id: UUID, *, at: datetime) -> None:
        """Make a collection private. Again changes nothing. Raises `NotFound`."""
        self._require_collection(label_id)
        if label_id not in self.private:
            self.trigger_event(Gallery.CollectionClosed, label_id=label_id, timestamp=at)

    def open_collection(self, label_id: UUID, *, at: datetime) -> None:
        """Make a collection private no more. Again changes nothing. Raises `NotFound`."""
        self._require_collection(label_id)
        if label_id in self.private:
            self.trigger_event(Gallery.CollectionOpened, label_id=label_id, timestamp=at)

    def require_label(self, label_id: UUID) -> None:
        """Raises `NotFound` for what was deleted or never was."""
        if label_id not in self.labels:
            raise NotFound()

    def _require_collection(self, label_id: UUID) -> None:
        if self.labels.get(label_id) is not LabelKind.COLLECTION:
            raise NotFound()


_BLANKS = "\N{BRAILLE PATTERN BLANK}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""What no one sees and some words and emoji need: all else of its kind turns or hides letters."""

_SEEN_ALONE = frozenset("LNPS")
"""The classes of letters, numbers, punctuation and symbols: a name is made of one of them at
least, and so can be seen, and told from none."""


def _require_name(name: PersonalText) -> None:
    text = name.value
    classes = [unicodedata.category(letter) for letter in text if letter not in _JOINERS]
    fits = 1 <= len(text) <= LABEL_NAME_LENGTH_MAX and text == text.strip()
    on_one_line = not {"Cc", "Cf", "Cs", "Zl", "Zp"} & set(classes)
    if not fits or not on_one_line or not _is_seen(text):
        raise LabelNameInvalid(LABEL_NAME_LENGTH_MAX)


def _is_seen(text: str) -> bool:
    return any(
        unicodedata.category(letter)[0] in _SEEN_ALONE and letter not in _BLANKS for letter in text
    )
