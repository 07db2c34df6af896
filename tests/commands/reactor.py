"""A reactor in a loop: every event is answered, twice, until nothing is left to answer."""

from uuid import UUID

from commands.gallery.record_purged import RecordPurged
from commands.reactions.deeds import (
    AnnounceForgetting,
    AnnounceStop,
    AnnounceTurn,
    AnnounceWork,
    DeleteObjects,
    PurgeObject,
)
from commands.reactions.reaction import Answer
from commands.reactions.registry import answers_to
from commands.twin.record_deletion import RecordDeletion
from domain.kernel.refusal import Refusal
from tests.commands.studio_spec import StudioSpec


def react(spec: StudioSpec) -> list[str]:
    """Answer every event from the beginning. Answers the places that were deleted, in order.

    Each answer is carried out twice, as after a crash between doing and remembering. What is not
    due yet waits for a later call. Provider intents are left to tests of their own.
    """
    deleted: list[str] = []
    position = 0
    while rows := spec.store.rows(position):
        for row in rows:
            position = row.position
            for answer in answers_to(spec.store.decode(row), row.owner_id):
                if answer.due_at is not None and answer.due_at > spec.clock():
                    continue
                for _ in range(2):
                    _carry_out(spec, answer, row.owner_id, deleted)
    return deleted


def _carry_out(spec: StudioSpec, answer: Answer, owner: UUID, deleted: list[str]) -> None:
    command = answer.wanted
    if isinstance(command, DeleteObjects):
        deleted.extend(command.places)
        if command.twin_id is None:
            return
        command = RecordDeletion(command.twin_id, command.places, object_count=12)
    elif isinstance(command, PurgeObject):
        deleted.extend(command.places)
        command = RecordPurged(command.asset_id)
    elif answer.reaction.endswith(("-is-followed", "-is-looked-at")):
        return
    elif isinstance(command, AnnounceWork | AnnounceStop | AnnounceTurn | AnnounceForgetting):
        # Nobody listens here.
        return
    try:
        spec.studio.execute(command, owner_id=owner, key=answer.key)
    except Refusal:
        # Refused means that something else decided it before.
        return
