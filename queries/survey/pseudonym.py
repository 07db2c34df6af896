"""A name for an owner that says nothing of them, and is the same wherever they stand."""

from hashlib import sha256
from uuid import UUID

_SIZE_BYTES = 5
"""A thousand billion names: two of a studio's owners hardly share one."""


def pseudonym(owner_id: UUID) -> str:
    """Ten hexadecimal digits. Ids are random, so nobody comes back from here to one."""
    return sha256(b"suite.pseudonym.v1" + owner_id.bytes).digest()[:_SIZE_BYTES].hex()
