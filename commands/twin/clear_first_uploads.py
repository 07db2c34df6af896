"""Uploads of before places were stored, which nobody can submit any more, are deleted."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ClearFirstUploads:
    """What lies of this set was uploaded for a release that planned nothing."""

    twin_id: UUID
    submission_id: UUID


def handle(command: ClearFirstUploads, work: Work) -> None:
    """Have them deleted. Raises `AlreadyDecided` where the set waits to be judged."""
    twin = work.load(Twin, command.twin_id)
    twin.clear_first_uploads(command.submission_id, at=work.now)
    work.save(twin)
