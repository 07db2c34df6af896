"""A person was found to be under age: nothing may rest on any consent of theirs."""

from dataclasses import dataclass

from commands.work import Work
from domain.person import Person
from domain.twin import Twin


@dataclass(frozen=True)
class WithdrawAllConsents:
    """For every twin of the owner of this command."""


def handle(command: WithdrawAllConsents, work: Work) -> None:
    """End the epoch of each twin and ask for the deletion of all that rests on it, in one save."""
    person = work.load(Person, work.owner_id)
    twins = [work.load(Twin, twin_id) for twin_id in person.twins]
    consented = [twin for twin in twins if twin.consented]
    for twin in consented:
        twin.withdraw_consent(at=work.now)
    work.save(*consented)
