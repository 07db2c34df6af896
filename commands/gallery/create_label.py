"""A creator makes a tag or a collection."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.gallery import Gallery, LabelKind
from domain.kernel.identity import gallery_id, label_id
from domain.kernel.personal_text import PersonalText
from domain.refusals import AlreadyDecided


@dataclass(frozen=True)
class CreateLabel:
    """`name` is for the owner's eyes only. Only collections are `private`."""

    kind: LabelKind
    name: PersonalText
    private: bool = False


class LabelCreated(msgspec.Struct, frozen=True):
    """The new tag or collection."""

    label_id: UUID


def handle(command: CreateLabel, work: Work) -> LabelCreated:
    """Make it. Two may have one name, as two people in an address book.

    Raises `LabelNameInvalid`, `TooManyLabels`, and `AlreadyDecided` where the key made one before:
    its row may have been swept since.
    """
    found = work.find(Gallery, gallery_id(work.owner_id))
    gallery = found or Gallery.open(work.owner_id, at=work.now)
    new_id = label_id(work.owner_id, work.key)
    if new_id in gallery.labels:
        raise AlreadyDecided()
    gallery.create_label(
        new_id, kind=command.kind, name=command.name, private=command.private, at=work.now
    )
    work.save(gallery)
    return LabelCreated(new_id)
