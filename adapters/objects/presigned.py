"""Leave to write or read one key until a moment, signed with HMAC in the shape of S3's forms."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import msgspec

from adapters.objects.keys import (
    checked_digest,
    checked_file_name,
    checked_key,
    checked_lifetime,
)
from commands.ports.object_store import PresignedUpload

SIGNING_KEY_BYTES_MIN = 32


class AccessRefused(Exception):
    """A request does not hold. `status` and `code` are those S3 answers in the same case."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class UploadPolicy(msgspec.Struct, frozen=True):
    """What one presigned form allows. `expires_at_s` in Unix seconds."""

    key: str
    media_type: str
    size_bytes_min: int
    size_bytes_max: int
    sha256_hex: str | None
    expires_at_s: float


@dataclass(frozen=True)
class DownloadPermit:
    """A download URL that holds. Without a file name the answer is shown, not saved."""

    key: str
    file_name: str | None


class Presigner:
    """Mints forms and URLs, and recognises its own. Every process with the key can do both.

    `public_url` is where `adapters.objects.http` is mounted, without a final slash. `now_s` answers
    Unix seconds. Raises ValueError for a short key.
    """

    def __init__(
        self, public_url: str, signing_key: bytes, *, now_s: Callable[[], float] = time.time
    ) -> None:
        if len(signing_key) < SIGNING_KEY_BYTES_MIN:
            raise ValueError(f"the signing key needs {SIGNING_KEY_BYTES_MIN} bytes or more")
        self._public_url = public_url.rstrip("/")
        self._signing_key = signing_key
        self._now_s = now_s

    def upload(
        self,
        key: str,
        *,
        media_type: str,
        size_bytes_min: int,
        size_bytes_max: int,
        sha256_hex: str | None,
        expires_in_s: int,
    ) -> PresignedUpload:
        """See `ObjectStore.presign_upload`."""
        if not 0 <= size_bytes_min <= size_bytes_max:
            raise ValueError("a size range runs from 0 or more upwards")
        policy = UploadPolicy(
            checked_key(key),
            media_type,
            size_bytes_min,
            size_bytes_max,
            None if sha256_hex is None else checked_digest(sha256_hex),
            self._now_s() + expires_in_s,
        )
        encoded = base64.b64encode(msgspec.json.encode(policy)).decode()
        fields = {"key": key, "Content-Type": media_type}
        if policy.sha256_hex is not None:
            fields["x-amz-checksum-sha256"] = _base64_digest(policy.sha256_hex)
        fields["policy"] = encoded
        fields["x-amz-signature"] = self._sign("POST", encoded)
        return PresignedUpload(f"{self._public_url}/", fields)

    def download(self, key: str, *, expires_in_s: int, file_name: str | None) -> str:
        """See `ObjectStore.presign_download`."""
        query = {"expires": str(int(self._now_s()) + checked_lifetime(expires_in_s))}
        if (name := checked_file_name(file_name)) is not None:
            query["file-name"] = name
        query["signature"] = self._sign("GET", checked_key(key), *_signed_query(query))
        return f"{self._public_url}/{quote(key)}?{urlencode(query)}"

    def admit_upload(self, fields: Mapping[str, str]) -> UploadPolicy:
        """What the form's policy allows. Raises AccessRefused: forged, expired, or other fields."""
        encoded, signature = fields.get("policy", ""), fields.get("x-amz-signature", "")
        if not self._is_signed(signature, "POST", encoded):
            raise AccessRefused(403, "SignatureDoesNotMatch")
        try:
            policy = msgspec.json.decode(base64.b64decode(encoded), type=UploadPolicy)
        except (binascii.Error, msgspec.DecodeError) as unreadable:
            raise AccessRefused(400, "InvalidPolicyDocument") from unreadable
        if self._now_s() > policy.expires_at_s:
            raise AccessRefused(403, "AccessDenied")
        if fields.get("key") != policy.key or fields.get("Content-Type") != policy.media_type:
            raise AccessRefused(403, "AccessDenied")
        if policy.sha256_hex is not None:
            pinned = _base64_digest(policy.sha256_hex)
            if fields.get("x-amz-checksum-sha256") != pinned:
                raise AccessRefused(403, "AccessDenied")
        return policy

    def admit_download(self, key: str, query: Mapping[str, str]) -> DownloadPermit:
        """Raises AccessRefused for a URL that is forged or over."""
        if not self._is_signed(query.get("signature", ""), "GET", key, *_signed_query(query)):
            raise AccessRefused(403, "SignatureDoesNotMatch")
        if self._now_s() > int(query["expires"]):
            raise AccessRefused(403, "AccessDenied")
        return DownloadPermit(key, query.get("file-name"))

    def _sign(self, *parts: str) -> str:
        # Each part with its length: no two different requests ever sign the same bytes.
        signed = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
        return hmac.new(self._signing_key, signed, hashlib.sha256).hexdigest()

    def _is_signed(self, signature: str, *parts: str) -> bool:
        return hmac.compare_digest(signature.encode(), self._sign(*parts).encode())


def _signed_query(query: Mapping[str, str]) -> tuple[str, ...]:
    file_name = query.get("file-name")
    return (query.get("expires", ""), *(() if file_name is None else (file_name,)))


def _base64_digest(sha256_hex: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256_hex)).decode()
