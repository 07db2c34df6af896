"""The headers that keep a page to its own scripts, its own window and to https."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_security_policy(store_origin: str | None) -> str:
    """What a page may load and ask. It uploads to `store_origin`; all that it shows is ours."""
    store = "" if store_origin is None else f" {store_origin}"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            f"connect-src 'self'{store}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Adds the headers to every answer that lacks them. Plain ASGI: streams pass untouched.

    `always_https`: browsers meet the studio by https, whatever the last proxy says. Below
    `open_paths` lie files that pages of other origins may show, too.
    """

    def __init__(
        self,
        app: ASGIApp,
        store_origin: str | None = None,
        *,
        always_https: bool = False,
        open_paths: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._always_https = always_https
        self._open_paths = tuple(open_paths)
        policy = content_security_policy(store_origin)
        self._headers = ((b"content-security-policy", policy.encode()), *_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._added(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                headers.extend(header for header in added if header[0] not in present)
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _added(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        is_open = scope["path"].startswith(self._open_paths)
        added = [*self._headers, (_RESOURCE_POLICY, b"cross-origin" if is_open else b"same-origin")]
        # A browser must not be told so over http, where anybody could have said it.
        if self._always_https or scope["scheme"] == "https":
            added.append((b"strict-transport-security", b"max-age=%d" % HTTPS_KEPT_S))
        return added


HTTPS_KEPT_S = 365 * 24 * 3_600
"""How long a browser comes by https only. Of this host alone: others are not ours to decide."""

_UNUSED = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
"""What no page here asks for: photos are files, and payment has a page of its provider's."""

_RESOURCE_POLICY = b"cross-origin-resource-policy"
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in _UNUSED).encode()),
)
