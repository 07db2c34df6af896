"""A person starts an identity and age check at a provider."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.kernel.identity import verification_id
from domain.person import Person


@dataclass(frozen=True)
class StartVerification:
    """`provider` is the stored name of the identity provider that will be asked."""

    provider: str


class VerificationStarted(msgspec.Struct, frozen=True):
    """The id under which the provider is to be asked."""

    verification_id: UUID


def handle(command: StartVerification, work: Work) -> VerificationStarted:
    """Record the check before the provider knows of it, so that no decision comes from nowhere.

    Raises `AlreadyDecided`, `UnderAge`.
    """
    person = work.load(Person, work.owner_id)
    verification = verification_id(work.owner_id, work.key)
    person.start_verification(verification, command.provider, at=work.now)
    work.save(person)
    return VerificationStarted(verification)
