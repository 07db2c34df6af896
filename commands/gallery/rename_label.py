"""A creator calls a tag or a collection something else."""

from dataclasses import dataclass
from uuid import UUID

from commands.gallery.own_gallery import own_gallery
from commands.work import Work
from domain.kernel.personal_text import PersonalText


@dataclass(frozen=True)
class RenameLabel:
    """`name` is the new one."""

    label_id: UUID
    name: PersonalText


def handle(command: RenameLabel, work: Work) -> None:
    """Rename it. Raises `NotFound`, `LabelNameInvalid`."""
    gallery = own_gallery(work)
    gallery.rename_label(command.label_id, command.name, at=work.now)
    work.save(gallery)
