"""An operator publishes prices. Owner of the command: `SYSTEM`."""

from dataclasses import dataclass
from datetime import datetime

from commands.digest import changing_default
from commands.work import Work
from domain.kernel.identity import PRICE_LIST_ID, SYSTEM
from domain.price_list import (
    DEFAULT_ENTRIES,
    DEFAULT_PACKAGES,
    Package,
    PriceEntry,
    PriceList,
)
from domain.refusals import NotFound


@dataclass(frozen=True)
class PublishPriceList:
    """`version` is the next one; the version before it is accepted until `accepted_until`."""

    version: int
    accepted_until: datetime
    entries: tuple[PriceEntry, ...] = changing_default(DEFAULT_ENTRIES)
    packages: tuple[Package, ...] = changing_default(DEFAULT_PACKAGES)


def handle(command: PublishPriceList, work: Work) -> None:
    """Publish a version, which quotes use from now on. Raises `VersionNotNext`.

    For any owner but `SYSTEM` there is no price list to publish: `NotFound`.
    """
    if work.owner_id != SYSTEM:
        raise NotFound()
    prices = work.find(PriceList, PRICE_LIST_ID) or PriceList.open(at=work.now)
    prices.publish(
        command.version,
        command.entries,
        command.accepted_until,
        packages=command.packages,
        at=work.now,
    )
    work.save(prices)
