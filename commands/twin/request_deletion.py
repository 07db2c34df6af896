"""A creator has everything that was learnt from their photos deleted."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.object_keys import twin_prefixes
from domain.twin import Twin


@dataclass(frozen=True)
class RequestDeletion:
    """Delete photos, measurements and adapters of this twin."""

    twin_id: UUID


class DeletionRequested(msgspec.Struct, frozen=True):
    """The twin waits for its deletion. An event reports when it is done."""

    twin_id: UUID


def handle(command: RequestDeletion, work: Work) -> DeletionRequested:
    """Ask for the deletion; where a consent is in force, by withdrawing it. Raises `NotFound`."""
    twin = work.load(Twin, command.twin_id)
    if twin.consented:
        twin.withdraw_consent(at=work.now)
    else:
        twin.request_deletion(twin_prefixes(twin.owner_id, twin.id), at=work.now)
    work.save(twin)
    return DeletionRequested(twin.id)
