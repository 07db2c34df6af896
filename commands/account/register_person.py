"""A person signs up: they exist, and so does their wallet."""

from dataclasses import dataclass

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.wallet import Wallet


@dataclass(frozen=True)
class RegisterPerson:
    """Register the owner of this command. Who they are by e-mail stays in the vault."""


def handle(command: RegisterPerson, work: Work) -> None:
    """Open person and wallet in one save. A person who exists already is left as they are."""
    if work.find(Person, work.owner_id) is None:
        work.save(
            Person.register(id=work.owner_id, at=work.now),
            Wallet.open(id=wallet_id(work.owner_id), owner_id=work.owner_id, at=work.now),
        )
