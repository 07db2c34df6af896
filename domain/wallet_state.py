"""What a wallet knows of credits and purchases; all of it together is its snapshot."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Account(StrEnum):
    """Where credits are. The first two are the owner's, the others names on the system's side."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    ISSUED = "issued"
    PROMOTIONAL = "promotional"
    REVENUE = "revenue"
    REFUNDED = "refunded"
    CHARGEBACK = "chargeback"


class Posting(msgspec.Struct, frozen=True):
    """An amount added to one account, negative where it is taken. An event's postings sum to 0."""

    account: Account
    millicredits: int


class Draw(msgspec.Struct, frozen=True):
    """Part of an amount by origin: a promotion by its grant id, or None where purchased."""

    lot: UUID | None
    millicredits: int


class Lot(msgspec.Struct, frozen=True):
    """What is left of one promotion, reservations not counted."""

    grant_id: UUID
    millicredits: int
    expires_at: datetime


class PurchaseState(StrEnum):
    """Where a purchase stands."""

    STARTED = "started"
    CREDITED = "credited"
    FAILED = "failed"


class PurchaseFailure(StrEnum):
    """Why a purchase was not paid, in our words and not the provider's."""

    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Purchase(msgspec.Struct, frozen=True):
    """One purchase and, once it was paid, the reference of its payment."""

    state: PurchaseState
    millicredits: int
    price_minor_units: int
    currency: str
    payment_reference: str | None = None


class WalletState(msgspec.Struct, frozen=True):
    """All that a wallet knows, for a snapshot. Holds no text."""

    created_on: datetime
    modified_on: datetime
    owner_id: UUID
    purchased: int
    spent: int
    lots: tuple[Lot, ...]
    reservations: dict[UUID, tuple[Draw, ...]]
    purchases: dict[UUID, Purchase]
