"""Chances: whose ids a command names, and how often something is wrong with it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import POLICY_ID, PRICE_LIST_ID, SYSTEM, wallet_id
from domain.person import Person
from domain.policy import Policy
from domain.price_list import PriceList
from domain.twin import Twin
from domain.wallet import Wallet
from tests.machine.known import Known, KnownOwner
from tests.machine.stage import Stage

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")

WRONG = 0.06
"""How often an argument is taken from where it should not come from."""


class Draw:
    """Draws the arguments of one command of one owner."""

    def __init__(self, random: Random, known: Known, stage: Stage, owner: UUID) -> None:
        self.random = random
        self.known = known
        self.stage = stage
        self.owner = owner

    @property
    def own(self) -> KnownOwner:
        """What the owner knows."""
        return self.known.of[self.owner]

    @property
    def now(self) -> datetime:
        """The time on the studio's clock."""
        return self.stage.clock.at

    def wrong(self, chance: float = WRONG) -> bool:
        """Whether something is to be wrong here."""
        return self.random.random() < chance

    def uuid(self) -> UUID:
        """An id that nobody knows."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def one(self, *choices: T) -> T:
        """Any of them."""
        return self.random.choice(choices)

    def some(self, choices: Iterable[T]) -> T | None:
        """Any of them, the newest more often; None where there are none."""
        found = list(choices)
        if not found:
            return None
        return self.random.choice(found[-3:] if self.random.random() < 0.7 else found)

    def id_of(self, what: str) -> UUID:
        """An id from the list of this name: the owner's, now and then another's or nobody's."""
        ids = list(getattr(self.own, what))
        if self.wrong():
            ids = [id for other in self.known.of.values() for id in getattr(other, what)]
        found = None if self.wrong(0.02) else self.some(ids)
        return self.uuid() if found is None else found

    def load(self, kind: type[A], originator_id: UUID, owner: UUID | None = None) -> A | None:
        """An aggregate of the owner as it is now."""
        return self.stage.load(kind, originator_id, owner or self.owner)

    def person(self) -> Person | None:
        """The owner themselves."""
        return self.load(Person, self.owner)

    def wallet(self) -> Wallet | None:
        """The owner's wallet."""
        return self.load(Wallet, wallet_id(self.owner))

    def job(self, *, open_only: bool = False) -> Job | None:
        """A job of the owner, mostly one that has not ended."""
        ids: Sequence[UUID] = self.own.jobs
        if open_only or not self.wrong(0.2):
            twins = (self.load(Twin, twin) for twin in self.own.twins)
            ids = [id for twin in twins if twin is not None for id in twin.open_jobs] or ids[-2:]
        found = self.some(ids)
        return None if found is None else self.load(Job, found)

    def prices(self) -> PriceList | None:
        """The price list."""
        return self.load(PriceList, PRICE_LIST_ID, SYSTEM)

    def policy(self) -> Policy | None:
        """The policy."""
        return self.load(Policy, POLICY_ID, SYSTEM)

    def price_version(self) -> int:
        """The version in force, now and then an older one or one to come."""
        prices = self.prices()
        current = 0 if prices is None or prices.current is None else prices.current.version
        return current + (self.one(-2, -1, 1) if self.wrong() else 0)

    def number(self, right: int) -> int:
        """A number that counts up, now and then the one before or after it."""
        return right + (self.one(-1, 1) if self.wrong() else 0)


def named(value: Any) -> str:
    """The class name of a command."""
    return type(value).__name__
