"""Objects in a bucket of an S3 server, Amazon's or any other.

A form that was given out holds until it expires: S3 recalls none. So `close` does nothing here, and
whoever deletes for good deletes again once the last form is over.
"""

import base64
import binascii
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from adapters.objects.keys import (
    checked_digest,
    checked_file_name,
    checked_key,
    checked_lifetime,
    checked_place,
    checked_prefix,
    disposition,
)
from adapters.objects.s3_access import ATTEMPTS_MAX, S3Access, store_errors
from adapters.objects.s3_writing import ObjectWriter
from adapters.objects.spans import CHUNK_BYTES
from commands.ports.object_store import (
    ListedObject,
    ObjectAbsent,
    ObjectFacts,
    OpenObject,
    PresignedUpload,
    SpanAbsent,
    StoreUnavailable,
)

DELETED_AT_ONCE_MAX = 1_000
"""S3 takes no more in one request."""

PATIENCE_S = 30.0
BYTES_PER_S_MIN = 64 * 1024
"""A store that is slower than this, after `PATIENCE_S`, does not answer. Its time alone counts."""


class S3ObjectStore:
    """Implements `commands.ports.object_store.ObjectStore`. Safe to share between threads.

    Nothing is asked of the server before the first request: it may be away when a process starts.
    """

    def __init__(
        self, access: S3Access, *, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = access.place
        self._client = access.client()
        self._signing = access.signing_client()
        self._writer = ObjectWriter(self._client, self._place.bucket)
        self._monotonic_s = monotonic_s

    @property
    def recalls_forms(self) -> bool:
        """See the port."""
        return False

    @property
    def origin(self) -> str:
        """Where browsers meet the store: scheme, host and port."""
        url = urlsplit(self._signing.generate_presigned_url("get_object", Params=self._of("a")))
        return f"{url.scheme}://{url.netloc}"

    def presign_upload(
        self,
        key: str,
        *,
        media_type: str,
        size_bytes_min: int,
        size_bytes_max: int,
        sha256_hex: str | None,
        expires_in_s: int,
    ) -> PresignedUpload:
        """See the port."""
        if not 0 <= size_bytes_min <= size_bytes_max:
            raise ValueError("a size range runs from 0 or more upwards")
        fields = {"Content-Type": media_type}
        if sha256_hex is not None:
            digest = bytes.fromhex(checked_digest(sha256_hex))
            fields["x-amz-checksum-sha256"] = base64.b64encode(digest).decode()
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        form = self._signing.generate_presigned_post(
            **self._of(key),
            Fields=fields,
            Conditions=[*conditions, ["content-length-range", size_bytes_min, size_bytes_max]],
            ExpiresIn=expires_in_s,
        )
        return PresignedUpload(form["url"], form["fields"])

    def presign_download(self, key: str, *, expires_in_s: int, file_name: str | None = None) -> str:
        """See the port."""
        answer = {
            "ResponseContentDisposition": disposition(checked_file_name(file_name)),
            "ResponseCacheControl": "no-store",
        }
        url: str = self._signing.generate_presigned_url(
            "get_object",
            Params={**self._of(key), **answer},
            ExpiresIn=checked_lifetime(expires_in_s),
        )
        return url

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """See the port. Raises no `PlaceClosed`."""
        self._writer.put(self._name(key), data, media_type)

    def put_new(self, key: str, data: bytes, *, media_type: str) -> None:
        """See the port. Where an acknowledgement was lost, what is present may be our own."""
        self._writer.put(self._name(key), data, media_type, IfNoneMatch="*")

    def write(self, key: str, chunks: Iterable[bytes], *, media_type: str) -> ObjectFacts:
        """See the port. The server knows no digest of what came in several parts."""
        return self._writer.write(self._name(key), chunks, media_type)

    def get(self, key: str) -> bytes:
        """See the port. A body that breaks off is asked for again."""
        for _ in range(ATTEMPTS_MAX - 1):
            chunks = self.open(key).chunks
            try:
                return b"".join(chunks)
            except StoreUnavailable:
                continue
        return b"".join(self.open(key).chunks)

    def open(self, key: str, *, first_byte: int = 0, last_byte: int | None = None) -> OpenObject:
        """See the port."""
        if first_byte < 0 or (last_byte is not None and last_byte < first_byte):
            raise ValueError("a span runs from 0 or more upwards")
        asked = self._of(key)
        if (first_byte, last_byte) != (0, None):
            last = "" if last_byte is None else str(last_byte)
            asked["Range"] = f"bytes={first_byte}-{last}"
        with store_errors():
            try:
                answer = self._client.get_object(**asked)
            except ClientError as error:
                if error.response["Error"].get("Code") != "InvalidRange":
                    raise
                raise SpanAbsent(self._size_of(key)) from None
        _, _, total = answer.get("ContentRange", "").partition("/")
        facts = _facts(answer, int(total or answer["ContentLength"]))
        return OpenObject(facts, self._chunks(answer["Body"], answer["ContentLength"]))

    def head(self, key: str) -> ObjectFacts | None:
        """See the port."""
        try:
            with store_errors():
                answer = self._client.head_object(**self._of(key), ChecksumMode="ENABLED")
        except ObjectAbsent:
            return None
        return _facts(answer, answer["ContentLength"])

    def delete(self, keys: Iterable[str]) -> None:
        """See the port."""
        names = [self._name(key) for key in keys]
        for at in range(0, len(names), DELETED_AT_ONCE_MAX):
            some = [{"Key": name} for name in names[at : at + DELETED_AT_ONCE_MAX]]
            with store_errors():
                answer = self._client.delete_objects(
                    Bucket=self._place.bucket, Delete={"Objects": some, "Quiet": True}
                )
            for failed in answer.get("Errors", ()):
                raise StoreUnavailable(failed.get("Code", "DeleteFailed"))

    def delete_prefix(self, prefix: str) -> int:
        """See the port."""
        found = list(self.keys(checked_prefix(prefix)))
        self.delete(found)
        return len(found)

    def close(self, places: Iterable[str]) -> None:
        """Does nothing, see the port: S3 recalls no form."""
        for place in places:
            checked_place(place)

    def keys(self, prefix: str) -> Iterator[str]:
        """See the port."""
        return (found.key for found in self.listed(prefix))

    def listed(self, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """See the port. Asks for a page whenever the one before is used up."""
        return self._listed(checked_prefix(prefix) if prefix else "", after)

    def _listed(self, prefix: str, after: str) -> Iterator[ListedObject]:
        own = self._place.prefix
        asked = {"Bucket": self._place.bucket, "Prefix": own + prefix}
        if after:
            asked["StartAfter"] = own + after
        pages = iter(self._client.get_paginator("list_objects_v2").paginate(**asked))
        while True:
            with store_errors():
                page = next(pages, None)
            if page is None:
                return
            for one in page.get("Contents", ()):
                # A folder of a server that keeps files shows as a key that ends with a slash.
                if not one["Key"].endswith("/"):
                    key = one["Key"].removeprefix(own)
                    yield ListedObject(key, one["Size"], one["LastModified"])

    def _chunks(self, body: Any, length: int) -> Generator[bytes]:
        left, waited_s = length, 0.0
        try:
            while left:
                began_s = self._monotonic_s()
                with store_errors():
                    chunk = body.read(min(CHUNK_BYTES, left))
                waited_s += self._monotonic_s() - began_s
                if not chunk:
                    raise StoreUnavailable("IncompleteBody")
                left -= len(chunk)
                if waited_s > PATIENCE_S + (length - left) / BYTES_PER_S_MIN:
                    raise StoreUnavailable("TooSlow")
                yield chunk
            with store_errors():
                # Past the end the client compares the checksum, where the server sent one.
                body.read()
        finally:
            body.close()

    def _size_of(self, key: str) -> int:
        facts = self.head(key)
        if facts is None:
            raise ObjectAbsent
        return facts.size_bytes

    def _of(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._place.bucket, "Key": self._name(key)}

    def _name(self, key: str) -> str:
        return self._place.prefix + checked_key(key)


def _facts(answer: dict[str, Any], size_bytes: int) -> ObjectFacts:
    return ObjectFacts(size_bytes, answer.get("ContentType", ""), _sha256_hex(answer))


def _sha256_hex(answer: dict[str, Any]) -> str | None:
    """The digest of the whole object; what is one of parts, or absent, is none."""
    if answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        digest = base64.b64decode(answer.get("ChecksumSHA256", ""), validate=True)
    except binascii.Error:
        return None
    return digest.hex() if len(digest) == 32 else None
