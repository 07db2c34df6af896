"""Where a purchase is paid: the provider's page for it, the same one however often it is asked."""

from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering
from api.context import StudioContext
from api.ids import own_id
from api.reading import read
from api.refusals import result_union
from api.return_address import own_url
from domain import refusals
from domain.wallet_state import PurchaseState
from queries.account.overview import account
from queries.wallet.purchases import purchase as purchase_row

Info = strawberry.Info[StudioContext, None]


@strawberry.type(description="The provider's page on which a purchase is paid.")
class Checkout:
    checkout_url: str = strawberry.field(description="Send the person there to pay.")


CheckoutResult = result_union(
    "CheckoutResult", Checkout, refusals.NotFound, refusals.AlreadyDecided, refusals.UnderAge
)


@strawberry.type
class CheckoutQueries:
    @strawberry.field(
        description="The way back to the checkout of a purchase that is still open: the one that "
        "buying led to, so that nothing is bought twice. AlreadyDecided where it is paid or over.",
    )
    @answering(CheckoutResult)
    async def checkout(self, info: Info, purchase: strawberry.ID, return_url: str) -> Any:
        own = own_id("Purchase", purchase)
        found = await read(info.context, lambda view: purchase_row(view, own))
        # A provider of before has its own pages, which this one knows nothing of.
        if found is None or found.provider != info.context.parts.payment.name:
            raise refusals.NotFound()
        if found.state != PurchaseState.STARTED:
            raise refusals.AlreadyDecided()
        return Checkout(
            checkout_url=await checkout_page(
                info.context,
                own,
                millicredits=found.millicredits,
                price_minor_units=found.price_minor_units,
                currency=found.currency,
                return_url=own_url(info.context, return_url),
            )
        )


async def checkout_page(
    context: StudioContext,
    purchase_id: UUID,
    *,
    millicredits: int,
    price_minor_units: int,
    currency: str,
    return_url: str,
) -> str:
    """The address of the page for a purchase of the viewer.

    Raises `UnderAge`: nobody pays for what they may never have, also where it was found out since.
    Raises `ProviderUnavailable`.
    """
    session = await context.session()
    known = await read(context, account)
    if known is not None and known.under_age:
        raise refusals.UnderAge()
    return await run_sync(
        lambda: context.parts.payment.checkout(
            purchase_id,
            owner_id=session.person_id,
            amount_minor_units=price_minor_units,
            currency=currency,
            title=f"{millicredits // 1000} credits",
            return_url=return_url,
        )
    )
