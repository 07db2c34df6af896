"""Which answer a client takes: one JSON object, or a stream of events."""

from dataclasses import dataclass

RESPONSE_TYPE = "application/graphql-response+json"
JSON_TYPE = "application/json"
STREAM_TYPE = "text/event-stream"

_ENTRIES_MAX = 32
"""Of one header; browsers send eight."""


@dataclass(frozen=True)
class Accepted:
    """`json` is the media type for one object; None where only a stream is taken, or it is
    preferred. `stream`: whether a stream of events is taken. A wildcard asks for no stream.
    """

    json: str | None
    stream: bool


def accepted(header: str | None) -> Accepted:
    """What an Accept header asks for. Without a word for any of ours: JSON of the older type.

    The higher q wins, then the earlier entry. Where JSON and stream are wanted alike, both are
    taken, and the operation decides: queries and mutations are answered in JSON.
    """
    weights = _weights(header or "")
    stream = weights.get(STREAM_TYPE, 0.0)
    rest = max(weights.get("*/*", 0.0), weights.get("application/*", 0.0))
    json_type, json = JSON_TYPE, rest
    for media_type, weight in weights.items():
        if media_type in (RESPONSE_TYPE, JSON_TYPE) and (
            weight > json or (weight == json and json_type not in weights)
        ):
            json_type, json = media_type, weight
    if stream > json:
        return Accepted(json=None, stream=True)
    return Accepted(json=json_type, stream=stream > 0)


def _weights(header: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for entry in header.split(",")[:_ENTRIES_MAX]:
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((_q(given[2:]) for given in parameters if given.startswith("q=")), 1.0)
        if media_type:
            found[media_type] = max(weight, found.get(media_type, 0.0))
    return found


def _q(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def takes_gzip(header: str | None) -> bool:
    """Whether who sent this Accept-Encoding takes a compressed answer."""
    for one in (header or "").lower().split(","):
        name, _, weight = one.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" if weight else True
    return False
