"""A creator has an earlier checkpoint of their twin's training draw it, or a later one again."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.person import Person
from domain.twin import Twin


@dataclass(frozen=True)
class ChooseCheckpoint:
    """`step` is that of one of the twin's checkpoints for `engine`."""

    twin_id: UUID
    engine: str
    step: int


def handle(command: ChooseCheckpoint, work: Work) -> None:
    """Use it from the next claim on. The one in use changes nothing.

    Raises `NotFound`, `ConsentMissing`, `TwinNotTrained`, `CheckpointUnknown`.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    twin.choose_checkpoint(person, command.engine, command.step, at=work.now)
    work.save(twin)
