"""One signed, timestamped message: header `t=<Unix seconds>,v1=<HMAC-SHA256 of "t.body">`."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from commands.ports.webhooks import WEBHOOK_AGE_MAX_S, WebhookRefusal, WebhookRefused

SIGNATURE_HEADER = "Sandbox-Signature"
SECRET_BYTES_MIN = 32
BODY_BYTES_MAX = 16 * 1024
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def sign_webhook(secret: bytes, body: bytes, at: datetime) -> dict[str, str]:
    """The headers under which `body` is sent. Raises ValueError for a short secret."""
    at_s = int(at.timestamp())
    return {
        "Content-Type": "application/json",
        SIGNATURE_HEADER: f"t={at_s},v1={_digest(secret, at_s, body)}",
    }


def believe_webhook(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check the signature over the raw body, then its age. Raises `WebhookRefused`."""
    given = {name.lower(): value for name, value in headers.items()}
    found = _SIGNATURE.fullmatch(given.get(SIGNATURE_HEADER.lower(), ""))
    if found is None or len(body) > BODY_BYTES_MAX:
        raise WebhookRefused(WebhookRefusal.FORGED)
    at_s = int(found[1])
    if not hmac.compare_digest(found[2], _digest(secret, at_s, body)):
        raise WebhookRefused(WebhookRefusal.FORGED)
    if abs(now.timestamp() - at_s) > WEBHOOK_AGE_MAX_S:
        raise WebhookRefused(WebhookRefusal.STALE)


def _digest(secret: bytes, at_s: int, body: bytes) -> str:
    if len(secret) < SECRET_BYTES_MIN:
        raise ValueError(f"a webhook secret needs {SECRET_BYTES_MIN} bytes or more")
    return hmac.new(secret, b"%d." % at_s + body, hashlib.sha256).hexdigest()
