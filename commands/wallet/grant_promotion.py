"""An operator gives credits away, until a day."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet


@dataclass(frozen=True)
class GrantPromotion:
    """Credits that are spent first and expire at `expires_at`."""

    millicredits: int
    expires_at: datetime


class PromotionGranted(msgspec.Struct, frozen=True):
    """The grant, by the id under which it later expires."""

    grant_id: UUID


def handle(command: GrantPromotion, work: Work) -> PromotionGranted:
    """Credit a promotion to the owner of this command."""
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    grant = uuid5(wallet.id, f"promotion:{work.key}")
    wallet.grant_promotion(grant, command.millicredits, command.expires_at, at=work.now)
    work.save(wallet)
    return PromotionGranted(grant)
