"""A creator hands in a set of uploaded photos to be judged."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.engines import engine
from domain.person import Person
from domain.twin import Twin


@dataclass(frozen=True)
class SubmitPhotos:
    """The photos of one planned submission, for an engine of the catalogue."""

    twin_id: UUID
    submission_id: UUID
    engine: str
    photo_ids: tuple[UUID, ...]


def handle(command: SubmitPhotos, work: Work) -> None:
    """Submit a set. Raises `PhotoCountOutOfRange`, `ConsentMissing`, `UnknownEngine` and more.

    Photos are found by twin and submission, so an id of somebody else's photo leads nowhere.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    twin.submit_photos(
        command.submission_id,
        person=person,
        entry=engine(command.engine),
        photo_ids=command.photo_ids,
        at=work.now,
    )
    work.save(twin, unchanged=[person])
