"""Who is asking: the session behind a cookie, a bearer token or a socket's first message."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

from fastapi import WebSocket
from starlette.requests import HTTPConnection
from strawberry.fastapi import BaseContext

from api.caps import Place
from api.look_desk import LookDesk
from api.parts import Parts
from api.proxies import COUNTRY, UNKNOWN
from api.refusals import NotSignedIn
from api.session_desk import SessionDesk
from commands.ports.accounts import Session

SESSION_COOKIE = "suite_session"
SESSION_LIFETIME = timedelta(hours=12)
TOKEN_SIZE_BYTES = 32


class StudioContext(BaseContext):
    """One request's, or one socket's, session and parts."""

    def __init__(
        self, parts: Parts, connection: HTTPConnection, sessions: SessionDesk, looks: LookDesk
    ) -> None:
        super().__init__()
        self.parts = parts
        self.looks = looks
        self.connection = connection
        self._sessions = sessions
        self._token = _token_of(connection)
        self._session: Session | None = None
        self._looked_up = False
        self.place: Place | None = None
        """Of a socket that is served: held by its client's network until it is an account's."""

    @property
    def token(self) -> str | None:
        """The token that was sent, if any."""
        if self._token is None and isinstance(self.connection_params, dict):
            sent = self.connection_params.get("token")
            # Ours are of ASCII. A frame may hold half a character, of which there is no digest.
            return sent if isinstance(sent, str) and sent.isascii() else None
        return self._token

    async def session(self) -> Session:
        """The open session. Raises `NotSignedIn`. On a socket it is looked up every time."""
        if not self._looked_up or isinstance(self.connection, WebSocket):
            return await self.session_now()
        if self._session is None:
            raise NotSignedIn()
        return self._session

    async def session_now(self) -> Session:
        """The session if it is still open. Raises `NotSignedIn`. For what outlives a request."""
        token = self.token
        self._session = await self._sessions.session(token_digest(token)) if token else None
        self._looked_up = True
        if self._session is None:
            raise NotSignedIn()
        return self._session

    @property
    def country(self) -> str:
        """Where the session comes from, as far as anybody knows; `UNKNOWN` where nobody does.

        An ISO 3166 code, of a country ("DE") or a part of one ("US-CA").
        """
        if self.parts.proxies.country_header is not None:
            place: str = self.connection.scope.get(COUNTRY, UNKNOWN)
            return place
        client = self.connection.client
        return self.parts.session_country(client.host if client else "")

    @property
    def address(self) -> str:
        """The client's address, of the rightmost hop that is no proxy of ours.

        For limits only: never logged, and stored as a keyed digest.
        """
        return self.connection.client.host if self.connection.client else ""

    @property
    def is_https(self) -> bool:
        """Whether the browser came by https, as far as trusted proxies and the public URL say."""
        return self.parts.is_https or self.connection.scope["scheme"] in ("https", "wss")


def new_token() -> str:
    """A session token: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_SIZE_BYTES)


def token_digest(token: str) -> bytes:
    """What the vault keeps instead of the token."""
    return hashlib.sha256(token.encode()).digest()


ContextGetter: TypeAlias = Callable[[HTTPConnection], Awaitable[StudioContext]]


def context_getter(parts: Parts) -> ContextGetter:
    """FastAPI's dependency that makes a context: the one place where sessions are looked up."""
    sessions = SessionDesk(parts.accounts, parts.clock)
    looks = LookDesk(parts.connections, parts.threads.feeds)

    async def get_context(connection: HTTPConnection) -> StudioContext:
        return StudioContext(parts, connection, sessions, looks)

    return get_context


def _token_of(connection: HTTPConnection) -> str | None:
    authorization = connection.headers.get("authorization", "")
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    if not _same_origin(connection):
        # Another site's page may send our cookie along; it is not the viewer who asks.
        return None
    return connection.cookies.get(SESSION_COOKIE)


def _same_origin(connection: HTTPConnection) -> bool:
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == connection.headers.get("host")
    except ValueError:
        # No address, such as `http://[`: whoever wrote it is no page of ours.
        return False
