"""Whatever a small body or frame holds, it has a typed answer, and the log has no traceback."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.context import SESSION_COOKIE
from tests.api.creator import Answer, Creator, Visitor
from tests.api.live_studio import LiveStudio
from tests.api.streams import Socket, signed_in, socket

CATALOGUE = "{ catalogue { priceVersion } }"
WALLET = "subscription { wallet { __typename ... on WalletSnapshot { position } } }"
JOBS = "query($n: PageSize) { viewer { ... on Viewer { jobs(first: $n) { __typename } } } }"
DEEP = "[" * 330 + "]" * 330


@pytest.fixture
def quiet() -> Iterator[None]:
    """Fails the test where anything was logged as an error, or with an exception."""
    heard: list[logging.LogRecord] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING or record.exc_info:
                heard.append(record)

    ear, root = Ear(), logging.getLogger()
    root.addHandler(ear)
    with capture_logs() as logs:
        yield
    root.removeHandler(ear)
    assert [record.getMessage() for record in heard] == []
    assert [entry for entry in logs if entry["log_level"] in ("error", "critical")] == []


def posted(visitor: Visitor, text: str, **headers: str) -> Answer:
    """One body as it stands."""
    given = {"content-type": "application/json", **visitor.headers, **headers}
    return Answer(visitor.http.post("/graphql", content=text.encode(), headers=given))


def code_of(answer: Answer) -> tuple[int, str]:
    """Status and code of an answer that has one error."""
    [error] = answer.errors
    assert "data" not in answer.body
    return answer.status, error["extensions"]["code"]


BODIES = {
    "a number of 5,000 digits": ('{"query": ' + "9" * 5_000 + "}", "LIMIT_EXCEEDED"),
    "a fraction of 5,000 digits": ('{"variables": {"a": 0.' + "9" * 5_000 + "}}", "LIMIT_EXCEEDED"),
    "a number beyond all": ('{"query": "{ a }", "variables": {"a": 1e999}}', "LIMIT_EXCEEDED"),
    "no number": ('{"query": "{ a }", "variables": {"a": NaN}}', "BAD_REQUEST"),
    "deep variables": ('{"query": "{ a }", "variables": {"a": ' + DEEP + "}}", "LIMIT_EXCEEDED"),
    "half a character": (
        '{"query": "query A { a }", "operationName": "\\ud800"}',
        "LIMIT_EXCEEDED",
    ),
    "half a character in an id": ('{"documentId": "\\ud800"}', "UNKNOWN_DOCUMENT"),
    "a long number in a document": (
        '{"query": "{ viewer(minPosition: ' + "9" * 5_000 + ') { __typename } }"}',
        "LIMIT_EXCEEDED",
    ),
    "an operation nobody knows": (
        '{"query": "query A { __typename } query B { __typename }", "operationName": "C"}',
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "no operation": (
        '{"query": "fragment f on Query { __typename }"}',
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "no document": ("{}", "BAD_REQUEST"),
    "an empty document": ('{"query": ""}', "BAD_REQUEST"),
    "variables that are a list": ('{"query": "{ a }", "variables": []}', "BAD_REQUEST"),
    "a name that is a number": ('{"query": "{ a }", "operationName": 5}', "BAD_REQUEST"),
    "extensions that are a text": ('{"query": "{ a }", "extensions": "x"}', "BAD_REQUEST"),
    "no GraphQL": ('{"query": "{"}', "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ('{"query": "{ nothing }"}', "GRAPHQL_VALIDATION_FAILED"),
    "a variable of another type": (
        '{"query": "query($p: Position) { viewer(minPosition: $p) { __typename } }", '
        '"variables": {"p": 5}}',
        "BAD_USER_INPUT",
    ),
}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_has_a_typed_answer(visitor: Visitor, name: str) -> None:
    body, code = BODIES[name]
    assert code_of(posted(visitor, body)) == (400, code)


@pytest.mark.usefixtures("quiet")
def test_a_bad_body_has_a_typed_answer_in_a_stream_too(visitor: Visitor) -> None:
    for body, code in BODIES.values():
        answer = posted(visitor, body, accept="text/event-stream").response
        assert answer.status_code in (200, 400)
        assert code in answer.text


NO_ORIGINS = ("http://[", "http://[::1", "//]", "null", "")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("origin", NO_ORIGINS)
def test_an_origin_that_is_none_is_not_ours(ada: Creator, origin: str) -> None:
    headers = {"cookie": f"{SESSION_COOKIE}={ada.token}", "origin": origin}
    ask = {"query": "{ viewer { __typename } }"}
    answer = Answer(ada.http.post("/graphql", json=ask, headers=headers))
    assert answer.body["data"] == {"viewer": {"__typename": "NotSignedIn"}}
    shown = ada.http.get(f"/media/{UUID(int=0)}/master", headers=headers)
    assert shown.status_code == 404


@pytest.mark.parametrize("origin", NO_ORIGINS)
def test_an_origin_that_is_none_opens_no_socket(ada: Creator, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, socket(ada, Origin=origin):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.usefixtures("quiet")
def test_a_page_of_null_is_the_clients_mistake(ada: Creator) -> None:
    [error] = ada.post(JOBS, n=None).errors
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["viewer", "jobs"]


@pytest.mark.usefixtures("quiet")
def test_a_subscription_needs_a_client_that_takes_a_stream(ada: Creator) -> None:
    for accept in ("application/json", "application/graphql-response+json", "*/*"):
        answer = ada.send({"query": WALLET}, accept=accept)
        assert code_of(answer) == (406, "SUBSCRIPTION_NOT_STREAMED")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("accept", ["text/event-stream", "application/json", "*/*"])
@pytest.mark.parametrize("query", [CATALOGUE, "mutation { signOut { __typename } }"])
def test_what_is_no_subscription_is_posted(visitor: Visitor, accept: str, query: str) -> None:
    answer = visitor.http.get("/graphql", params={"query": query}, headers={"accept": accept})
    assert code_of(Answer(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_another_method_has_a_typed_answer_too(visitor: Visitor, method: str) -> None:
    answer = visitor.http.request(method, "/graphql", json={"query": CATALOGUE})
    assert code_of(Answer(answer)) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.usefixtures("quiet")
def test_a_query_string_is_guarded_as_a_body_is(visitor: Visitor) -> None:
    for variables in ("9" * 5_000, DEEP, "{", '"x"', "[1]", '{"a": "\\ud800"}'):
        answer = visitor.http.get(
            "/graphql", params={"query": WALLET, "variables": variables}, headers=visitor.headers
        )
        assert code_of(Answer(answer))[0] == 400


FRAMES = {
    "a list": "[]",
    "null": "null",
    "a number": "5",
    "a text": '"x"',
    "no JSON": "{",
    "deep JSON": "[" * 3_000,
    "deep objects": '{"type":' * 700 + "1" + "}" * 700,
    "a number of 5,000 digits": '{"type": "ping", "payload": ' + "9" * 5_000 + "}",
    "a type of no text": '{"type": {"a": 1}}',
    "an unknown type": '{"type": "' + "x" * 500 + '"}',
    "no type": "{}",
    "an init of a text": '{"type": "connection_init", "payload": "x"}',
}


def closed_with(ws: Socket) -> int:
    """The code that a socket is closed with, whatever is said before."""
    with pytest.raises(ConnectionClosed) as closed:
        ws.receive_all()
    assert closed.value.rcvd is not None, "the connection was cut"
    return closed.value.rcvd.code


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_is_no_message_closes_with_a_code(visitor: Visitor, name: str) -> None:
    with socket(visitor) as ws:
        ws.send_text(FRAMES[name])
        assert closed_with(ws) == 4400


@pytest.mark.usefixtures("quiet")
def test_a_frame_of_bytes_closes_with_a_code(visitor: Visitor) -> None:
    with socket(visitor) as ws:
        ws.begin({})
        ws.send_bytes(b"\x00")
        assert closed_with(ws) == 4400


SUBSCRIBES: dict[str, Any] = {
    "half a character in a name": {"query": CATALOGUE, "operationName": "\ud800"},
    "half a character in a variable": {"query": CATALOGUE, "variables": {"a": "\ud800"}},
    "half a character in a document": {"query": '{ node(id: "\ud800") { id } }'},
    "a document that is a number": {"query": 5},
    "variables that are a list": {"query": CATALOGUE, "variables": [1]},
    "no document": {},
    "an operation nobody knows": {"query": CATALOGUE, "operationName": "Nobody"},
    "no operation": {"query": "fragment f on Query { __typename }"},
    "a nested document": {"query": "{" * 400},
    "a long number": {"query": "{ viewer(minPosition: " + "9" * 5_000 + ") { __typename } }"},
    "an unknown document": {"documentId": ["x"]},
}


@pytest.mark.usefixtures("quiet")
def test_a_bad_operation_ends_alone(ada: Creator) -> None:
    with signed_in(ada) as ws:
        ws.subscribe("wallet", WALLET)
        ws.value("wallet")
        for name, payload in SUBSCRIBES.items():
            ws.send(id=name, type="subscribe", payload=payload)
            answer = ws.receive()
            assert (answer["id"], answer["type"]) == (name, "error")
            assert answer["payload"][0]["extensions"]["code"]
        ws.subscribe("1", CATALOGUE)
        assert ws.value("1") == {"priceVersion": 1}


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("operation", ["", "x" * 65, "\ud800", 5, None])
def test_an_id_that_is_none_closes_with_a_code(ada: Creator, operation: object) -> None:
    with signed_in(ada) as ws:
        ws.send(id=operation, type="subscribe", payload={"query": CATALOGUE})
        assert closed_with(ws) == 4400


@pytest.mark.usefixtures("quiet")
def test_an_id_that_is_in_use_closes_with_its_code(ada: Creator) -> None:
    with signed_in(ada) as ws:
        for _ in range(2):
            ws.subscribe("é" * 32, WALLET)
        assert closed_with(ws) == 4409


@pytest.mark.usefixtures("quiet")
def test_a_token_of_no_session_opens_no_socket(live: LiveStudio, ada: Creator) -> None:
    for token in ("nobody's", "", "\ud800", "é", 5, [ada.token]):
        with socket(ada) as ws:
            ws.send(type="connection_init", payload={"token": token})
            assert closed_with(ws) == 4403
    ada.sign_out()
    with socket(ada) as ws:
        ws.send(type="connection_init", payload={"token": ada.token})
        assert closed_with(ws) == 4403
