"""A worker's way to the object store, on which it can be halted in the middle of an upload."""

from collections.abc import Iterator

import httpx

from gpu_consumers.presigned_objects import PresignedObjects
from tests.faults.stage import HOLD_UPLOAD, Stage

TIMEOUT_S = 30.0


class HaltingTransport(httpx.BaseTransport):
    """HTTP as it is, but that half of a body is on its way where the flag is up."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._http = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, its body in two halves."""
        if request.method != "POST":
            return self._http.handle_request(request)
        halves = _Halves(request.read(), self._stage)
        return self._http.handle_request(
            httpx.Request(
                request.method,
                request.url,
                headers=request.headers,
                stream=halves,
                extensions=request.extensions,
            )
        )

    def close(self) -> None:
        """Close what is open."""
        self._http.close()


class _Halves(httpx.SyncByteStream):
    def __init__(self, body: bytes, stage: Stage) -> None:
        self._body = body
        self._stage = stage

    def __iter__(self) -> Iterator[bytes]:
        half = len(self._body) // 2
        yield self._body[:half]
        self._stage.halt_at(HOLD_UPLOAD)
        yield self._body[half:]


def halting_objects(stage: Stage) -> PresignedObjects:
    """What a worker reads and writes through, as `presigned_objects`."""
    client = httpx.Client(transport=HaltingTransport(stage), timeout=TIMEOUT_S)
    return PresignedObjects(client)
