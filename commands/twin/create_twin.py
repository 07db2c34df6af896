"""A creator opens a twin of themselves."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.kernel.identity import twin_id
from domain.kernel.personal_text import PersonalText
from domain.twin import Twin


@dataclass(frozen=True)
class CreateTwin:
    """`name` is for the owner's eyes only."""

    name: PersonalText


class TwinCreated(msgspec.Struct, frozen=True):
    """The new twin."""

    twin_id: UUID


def handle(command: CreateTwin, work: Work) -> TwinCreated:
    """Open a twin whose owner and subject are the same person."""
    twin = Twin.create(
        id=twin_id(work.owner_id, work.key),
        owner_id=work.owner_id,
        name=command.name,
        at=work.now,
    )
    work.save(twin)
    return TwinCreated(twin.id)
