"""Buying credits."""

from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering, execute
from api.context import StudioContext
from api.ids import global_id
from api.mutations.account import own_url
from api.refusals import result_union
from api.scalars import Position
from commands.wallet.buy_credits import BuyCredits
from domain import refusals

Info = strawberry.Info[StudioContext, None]


@strawberry.input
class BuyCreditsInput:
    idempotency_key: UUID
    package: str
    return_url: str


@strawberry.type
class BuyCreditsSuccess:
    purchase: strawberry.ID
    checkout_url: str = strawberry.field(description="Send the person there to pay.")
    position: Position


BuyCreditsResult = result_union(
    "BuyCreditsResult", BuyCreditsSuccess, refusals.UnknownPackage, refusals.TooManyPurchases
)


@strawberry.type
class CreditMutations:
    @strawberry.mutation(
        description="Start a purchase. Credits come once the provider was paid.",
    )
    @answering(BuyCreditsResult)
    async def buy_credits(self, info: Info, input: BuyCreditsInput) -> Any:
        payment = info.context.parts.payment
        return_url = own_url(info.context, input.return_url)
        command = BuyCredits(package=input.package, provider=payment.name)
        accepted = await execute(info.context, command, input.idempotency_key)
        session = await info.context.session()
        started = accepted.result
        url = await run_sync(
            lambda: payment.checkout(
                started.purchase_id,
                owner_id=session.person_id,
                amount_minor_units=started.price_minor_units,
                currency=started.currency,
                title=f"{started.millicredits // 1000} credits",
                return_url=return_url,
            )
        )
        return BuyCreditsSuccess(
            purchase=global_id("Purchase", started.purchase_id),
            checkout_url=url,
            position=Position(accepted.position),
        )
