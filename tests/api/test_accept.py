"""Which answer a client gets for its Accept header, and how a stream looks on the wire."""

import pytest

from api.accept import JSON_TYPE, RESPONSE_TYPE, Accepted, accepted, takes_gzip
from api.event_stream import RETRY_MS
from tests.api.creator import Creator, Visitor

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
APOLLO = "application/graphql-response+json,application/json;q=0.9"
CATALOGUE = "{ catalogue { priceVersion } }"
WALLET = "subscription { wallet { __typename ... on WalletSnapshot { position } } }"


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        (None, Accepted(JSON_TYPE, stream=False)),
        ("", Accepted(JSON_TYPE, stream=False)),
        ("*/*", Accepted(JSON_TYPE, stream=False)),
        ("text/html", Accepted(JSON_TYPE, stream=False)),
        (APOLLO, Accepted(RESPONSE_TYPE, stream=False)),
        ("application/json, application/graphql-response+json", Accepted(JSON_TYPE, stream=False)),
        (
            "application/json;q=0.1, application/graphql-response+json",
            Accepted(RESPONSE_TYPE, stream=False),
        ),
        (URQL, Accepted(RESPONSE_TYPE, stream=True)),
        ("text/event-stream, application/json", Accepted(JSON_TYPE, stream=True)),
        ("text/event-stream", Accepted(None, stream=True)),
        ("text/event-stream, application/json;q=0.5", Accepted(None, stream=True)),
        ("text/event-stream;q=0.5, application/json", Accepted(JSON_TYPE, stream=True)),
        ("text/event-stream;q=0, */*", Accepted(JSON_TYPE, stream=False)),
        ("text/event-stream, */*;q=0.1", Accepted(None, stream=True)),
        ("APPLICATION/JSON ; Q=0.5", Accepted(JSON_TYPE, stream=False)),
        ("application/json;q=x, text/event-stream;q=9", Accepted(JSON_TYPE, stream=False)),
    ],
)
def test_the_higher_weight_wins_and_then_the_earlier_type(
    header: str | None, takes: Accepted
) -> None:
    assert accepted(header) == takes


@pytest.mark.parametrize("accept", [URQL, "text/event-stream, application/json"])
def test_who_takes_both_gets_json_for_a_query_and_a_stream_for_a_subscription(
    ada: Creator, accept: str
) -> None:
    answer = ada.send({"query": CATALOGUE}, accept=accept)
    assert answer.data == {"catalogue": {"priceVersion": 1}}
    headers = {**ada.headers, "accept": accept}
    with ada.http.stream("POST", "/graphql", json={"query": WALLET}, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == f"retry: {RETRY_MS}"


def test_who_prefers_a_stream_gets_one_for_everything(visitor: Visitor) -> None:
    answer = visitor.send({"query": CATALOGUE}, accept="text/event-stream")
    assert answer.response.text == (
        f"retry: {RETRY_MS}\n\n"
        'event: next\ndata: {"data":{"catalogue":{"priceVersion":1}}}\n\n'
        "event: complete\ndata: \n\n"
    )


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("gzip;q=0, *", False),
        ("gzip; q=0.000", False),
    ],
)
def test_who_takes_compressed_answers(header: str | None, *, takes: bool) -> None:
    assert takes_gzip(header) is takes


def test_a_long_answer_is_compressed_for_whoever_takes_that(visitor: Visitor) -> None:
    text = "consentText { text } biometricReleaseText { text }"
    long = {"query": f"{{ catalogue {{ {text} engines {{ phrases {{ name phrases }} }} }} }}"}
    plain = visitor.send(long, **{"accept-encoding": "identity"})
    packed = visitor.send(long, **{"accept-encoding": "gzip"})
    assert packed.response.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.response.headers
    assert packed.data == plain.data
    assert packed.response.num_bytes_downloaded < plain.response.num_bytes_downloaded
    assert int(packed.response.headers["content-length"]) == packed.response.num_bytes_downloaded
    short = visitor.send({"query": CATALOGUE}, **{"accept-encoding": "gzip"})
    assert "content-encoding" not in short.response.headers
