"""Uploads of before places were stored: no event names them, so they are found in the store."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid5

from commands.ports.event_store import ConcurrentChange, OutcomeUnknown, OwnerBusy
from commands.ports.object_store import ObjectStore
from commands.studio import Studio
from commands.twin.clear_first_uploads import ClearFirstUploads
from domain.kernel.refusal import Refusal

PREFIX = "uploads/"


class FirstUploads:
    """Has them deleted, set by set, unless the set waits to be judged. Empty after one round."""

    def __init__(self, objects: ObjectStore, studio: Studio) -> None:
        self._objects = objects
        self._studio = studio

    def forget(self, _: datetime, limit: int) -> int:
        """Ask for the deletion of at most `limit` sets. Answers how many were asked for."""
        asked = 0
        for owner, twin, submission in self._sets():
            if asked == limit:
                break
            try:
                self._studio.execute(
                    ClearFirstUploads(twin, submission),
                    owner_id=owner,
                    key=uuid5(submission, "first-uploads"),
                )
            except (Refusal, OwnerBusy, ConcurrentChange, OutcomeUnknown):
                # It waits to be judged, and its uploads go when it has been; or its owner is busy,
                # and the next round asks again. Nobody behind it waits for that.
                continue
            asked += 1
        return asked

    def _sets(self) -> Iterator[tuple[UUID, UUID, UUID]]:
        last = None
        for key in self._objects.keys(PREFIX):
            found = _first_set(key)
            if found is not None and found != last:
                yield found
                last = found


def _first_set(key: str) -> tuple[UUID, UUID, UUID] | None:
    """Owner, twin and submission of a key without a consent epoch."""
    parts = key.removeprefix(PREFIX).split("/")
    if len(parts) != len(("owner", "twin", "submission", "photo")):
        return None
    try:
        return UUID(parts[0]), UUID(parts[1]), UUID(parts[2])
    except ValueError:
        return None
