"""Identity check begun → ask the provider about it by and by, whether or not a webhook comes."""

from uuid import UUID

from commands.reactions.deeds import FollowVerification
from commands.reactions.reaction import Intended
from domain.person import Person
from domain.time_limits import ASKED_FIRST_AFTER


def react(event: Person.VerificationStarted, owner_id: UUID) -> tuple[Intended, ...]:
    """A webhook may be lost; a page may be left."""
    deed = FollowVerification(event.verification_id, since=event.timestamp)
    return (Intended(deed, due_at=event.timestamp + ASKED_FIRST_AFTER),)
