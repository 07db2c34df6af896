"""A creator consents to what may be made of them."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.twin.offered_scopes import offer
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


class ConsentGranted(msgspec.Struct, frozen=True):
    """Consent is in force under this epoch."""

    twin_id: UUID
    epoch: int


def handle(command: GrantConsent, work: Work) -> ConsentGranted:
    """Grant consent.

    Raises `NotVerified`, `BiometricReleaseMissing`, `ConsentTextChanged`, `ConsentMissing`,
    `RatingNotAllowed`, `AlreadyDecided`.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    offered = offer(work, command.scope)
    twin.grant_consent(
        person, command.text_sha256, command.scope, offered=offered.scopes, at=work.now
    )
    work.save(twin, unchanged=[person, *offered.rests_on])
    return ConsentGranted(twin.id, twin.epoch)
