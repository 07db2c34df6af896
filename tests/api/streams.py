"""Two ways to follow a feed: server-sent events, and graphql-transport-ws."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread
from typing import Any

import httpx
from websockets.datastructures import Headers
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.api.creator import Creator, Visitor

EVENT_WAIT_S = 10.0
QUIET_S = 0.6
"""Longer than any rest between two looks of a feed."""


@dataclass(frozen=True)
class Event:
    """One event of a stream. `id` is what a browser would resume after."""

    name: str
    id: str | None
    payload: Any

    @property
    def value(self) -> Any:
        """The one root value of an answer without errors."""
        assert "errors" not in self.payload, self.payload
        (value,) = self.payload["data"].values()
        return value


class Sse:
    """One open subscription, read by a thread of its own."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._events: Queue[Event | None] = Queue()
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def next(self) -> Event:
        """The next event. Fails the test where none comes."""
        found = self._events.get(timeout=EVENT_WAIT_S)
        assert found is not None, "the stream has ended"
        return found

    def value(self) -> Any:
        """The next event's root value."""
        return self.next().value

    @property
    def headers(self) -> httpx.Headers:
        """Of the answer that the stream is."""
        return self._response.headers

    def until_end(self) -> list[Event]:
        """All that comes until the stream ends, in whatever way. Fails the test if it does not."""
        return list(iter(lambda: self._events.get(timeout=EVENT_WAIT_S), None))

    def rest(self) -> list[Event]:
        """All that comes until it is quiet for a moment, or the end."""
        found: list[Event] = []
        while True:
            try:
                event = self._events.get(timeout=QUIET_S)
            except Empty:
                return found
            if event is None:
                return found
            found.append(event)

    def _read(self) -> None:
        name, event_id, data = "message", None, ""
        try:
            for line in self._response.iter_lines():
                field, _, text = line.partition(":")
                match field:
                    case "event":
                        name = text.strip()
                    case "id":
                        event_id = text.strip()
                    case "data":
                        data = text.strip()
                if not line and (data or name == "complete"):
                    self._events.put(Event(name, event_id, json.loads(data) if data else None))
                    name, event_id, data = "message", None, ""
        except (httpx.HTTPError, RuntimeError):
            # The test has closed the stream.
            pass
        self._events.put(None)


@contextmanager
def sse(
    who: Visitor, document: str, last_event_id: str | None = None, **variables: Any
) -> Iterator[Sse]:
    """Subscribe over server-sent events for the length of a `with` block."""
    headers = {**who.headers, "accept": "text/event-stream"}
    if last_event_id is not None:
        headers["last-event-id"] = last_event_id
    with httpx.Client(
        base_url=who.live.url, timeout=httpx.Timeout(30.0, read=None), verify=False
    ) as client:
        request = client.build_request(
            "POST", "/graphql", json={"query": document, "variables": variables}, headers=headers
        )
        response = client.send(request, stream=True)
        assert response.status_code == 200, response.read()
        try:
            yield Sse(response)
        finally:
            response.close()


class Socket:
    """A graphql-transport-ws client."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @property
    def headers(self) -> Headers:
        """Of the answer that opened the socket."""
        assert self._connection.response is not None
        return self._connection.response.headers

    def send(self, **message: Any) -> None:
        """Send one message."""
        self._connection.send(json.dumps(message))

    def send_text(self, text: str) -> None:
        """Send one frame as it stands."""
        self._connection.send(text)

    def send_bytes(self, content: bytes) -> None:
        """Send one frame of bytes."""
        self._connection.send(content)

    def receive(self) -> Any:
        """The next message, which has to be text."""
        message = self._connection.recv(timeout=EVENT_WAIT_S)
        assert isinstance(message, str)
        return json.loads(message)

    def receive_all(self) -> None:
        """Read until the other side closes. Raises `ConnectionClosed`."""
        while True:
            self.receive()

    def begin(self, payload: Any) -> None:
        """Open the session of the protocol."""
        self.send(type="connection_init", payload=payload)
        assert self.receive() == {"type": "connection_ack"}

    def subscribe(self, operation: str, document: str, **variables: Any) -> None:
        """Begin one operation."""
        payload = {"query": document, "variables": variables}
        self.send(id=operation, type="subscribe", payload=payload)

    def value(self, operation: str) -> Any:
        """The root value of the next answer of one operation."""
        message = self.receive()
        assert (message["id"], message["type"]) == (operation, "next"), message
        return Event("next", None, message["payload"]).value


@contextmanager
def socket(who: Visitor, **headers: str) -> Iterator[Socket]:
    """A connected socket. Nobody is signed in yet but by a cookie."""
    url = who.live.url.replace("http://", "ws://") + "/graphql"
    with connect(
        url,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=headers,
        compression=None,
    ) as connection:
        yield Socket(connection)


@contextmanager
def signed_in(who: Creator) -> Iterator[Socket]:
    """A socket of somebody who is signed in by their token."""
    with socket(who) as found:
        found.begin({"token": who.token})
        yield found
