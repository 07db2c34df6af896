"""Promotion given → take back what is left of it once its time is over."""

from uuid import UUID

from commands.reactions.reaction import Intended
from commands.wallet.expire_promotion import ExpirePromotion
from domain.wallet import Wallet


def react(event: Wallet.Promoted, owner_id: UUID) -> tuple[Intended, ...]:
    """The event says when."""
    return (Intended(ExpirePromotion(event.grant_id), due_at=event.expires_at),)


def after_return(event: Wallet.Released | Wallet.Expired, owner_id: UUID) -> tuple[Intended, ...]:
    """What came back of a promotion goes back too, where its time is over already.

    Where it is not, this is refused, and the promotion's own time will come.
    """
    return tuple(
        Intended(ExpirePromotion(draw.lot), target=str(draw.lot))
        for draw in event.draws
        if draw.lot is not None
    )
