"""The reactor reports that a twin's objects are gone."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class RecordDeletion:
    """`places` are those of one request; `object_count` is how many objects were there."""

    twin_id: UUID
    places: tuple[str, ...]
    object_count: int


def handle(command: RecordDeletion, work: Work) -> None:
    """Record a deletion. Raises `AlreadyDecided` where it is on record already."""
    twin = work.load(Twin, command.twin_id)
    twin.record_deletion(command.places, command.object_count, at=work.now)
    work.save(twin)
