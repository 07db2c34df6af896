"""How bytes come and go: presigned URLs from the grant, and no credentials of our own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Final, Protocol

import httpx

from topics.messages.work import Download, Upload

DOWNLOAD_SIZE_BYTES_MAX: Final = 512 * 1024 * 1024
_TRIES: Final = 3
_RETRY_DELAY_S: Final = 0.5
# A store that is not there at all, or says that it is busy, is so for half a minute or longer.
_BUSY: Final = (502, 503, 504)
_ABSENT_DELAYS_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_TIMEOUT_S: Final = 30.0


class InputUnavailable(Exception):
    """An object that the work needs could not be read, or is not the one that was named."""


class UploadRefused(Exception):
    """The object store did not take an object."""


class Objects(Protocol):
    """Where the work's inputs come from and its outputs go to."""

    def download(self, download: Download) -> bytes:
        """The object's bytes; their sha256 is what the grant says. Raises InputUnavailable."""

    def upload(self, upload: Upload, body: bytes) -> None:
        """Put one object. Putting the same again is harmless. Raises UploadRefused."""


class PresignedObjects:
    """Objects over HTTP. A store that is away or busy is waited for, 30 s in all.

    Other 5xx are tried three times, refusals once.
    """

    def __init__(self, client: httpx.Client, wait: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._wait = wait

    def download(self, download: Download) -> bytes:
        """See `Objects.download`."""
        body = self._try(lambda: self._get(download.url), InputUnavailable)
        if download.sha256 is not None and hashlib.sha256(body).hexdigest() != download.sha256:
            raise InputUnavailable("another object than the one that was granted")
        return body

    def upload(self, upload: Upload, body: bytes) -> None:
        """See `Objects.upload`."""
        if len(body) > upload.size_bytes_max:
            raise UploadRefused(f"larger than {upload.size_bytes_max} bytes")
        file = ("object", body, upload.media_type)

        def post() -> bytes:
            answer = self._client.post(upload.url, data=upload.fields, files={"file": file})
            answer.raise_for_status()
            return b""

        self._try(post, UploadRefused)

    def _get(self, url: str) -> bytes:
        with self._client.stream("GET", url) as answer:
            answer.raise_for_status()
            parts, size_bytes = [], 0
            for part in answer.iter_bytes():
                size_bytes += len(part)
                if size_bytes > DOWNLOAD_SIZE_BYTES_MAX:
                    raise InputUnavailable(f"larger than {DOWNLOAD_SIZE_BYTES_MAX} bytes")
                parts.append(part)
        return b"".join(parts)

    def _try(self, call: Callable[[], bytes], refusal: type[Exception]) -> bytes:
        tries_left, absent_delays_s = _TRIES, iter(_ABSENT_DELAYS_S)
        while True:
            try:
                return call()
            except httpx.HTTPStatusError as error:
                # The message would name the URL, and the URL is a credential.
                status = error.response.status_code
                if status in _BUSY:
                    delay_s = next(absent_delays_s, None)
                else:
                    tries_left -= 1
                    delay_s = _RETRY_DELAY_S if status >= 500 and tries_left else None
                if delay_s is None:
                    raise refusal(f"answer {status}") from None
                self._wait(delay_s)
            except httpx.HTTPError as error:
                delay_s = next(absent_delays_s, None)
                if delay_s is None:
                    raise refusal(type(error).__name__) from None
                self._wait(delay_s)


def presigned_objects() -> PresignedObjects:
    """Objects over a client of their own, without proxies or redirects to elsewhere."""
    return PresignedObjects(httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False))
