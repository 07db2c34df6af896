"""A person signs up: they exist, and so does their wallet."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.person import Person
from domain.wallet import Wallet


@dataclass(frozen=True)
class RegisterPerson:
    """Register the owner of this command. Who they are by e-mail stays in the vault."""


class PersonRegistered(msgspec.Struct, frozen=True):
    """The person exists, now or since before."""

    person_id: UUID
    wallet_id: UUID


def handle(command: RegisterPerson, work: Work) -> PersonRegistered:
    """Open person and wallet in one save. A person who exists already is left as they are."""
    wallet = wallet_id(work.owner_id)
    if work.find(Person, work.owner_id) is None:
        work.save(
            Person.register(id=work.owner_id, at=work.now),
            Wallet.open(id=wallet, owner_id=work.owner_id, at=work.now),
        )
    return PersonRegistered(work.owner_id, wallet)
