"""A person chooses a package of credits to buy."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.kernel.identity import PRICE_LIST_ID, purchase_id, wallet_id
from domain.person import Person
from domain.price_list import PriceList
from domain.wallet import Wallet


@dataclass(frozen=True)
class BuyCredits:
    """`package` is an id of the current price list, `provider` the stored name of who is paid."""

    package: str
    provider: str


class PurchaseStarted(msgspec.Struct, frozen=True):
    """What the payment provider is to be asked for. Nothing is credited yet."""

    purchase_id: UUID
    package: str
    millicredits: int
    price_minor_units: int
    currency: str


def handle(command: BuyCredits, work: Work) -> PurchaseStarted:
    """Record the purchase before the provider knows of it. Raises `UnknownPackage`, `UnderAge`:
    nobody pays for what they may never have.
    """
    person = work.load(Person, work.owner_id)
    person.require_not_under_age()
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    package = work.load_shared(PriceList, PRICE_LIST_ID).package(command.package)
    purchase = purchase_id(work.owner_id, work.key)
    wallet.start_purchase(purchase, package, command.provider, at=work.now)
    work.save(wallet, unchanged=[person])
    return PurchaseStarted(
        purchase_id=purchase,
        package=package.id,
        millicredits=package.millicredits,
        price_minor_units=package.price_minor_units,
        currency=package.currency,
    )
