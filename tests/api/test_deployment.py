"""What an answer tells a browser beside its content, and what it never repeats."""

import socket as sockets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from api.context import SESSION_COOKIE
from tests.api.creator import Creator, Visitor
from tests.api.live_studio import LiveStudio, live_studio
from tests.api.streams import socket
from tests.api.test_feeds import WALLET
from tests.api.test_signing_in import WHO

PARTNER = "https://partner.example"
ELSEWHERE = "https://elsewhere.example"
PATHS = [
    "/",
    "/developers",
    "/schema.graphql",
    "/documents.json",
    "/graphql",
    "/livez",
    "/web/studio/styles/shell.css",
    "/nothing",
    "/objects/nothing",
]
WITH_ANOTHER_SLASH = [
    "/graphql/",
    "/web",
    "/samples",
    "/objects",
    "/sandbox/identity",
    "/webhooks/payment/",
    "/sandbox/identity/6f9619ff-8b86-d011-b42d-00c04fc964ff/",
    "/sandbox/payment/6f9619ff-8b86-d011-b42d-00c04fc964ff/",
]


@pytest.fixture
def deployed(database: str, tmp_path: Path) -> Iterator[LiveStudio]:
    """A studio that is met by https, and a frontend of whose is somewhere else."""
    with live_studio(
        database, tmp_path, public_url="https://studio.example", cors_origins=(PARTNER,)
    ) as found:
        yield found


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_keeps_a_page_to_itself(visitor: Visitor, path: str) -> None:
    headers = visitor.http.get(path).headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in headers["permissions-policy"]
    assert "content-security-policy" in headers
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers
    assert "strict-transport-security" not in headers


def test_a_studio_met_by_https_is_met_by_nothing_else(deployed: LiveStudio) -> None:
    answer = Visitor(deployed).http.get("/")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def raw(live: LiveStudio, request: str) -> str:
    """The answer to a request as it is written here."""
    parts = urlsplit(live.url)
    with sockets.create_connection((parts.hostname, parts.port), timeout=10.0) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        found = b""
        while piece := connection.recv(65_536):
            found += piece
    return found.decode()


def test_a_socket_does_not_say_what_serves_it(live: LiveStudio) -> None:
    url = f"{live.url.replace('http', 'ws', 1)}/graphql"
    with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as accepted:
        assert accepted.response is not None
        assert "server" not in accepted.response.headers
    with pytest.raises(InvalidStatus) as refused:
        connect(url, origin=Origin(ELSEWHERE))
    assert "server" not in refused.value.response.headers


@pytest.mark.parametrize("path", [*PATHS, *WITH_ANOTHER_SLASH])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_answer_repeats_the_host_that_was_asked_for(
    live: LiveStudio, path: str, method: str
) -> None:
    for name in ("Host", "Host: studio.example\nX-Forwarded-Host"):
        answer = raw(
            live,
            f"{method} {path} HTTP/1.1\n{name}: evil.example\nContent-Length: 0\n"
            "Connection: close\n\n",
        )
        assert answer.startswith("HTTP/1.1 ")
        assert "evil.example" not in answer.lower()
        assert "\nlocation:" not in answer.lower()


def test_a_page_of_another_frontend_may_ask_with_its_token(deployed: LiveStudio) -> None:
    ada = Creator(deployed)
    preflight = ada.http.options(
        "/graphql",
        headers={
            "origin": PARTNER,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PARTNER
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    answer = ada.send({"query": WHO}, origin=PARTNER)
    assert answer.data["viewer"]["email"] == ada.email
    assert answer.response.headers["access-control-allow-origin"] == PARTNER
    assert "access-control-allow-credentials" not in answer.response.headers


def test_a_cookie_is_our_own_pages_alone_wherever_a_frontend_is(deployed: LiveStudio) -> None:
    ada = Creator(deployed)
    cookie = f"{SESSION_COOKIE}={ada.token}"
    ada.token = None
    for origin in (PARTNER, ELSEWHERE):
        answer = ada.send({"query": WHO}, origin=origin, cookie=cookie)
        assert answer.data["viewer"]["code"] == "NOT_SIGNED_IN"
    with socket(ada, Origin=PARTNER, Cookie=cookie) as ws:
        ws.begin({})
        ws.subscribe("1", WALLET)
        assert ws.value("1")["code"] == "NOT_SIGNED_IN"


def test_a_page_of_nobody_we_know_is_told_nothing(deployed: LiveStudio) -> None:
    ada = Creator(deployed)
    answer = ada.send({"query": WHO}, origin=ELSEWHERE)
    assert "access-control-allow-origin" not in answer.response.headers
    with pytest.raises(InvalidStatus), socket(ada, Origin=ELSEWHERE):
        pass


def test_another_frontend_follows_with_its_token_over_a_socket(deployed: LiveStudio) -> None:
    ada = Creator(deployed)
    deployed.settle()
    with socket(ada, Origin=PARTNER) as ws:
        ws.begin({"token": ada.token})
        ws.subscribe("1", WALLET)
        assert ws.value("1")["__typename"] == "WalletSnapshot"


def test_only_files_may_be_shown_by_another_frontends_pages(deployed: LiveStudio) -> None:
    visitor = Visitor(deployed)
    assert visitor.http.get("/samples/nothing").status_code == 404
    policies = {
        path: visitor.http.get(path).headers["cross-origin-resource-policy"]
        for path in ("/objects/nothing", "/samples/nothing", "/", "/graphql")
    }
    assert policies == {
        "/objects/nothing": "cross-origin",
        "/samples/nothing": "cross-origin",
        "/": "same-origin",
        "/graphql": "same-origin",
    }
