"""Somebody says that something happened to a payment → ask the provider."""

from uuid import UUID

from commands.reactions.deeds import RefetchPayment
from domain.wallet import Wallet


def react(event: Wallet.PaymentHinted, owner_id: UUID) -> RefetchPayment:
    """The hint itself is never believed."""
    return RefetchPayment(purchase_id=event.purchase_id, since=event.timestamp)
