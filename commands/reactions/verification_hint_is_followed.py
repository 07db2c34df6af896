"""Somebody says that an identity check was decided → ask the provider."""

from uuid import UUID

from commands.reactions.deeds import RefetchVerification
from domain.person import Person


def react(event: Person.VerificationHinted, owner_id: UUID) -> RefetchVerification:
    """The hint itself is never believed."""
    return RefetchVerification(verification_id=event.verification_id, since=event.timestamp)
