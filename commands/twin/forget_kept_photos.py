"""Good photos of a refused set have waited for the next one for as long as they may."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ForgetKeptPhotos:
    """What was kept of this set goes, but for what a set holds that waits to be judged."""

    twin_id: UUID
    submission_id: UUID


def handle(command: ForgetKeptPhotos, work: Work) -> None:
    """Let them go. Raises `AlreadyDecided` where nothing of them is left, or all is needed."""
    twin = work.load(Twin, command.twin_id)
    twin.forget_kept_photos(command.submission_id, at=work.now)
    work.save(twin)
