"""Buying credits."""

from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering, execute
from api.checkouts import checkout_page
from api.context import StudioContext
from api.ids import global_id
from api.refusals import result_union
from api.return_address import own_url
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
        return_url = own_url(info.context, input.return_url)
        command = BuyCredits(package=input.package, provider=info.context.parts.payment.name)
        accepted = await execute(info.context, command, input.idempotency_key)
        started = accepted.result
        url = await checkout_page(
            info.context,
            started.purchase_id,
            millicredits=started.millicredits,
            price_minor_units=started.price_minor_units,
            currency=started.currency,
            return_url=return_url,
        )
        return BuyCreditsSuccess(
            purchase=global_id("Purchase", started.purchase_id),
            checkout_url=url,
            position=Position(accepted.position),
        )
