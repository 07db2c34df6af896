"""A creator opens a twin of themselves."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.twin.twin_room import take_room
from commands.work import Work
from domain.kernel.identity import twin_id
from domain.kernel.personal_text import PersonalText
from domain.person import Person
from domain.refusals import AlreadyDecided
from domain.twin import Twin


@dataclass(frozen=True)
class CreateTwin:
    """`name` is for the owner's eyes only."""

    name: PersonalText


class TwinCreated(msgspec.Struct, frozen=True):
    """The new twin."""

    twin_id: UUID


def handle(command: CreateTwin, work: Work) -> TwinCreated:
    """Open a twin whose owner and subject are the same person.

    Raises `TooManyTwins`, and `AlreadyDecided` where the key opened one before: its row may have
    been swept since.
    """
    person = work.load(Person, work.owner_id)
    new_id = twin_id(work.owner_id, work.key)
    if work.find(Twin, new_id) is not None:
        raise AlreadyDecided()
    over = take_room(person, new_id, work)
    twin = Twin.create(
        id=new_id,
        owner_id=work.owner_id,
        name=command.name,
        at=work.now,
    )
    work.save(person, twin, unchanged=over)
    return TwinCreated(twin.id)
