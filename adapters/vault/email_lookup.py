"""How an address is found without being stored in clear: by a keyed digest of its normal form."""

import hashlib
import hmac

_DOMAIN = b"suite.email.v1:"


def email_lookup(secret: bytes, email: str) -> bytes:
    """32 bytes, the same for every spelling of an address in case and surrounding space."""
    normal = email.strip().casefold().encode()
    return hmac.new(secret, _DOMAIN + normal, hashlib.sha256).digest()
