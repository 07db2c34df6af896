"""Writes an object whose bytes come one after the other, in parts, with one part in memory."""

import base64
import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from adapters.objects.s3_access import store_errors
from commands.ports.object_store import ObjectFacts, StoreUnavailable

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts of 5 MiB or more, and 10,000 of them: 80 GB, more than anything here."""


class ObjectWriter:
    """Writes to one bucket. `client` is boto3's; keys are whole, with their prefix."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: bytes, media_type: str, **conditions: str) -> None:
        """One request. The server refuses bytes that are not those that were sent."""
        with store_errors():
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType=media_type,
                ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
                **conditions,
            )

    def write(self, key: str, chunks: Iterable[bytes], media_type: str) -> ObjectFacts:
        """As many requests as there are parts. Whatever fails, no half of it is ever an object."""
        digest, size_bytes = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size_bytes
            for chunk in chunks:
                digest.update(chunk)
                size_bytes += len(chunk)
                yield chunk

        parts = _parts(counted())
        first = next(parts, b"")
        second = next(parts, None)
        if second is None:
            self.put(key, first, media_type)
        else:
            self._write_parts(key, media_type, first, second, parts)
        return ObjectFacts(size_bytes, media_type, digest.hexdigest())

    def _write_parts(
        self, key: str, media_type: str, first: bytes, second: bytes, rest: Iterator[bytes]
    ) -> None:
        of_object = {"Bucket": self._bucket, "Key": key}
        with store_errors():
            begun = self._client.create_multipart_upload(
                **of_object, ContentType=media_type, ChecksumAlgorithm="SHA256"
            )
        of_upload = {**of_object, "UploadId": begun["UploadId"]}
        try:
            done = [
                self._write_part(of_upload, number, part)
                for number, part in enumerate(_all(first, second, rest), start=1)
            ]
            with store_errors():
                self._client.complete_multipart_upload(**of_upload, MultipartUpload={"Parts": done})
        except BaseException:
            # What this leaves where the store is away, the bucket's own rule or its server clears.
            with contextlib.suppress(StoreUnavailable), store_errors():
                self._client.abort_multipart_upload(**of_upload)
            raise

    def _write_part(self, of_upload: dict[str, Any], number: int, part: bytes) -> dict[str, Any]:
        checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
        with store_errors():
            written = self._client.upload_part(
                **of_upload, PartNumber=number, Body=part, ChecksumSHA256=checksum
            )
        return {"PartNumber": number, "ETag": written["ETag"], "ChecksumSHA256": checksum}


def _all(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


def _parts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of `PART_BYTES`, the last of them shorter and never empty."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    if held:
        yield bytes(held)
