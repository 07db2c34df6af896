"""Which events are the ledger's: the chain says so of every row, for ever."""

from enum import StrEnum

from domain.price_list import PriceList
from domain.wallet import Wallet

LEDGER_AGGREGATES = frozenset({PriceList.TOPIC, Wallet.TOPIC})
"""First words of their event types. The database knows them too: `events.class_of`."""


class EventClass(StrEnum):
    """An auditor reads the content of `ledger`, and of `other` only that it is there."""

    LEDGER = "ledger"
    OTHER = "other"


def event_class(event_type: str) -> EventClass:
    """The class under which an event of this type is written now."""
    if event_type.partition(".")[0] in LEDGER_AGGREGATES:
        return EventClass.LEDGER
    return EventClass.OTHER
