"""A creator consents to what may be made of them."""

from dataclasses import dataclass
from uuid import UUID

from commands.twin.consent_now import ConsentEpoch
from commands.twin.offered_scopes import offer
from commands.twin.twin_room import take_room
from commands.work import Work
from domain.consent_text import ConsentScope
from domain.person import Person
from domain.twin import Twin


@dataclass(frozen=True)
class GrantConsent:
    """`text_sha256` is of the exact text that was on the screen, `scope` what was ticked there."""

    twin_id: UUID
    text_sha256: str
    scope: tuple[ConsentScope, ...]


def handle(command: GrantConsent, work: Work) -> ConsentEpoch:
    """Grant consent. A twin that was set aside counts again.

    Raises `NotVerified`, `BiometricReleaseMissing`, `ConsentTextChanged`, `ConsentMissing`,
    `RatingNotAllowed`, `AlreadyDecided`, `TooManyTwins` where there is no room for it.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    offered = offer(work, command.scope)
    twin.grant_consent(
        person, command.text_sha256, command.scope, offered=offered.scopes, at=work.now
    )
    over = take_room(person, twin.id, work)
    if person.pending_events:
        work.save(twin, person, unchanged=[*over, *offered.rests_on])
    else:
        work.save(twin, unchanged=[person, *offered.rests_on])
    return ConsentEpoch(twin.epoch)
