"""The sandbox provider's hosted checkout: says plainly that no money moves.

`GET /{purchase_id}?token=…` shows it; `POST` of `choice=pay|decline|abandon` to the same address
ends the checkout, sends the webhook and redirects to the return URL. `choice=replay` sends old
webhooks again.
"""

from uuid import UUID

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapters.payment.sandbox import CheckoutStatus, SandboxCheckout, SandboxPayment
from adapters.webhooks.hosted_page import absent_page, chosen, page

REPLAY = "replay"
OUTCOMES = {
    "pay": (CheckoutStatus.PAID, "Pay (no money moves)"),
    "decline": (CheckoutStatus.FAILED, "Have the card declined"),
    "abandon": (CheckoutStatus.EXPIRED, "Abandon the checkout"),
}


def payment_pages(provider: SandboxPayment) -> Starlette:
    """The application to mount at the provider's `public_url`."""

    async def show(request: Request) -> Response:
        checkout = await _checkout(provider, request)
        return absent_page() if checkout is None else _page(checkout)

    async def choose(request: Request) -> Response:
        checkout = await _checkout(provider, request)
        if checkout is None:
            return absent_page()
        choice = await chosen(request)
        if choice == REPLAY:
            await run_in_threadpool(provider.replay_webhooks, checkout.purchase_id)
        elif choice in OUTCOMES:
            await run_in_threadpool(provider.close, checkout, OUTCOMES[choice][0])
            await run_in_threadpool(provider.deliver_webhooks)
        else:
            return _page(checkout)
        return RedirectResponse(checkout.return_url, status_code=303)

    return Starlette(
        routes=[
            Route("/{purchase_id:uuid}", show, methods=["GET"]),
            Route("/{purchase_id:uuid}", choose, methods=["POST"]),
        ]
    )


async def _checkout(provider: SandboxPayment, request: Request) -> SandboxCheckout | None:
    purchase_id: UUID = request.path_params["purchase_id"]
    token = request.query_params.get("token", "")
    return await run_in_threadpool(provider.find_checkout, purchase_id, token)


def _page(checkout: SandboxCheckout) -> Response:
    whole, minor = divmod(checkout.amount_minor_units, 100)
    paragraphs = [
        f"{checkout.title}: {whole}.{minor:02d} {checkout.currency}",
        "This is a sandbox. No card is asked for and no money moves.",
    ]
    if checkout.status is CheckoutStatus.OPEN:
        buttons = [(value, label) for value, (_, label) in OUTCOMES.items()]
    else:
        paragraphs.append(f"This checkout ended: {checkout.status}.")
        buttons = [(REPLAY, "Send the old webhooks again")]
    return page("Sandbox checkout", paragraphs, buttons)
