"""The sandbox provider's hosted page: says plainly that it is one, and asks for its own answer.

`GET /{verification_id}?token=…` shows it; `POST` of `choice=<SandboxChoice>` to the same address
decides, sends the webhook and redirects to the return URL. `choice=replay` sends old webhooks
again.
"""

from uuid import UUID

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapters.identity.sandbox import SandboxChoice, SandboxIdentity, SandboxVerification
from adapters.webhooks.hosted_page import absent_page, chosen, page

REPLAY = "replay"
_LABELS: dict[str, str] = {
    SandboxChoice.APPROVED: "Approve: an adult's document and a matching face",
    SandboxChoice.UNDER_AGE: "Approve the document of somebody under 18",
    SandboxChoice.DECLINED: "Decline",
    SandboxChoice.RESUBMISSION: "Ask for the document again",
    SandboxChoice.EXPIRED: "Let the check expire",
    SandboxChoice.UNKNOWN: "Answer something nobody has heard of",
}


def identity_pages(provider: SandboxIdentity) -> Starlette:
    """The application to mount at the provider's `public_url`."""

    async def show(request: Request) -> Response:
        verification = await _verification(provider, request)
        return absent_page() if verification is None else _page(verification)

    async def decide(request: Request) -> Response:
        verification = await _verification(provider, request)
        if verification is None:
            return absent_page()
        choice = await chosen(request)
        if choice == REPLAY:
            await run_in_threadpool(provider.replay_webhooks, verification.verification_id)
        elif choice in _LABELS:
            await run_in_threadpool(provider.decide, verification, SandboxChoice(choice))
            await run_in_threadpool(provider.deliver_webhooks)
        else:
            return _page(verification)
        return RedirectResponse(verification.return_url, status_code=303)

    return Starlette(
        routes=[
            Route("/{verification_id:uuid}", show, methods=["GET"]),
            Route("/{verification_id:uuid}", decide, methods=["POST"]),
        ]
    )


async def _verification(provider: SandboxIdentity, request: Request) -> SandboxVerification | None:
    verification_id: UUID = request.path_params["verification_id"]
    token = request.query_params.get("token", "")
    return await run_in_threadpool(provider.verification, verification_id, token)


def _page(verification: SandboxVerification) -> Response:
    paragraphs = [
        "This is a sandbox. No document is asked for, nothing is checked, and whoever passes here"
        " can use cartoon engines only.",
    ]
    buttons = [(str(choice), label) for choice, label in _LABELS.items()]
    if verification.choice is not None:
        paragraphs.append(f"Decided: {verification.choice}.")
        buttons.append((REPLAY, "Send the old webhooks again"))
    return page("Sandbox identity check", paragraphs, buttons)
