"""Server-sent events of a subscription: each with the position to resume after."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import SSETransport

HEARTBEAT_S = 5.0
"""The server learns that a client has left when it next sends: a feed outlives it by this."""

RETRY_MS = 1_000
"""After how long a browser comes back. A restarted process listens again by then."""


class ResumableSse(SSETransport):
    """SSE whose events carry the position as their id, so that `Last-Event-ID` resumes.

    Lines end in LF: clients that read a stream by hand split at it.
    """

    def __init__(self) -> None:
        super().__init__(heartbeat_interval=HEARTBEAT_S)

    def encode_next(
        self, response: GraphQLHTTPResponse, encode_json: Callable[[object], str]
    ) -> str:
        """One event, with `id:` where the answer's root field states a position."""
        event = super().encode_next(response, encode_json)
        event_id = _event_id(response)
        return event if event_id is None else f"id: {event_id}\n{event}"

    def encode_event(self, event: str, data: str | None = None) -> str:
        """One event. `data` is one line; JSON always is."""
        return f"event: {event}\ndata: {data or ''}\n\n"

    def encode_comment(self, comment: str) -> str:
        """A line that no client hears of."""
        return f": {comment}\n\n"


def _event_id(response: Mapping[str, Any]) -> str | None:
    """What to resume after; empty after `Lagged`, for a browser would lag for ever otherwise."""
    for value in (response.get("data") or {}).values():
        if isinstance(value, dict) and value.get("position") is not None:
            return "" if value.get("__typename") == "Lagged" else str(value["position"])
    return None


async def until_stopped(
    stream: AsyncIterator[str], is_stopping: Callable[[], bool]
) -> AsyncIterator[str]:
    """A stream with the time to come back after, and without `complete` from a server that stops:
    its client has to come back, and whoever reads `complete` does not.
    """
    yield f"retry: {RETRY_MS}\n\n"
    async with aclosing(stream) as events:  # type: ignore[type-var]
        async for event in events:
            if is_stopping() and event.startswith("event: complete"):
                return
            yield event
