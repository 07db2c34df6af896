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
    work.save(*withdrawn_twins(work.load(Person, work.owner_id), work))


def withdrawn_twins(person: Person, work: Work) -> tuple[Twin, ...]:
    """Withdraw every consent of a person that is in force. Answers what is to be saved."""
    twins = [work.load(Twin, twin_id) for twin_id in person.twins]
    consented = tuple(twin for twin in twins if twin.consented)
    for twin in consented:
        twin.withdraw_consent(at=work.now)
    return consented
