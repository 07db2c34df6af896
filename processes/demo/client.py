"""A client of the studio such as anybody could write: GraphQL, presigned uploads, hosted pages."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from api.documents import TrustedDocuments

REQUEST_TIMEOUT_S = 60.0
TRIES = 7
"""A lost answer is asked for again under the same idempotency key."""


class DemoRefused(Exception):
    """The studio said no to something that the demo relies on."""


class StudioClient:
    """One person's session."""

    def __init__(self, address: str, operations: Path) -> None:
        self._documents = TrustedDocuments.load(operations)
        self._http = httpx.Client(base_url=address, timeout=REQUEST_TIMEOUT_S)
        self._token: str | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, name: str, variables: Mapping[str, Any] | None = None) -> Any:
        """One committed document; answers its only root field. Raises `DemoRefused`."""
        body = {"documentId": self._documents.ids_by_name[name], "variables": variables or {}}
        answer = self._post(body).json()
        if answer.get("errors"):
            raise DemoRefused(f"{name}: {answer['errors'][0]['message']}")
        (value,) = answer["data"].values()
        if isinstance(value, dict) and "code" in value and "path" in value:
            raise DemoRefused(f"{name}: {value['code']}: {value['message']}")
        return value

    def command(self, name: str, /, **values: Any) -> Any:
        """One mutation under a key of its own."""
        return self.run(name, {"input": {"idempotencyKey": str(uuid4()), **values}})

    def sign_in(self, email: str, password: str) -> None:
        """Open a session; every later request carries its token."""
        opened = self.run("SignIn", {"input": {"email": email, "password": password}})
        self._token = opened["token"]

    def viewer(self, min_position: str | None = None) -> Any:
        """The viewer, once the read models have come to a position."""
        return self.run("Viewer", {"minPosition": min_position})

    def events(self, name: str) -> Iterator[Any]:
        """A subscription over server-sent events. Ends when the stream does."""
        body = {"documentId": self._documents.ids_by_name[name], "variables": {}}
        headers = {**self._headers(), "accept": "text/event-stream"}
        with self._http.stream(
            "POST", "/graphql", json=body, headers=headers, timeout=httpx.Timeout(30.0, read=None)
        ) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and (text := line[5:].strip()):
                    (value,) = json.loads(text)["data"].values()
                    yield value

    def upload(self, url: str, fields: list[dict[str, str]], data: bytes) -> None:
        """Post one file as its form asks. Raises `DemoRefused`."""
        form = {field["name"]: field["value"] for field in fields}
        answer = httpx.post(url, data=form, files={"file": ("photo.jpg", data, "image/jpeg")})
        if answer.status_code >= 300:
            raise DemoRefused(f"upload: status {answer.status_code}")

    def download(self, url: str) -> bytes:
        """The bytes behind an address: a presigned one, or the studio's own by the session.

        Raises `DemoRefused`.
        """
        if url.startswith("/"):
            answer = self._http.get(url, headers=self._headers())
        else:
            answer = httpx.get(url, timeout=REQUEST_TIMEOUT_S)
        if answer.status_code != 200:
            raise DemoRefused(f"download: status {answer.status_code}")
        return answer.content

    def choose(self, page_url: str, choice: str) -> None:
        """Press one button of a hosted sandbox page."""
        answer = httpx.post(page_url, data={"choice": choice}, timeout=REQUEST_TIMEOUT_S)
        if answer.status_code not in (200, 302, 303):
            raise DemoRefused(f"hosted page: status {answer.status_code}")

    def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        for attempt in range(TRIES):
            try:
                return self._http.post("/graphql", json=body, headers=self._headers())
            except httpx.TransportError:
                if attempt == TRIES - 1:
                    raise
                # The API may be restarting; the body, and with it the key, stays the same.
                time.sleep(0.5 * 2**attempt)
        raise AssertionError("unreachable")

    def _headers(self) -> dict[str, str]:
        headers = {"accept": "application/graphql-response+json"}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        return headers
