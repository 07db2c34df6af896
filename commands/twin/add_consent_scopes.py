"""A creator ticks more, or accepts a new text, while their consent goes on."""

from dataclasses import dataclass
from uuid import UUID

from commands.twin.consent_now import ConsentTicked
from commands.twin.offered_scopes import offer
from commands.work import Work
from domain.consent_text import ConsentScope
from domain.person import Person
from domain.twin import Twin


@dataclass(frozen=True)
class AddConsentScopes:
    """`text_sha256` is of the exact text that was on the screen, `scope` what was ticked there.

    An empty `scope` accepts that text for what is ticked already.
    """

    twin_id: UUID
    text_sha256: str
    scope: tuple[ConsentScope, ...]


def handle(command: AddConsentScopes, work: Work) -> ConsentTicked:
    """Widen the consent in force. Nothing stops and nothing is deleted.

    Raises `NotVerified`, `BiometricReleaseMissing`, `ConsentTextChanged`, `ConsentMissing`,
    `RatingNotAllowed`, `AlreadyDecided`.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    offered = offer(work, command.scope)
    twin.add_consent_scopes(
        person, command.text_sha256, command.scope, offered=offered.scopes, at=work.now
    )
    work.save(twin, unchanged=[person, *offered.rests_on])
    return ConsentTicked(twin.epoch, twin.scope)
