"""Where providers call back. A webhook is a hint: it is believed only as far as "ask again"."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from api.parts import Parts
from api.waiting import BUSY, RETRY_AFTER_S
from commands.account.note_verification_hint import NoteVerificationHint, verification_hint_key
from commands.ports.webhooks import WebhookRefusal, WebhookRefused
from commands.wallet.note_payment_hint import NotePaymentHint, payment_hint_key
from domain.kernel.refusal import Refusal

log = structlog.get_logger()

BODY_SIZE_MAX_BYTES = 64 * 1024
_IDENTITY_PATH, _PAYMENT_PATH = PATHS = ("/webhooks/identity", "/webhooks/payment")


def webhook_routes(parts: Parts) -> APIRouter:
    """The routes in PATHS. 200: noted, now or before. 400: not believed, with the reason. 503: to
    be sent again, as every provider does by itself.

    A body beyond BODY_SIZE_MAX_BYTES never comes this far: `BodyLimit` answers 413.
    """
    routes = APIRouter()

    @routes.post(_IDENTITY_PATH)
    async def identity(request: Request) -> Response:
        return await _received(request, lambda body: _note_identity(parts, request, body))

    @routes.post(_PAYMENT_PATH)
    async def payment(request: Request) -> Response:
        return await _received(request, lambda body: _note_payment(parts, request, body))

    return routes


async def _received(request: Request, note: Callable[[bytes], None]) -> Response:
    try:
        await run_sync(note, await request.body())
    except WebhookRefused as refused:
        log.warning("webhook refused", reason=refused.reason.value)
        if refused.reason is WebhookRefusal.NOT_OURS:
            # Well signed, and of something that was not begun here: it need not be sent again.
            return Response(status_code=200)
        return Response(refused.reason.value, status_code=400, media_type="text/plain")
    except BUSY as busy:
        log.warning("webhook not noted", error=type(busy).__name__)
        return Response(status_code=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    return Response(status_code=200)


def _note_identity(parts: Parts, request: Request, body: bytes) -> None:
    hint = parts.identity.verify_webhook(request.headers, body, parts.clock())
    _note(
        parts,
        hint.owner_id,
        NoteVerificationHint(hint.verification_id),
        verification_hint_key(hint.verification_id, hint.webhook_id),
    )
    parts.accounts.remember_webhook(parts.identity.name, hint.webhook_id, at=parts.clock())


def _note_payment(parts: Parts, request: Request, body: bytes) -> None:
    hint = parts.payment.verify_webhook(request.headers, body, parts.clock())
    _note(
        parts,
        hint.owner_id,
        NotePaymentHint(hint.purchase_id),
        payment_hint_key(hint.purchase_id, hint.webhook_id),
    )
    parts.accounts.remember_webhook(parts.payment.name, hint.webhook_id, at=parts.clock())


def _note(parts: Parts, owner_id: UUID, command: Any, key: UUID) -> None:
    try:
        parts.studio.execute(command, owner_id=owner_id, key=key)
    except Refusal as refusal:
        # Well signed, about something we do not know: the provider need not send it again.
        log.warning("webhook about nothing of ours", code=refusal.code)
