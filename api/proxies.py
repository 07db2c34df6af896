"""Who a client is behind the proxies that we trust, and whether it came by https.

A header is believed as far as trusted proxies wrote it: from the right, up to the first hop that is
none of them. What stands left of that hop is the client's own word, and changes nothing.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

HOPS_MAX = 20
"""Hops that are looked at: more proxies of one's own than anybody has."""

COUNTRY = "suite.country"
"""Where a trusted proxy says that a connection comes from, in its scope."""

UNKNOWN = ""
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")

_ENCRYPTED = {"http": "https", "ws": "wss"}

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TrustedProxies:
    """Networks whose word about where a request comes from is believed.

    `country_header` is the header in which they say from which country, where any of them does.
    """

    def __init__(self, networks: Iterable[Network], *, country_header: str | None = None) -> None:
        self._networks = tuple(networks)
        self.country_header = country_header

    def trusts(self, address: str) -> bool:
        """Whether this is one of our own proxies."""
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def client_of(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The client's address: the rightmost hop that is no proxy of ours.

        `peer` is who connected, `forwarded_for` the values of `X-Forwarded-For` in their order.
        Where all hops are ours, the first one asked on its own behalf.
        """
        client = peer
        hops = ",".join(forwarded_for).rsplit(",", HOPS_MAX)
        for hop in reversed(hops):
            if not self.trusts(client):
                return client
            parsed = _parsed(hop)
            if parsed is None:
                # Not an address: what stands left of it is nobody's word that we know.
                return client
            client = str(parsed)
        return client


class BehindProxies:
    """Gives a connection the client and the scheme that trusted proxies saw. Plain ASGI."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] in ("http", "websocket"):
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        peer, port = scope.get("client") or ("", 0)
        if not self._proxies.trusts(peer):
            return scope
        headers = Headers(scope=scope)
        client = self._proxies.client_of(peer, headers.getlist("x-forwarded-for"))
        seen = {**scope, "client": (client, port if client == peer else 0)}
        if self._proxies.country_header is not None:
            # One that was sent twice may have been written by the client: it is nobody's word.
            said = headers.getlist(self._proxies.country_header)
            seen[COUNTRY] = said[0] if len(said) == 1 and _PLACE.fullmatch(said[0]) else UNKNOWN
        # The last word is that of the proxy that we talk to.
        protocols = headers.getlist("x-forwarded-proto")
        if protocols and protocols[-1].rpartition(",")[2].strip().lower() in ("https", "wss"):
            seen["scheme"] = _ENCRYPTED.get(scope["scheme"], scope["scheme"])
        return seen


def _parsed(hop: str) -> Address | None:
    """An address as proxies write it, with a port or without; None for anything else."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
