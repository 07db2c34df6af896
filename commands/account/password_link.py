"""The address at which somebody sets a new password, once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from commands.ports.password_links import PasswordLinks

LINK_MINUTES = 30
LINK_LIFETIME = timedelta(minutes=LINK_MINUTES)
TOKEN_SIZE_BYTES = 32


def new_link(links: PasswordLinks, person_id: UUID, *, public_url: str, at: datetime) -> str:
    """Open a link of this person and answer its address.

    The token stands behind the `#`: a browser sends that to no server, so that no log has it.
    """
    token = secrets.token_urlsafe(TOKEN_SIZE_BYTES)
    links.open(link_digest(token), person_id=person_id, at=at, expires_at=at + LINK_LIFETIME)
    return f"{public_url}/#/password/{token}"


def link_digest(token: str) -> bytes:
    """What the vault keeps instead of the token."""
    return hashlib.sha256(token.encode()).digest()
