"""Global ids: opaque to clients, typed to us. A wrong one is like an id that does not exist."""

import base64
import binascii
from uuid import UUID

import strawberry

from domain.refusals import NotFound

ID_LENGTH_MAX = 200


def global_id(kind: str, own: UUID) -> strawberry.ID:
    """The id of one node."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{own}".encode()).decode())


def own_id(kind: str, given: str) -> UUID:
    """The UUID behind a node's id. Raises `NotFound` for anything that is not one of this kind."""
    found, own = split_id(given)
    if found != kind:
        raise NotFound()
    return own


def split_id(given: str) -> tuple[str, UUID]:
    """The kind and the UUID behind a node's id. Raises `NotFound`."""
    if len(given) > ID_LENGTH_MAX:
        raise NotFound()
    try:
        text = base64.b64decode(given.encode(), altchars=b"-_", validate=True).decode()
        kind, _, own = text.partition(":")
        return kind, UUID(own)
    except (binascii.Error, UnicodeError, ValueError):
        raise NotFound() from None
