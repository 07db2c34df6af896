"""A promotion's last day has passed: what is left of it goes back."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet


@dataclass(frozen=True)
class ExpirePromotion:
    """Expire one grant. What is reserved for a job stays reserved."""

    grant_id: UUID


def handle(command: ExpirePromotion, work: Work) -> None:
    """Take back what is left. Raises `NotFound`, `PromotionStillValid`, `AlreadyDecided`."""
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    wallet.expire_promotion(command.grant_id, at=work.now)
    work.save(wallet)
