"""A signed webhook says that an identity check changed. That is a reason to ask, not an answer."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.work import Work
from domain.person import Person


@dataclass(frozen=True)
class NoteVerificationHint:
    """The hint is about this check, and says nothing about its outcome."""

    verification_id: UUID


def verification_hint_key(verification_id: UUID, webhook_id: str) -> UUID:
    """A webhook that is delivered or replayed again is the same command."""
    return uuid5(verification_id, f"webhook:{webhook_id}")


def handle(command: NoteVerificationHint, work: Work) -> None:
    """Record the hint, upon which the reactor asks the provider for its decision.

    Raises `NotFound` for a check that this person never started.
    """
    person = work.load(Person, work.owner_id)
    person.note_verification_hint(command.verification_id, at=work.now)
    work.save(person)
