"""A creator takes part of their consent back: from this save on, nothing rests on that part."""

from dataclasses import dataclass
from uuid import UUID

from commands.twin.consent_now import ConsentTicked
from commands.work import Work
from domain.consent_text import ConsentScope
from domain.twin import Twin


@dataclass(frozen=True)
class TakeBackConsentScopes:
    """What was ticked and is not to be any more."""

    twin_id: UUID
    scope: tuple[ConsentScope, ...]


def handle(command: TakeBackConsentScopes, work: Work) -> ConsentTicked:
    """Raise the versions of these scopes, and ask for the deletion of what only they covered.

    Stopping jobs is a reaction, and hiding pictures follows from the versions: they fence both
    until it ran. Raises `ConsentMissing`.
    """
    twin = work.load(Twin, command.twin_id)
    twin.take_back_consent_scopes(command.scope, at=work.now)
    work.save(twin)
    return ConsentTicked(twin.epoch, twin.scope)
