"""The official clients as their documentation has them: questions, feeds, restarts, sessions."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

from api.caps import Caps
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio, live_studio
from tests.api.node_clients import node_client, programs
from tests.api.streams import sse
from tests.faults.oracle import until

CLIENTS = ["graphql_ws", "graphql_sse", "urql", "urql_streams", "apollo"]
VIEWER = "query Me { viewer { __typename ... on Viewer { email } ... on Refusal { code } } }"
CREATE = (
    "mutation Create($input: CreateTwinInput!) { createTwin(input: $input) { __typename "
    "... on CreateTwinSuccess { position } ... on Refusal { code path } } }"
)
JOBS = (
    "subscription Jobs($after: Position) { jobs(after: $after) { __typename "
    "... on JobsSnapshot { position } ... on JobChanged { position job { id } } "
    "... on Lagged { position } ... on NotSignedIn { code } } }"
)
WRONG = "query Wrong { nothing }"

# These three MAY be: queries by GET. Documents and their variables are personal, and an address is
# logged by whatever stands in between.
NOTICES = {"5A70", "D6D5", "6A70"}


@pytest.fixture
def rich(fresh: LiveStudio) -> Creator:
    """Ada, ready to ask for pictures, in a studio of her own."""
    return Creator(fresh).verified().rich()


def _viewer(said: Any) -> Any:
    return said["answer"]["data"]["viewer"]


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_asks_follows_and_goes_on_after_a_restart(
    rich: Creator, tmp_path: Path, name: str
) -> None:
    live = rich.live
    with node_client(tmp_path, name, live.url, rich.token) as client:
        assert _viewer(client.run(VIEWER))["email"] == rich.email
        made = client.run(CREATE, input={"name": "Ada at sea", "idempotencyKey": str(uuid4())})
        assert made["answer"]["data"]["createTwin"]["__typename"] == "CreateTwinSuccess"
        refused = client.run(CREATE, input={"name": "", "idempotencyKey": str(uuid4())})
        assert refused["answer"]["data"]["createTwin"]["path"] == ["name"]

        client.follow(JOBS)
        assert client.value()["__typename"] == "JobsSnapshot"
        jobs = [rich.images(count=1)]
        live.settle()
        assert client.value()["job"]["id"] == jobs[0]

        live.served.stop()
        live.parts = live.served.start()
        jobs += [rich.images(count=1) for _ in range(2)]
        live.settle()
        assert [client.value()["job"]["id"] for _ in range(2)] == jobs[1:]
        assert client.rest() == []

        live.clock.pass_by(days=1)
        live.parts.feed.wake(rich.person)
        assert client.value() == {"__typename": "NotSignedIn", "code": "NOT_SIGNED_IN"}
        assert client.next() == {"complete": True}
        said = client.run(VIEWER)
        # Where nothing else kept the socket open, the next question opens one: with the old token.
        opens_anew = name == "graphql_ws"
        assert said.get("code") == 4403 if opens_anew else _viewer(said)["code"] == "NOT_SIGNED_IN"


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_is_told_what_is_wrong(ada: Creator, tmp_path: Path, name: str) -> None:
    with node_client(tmp_path, name, ada.live.url, ada.token) as client:
        said = client.run(WRONG)
        assert "Cannot query field 'nothing'" in json.dumps(said)
        assert _viewer(client.run(VIEWER))["email"] == ada.email
        client.follow(JOBS, after="beyond")
        assert "decimal digits" in json.dumps(client.next())


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_with_a_bad_token_is_told_so(ada: Creator, tmp_path: Path, name: str) -> None:
    with node_client(tmp_path, name, ada.live.url, "nobody's") as client:
        client.follow(JOBS)
        said = client.next()
        # Over a socket the session is refused as a whole; in a stream, each operation.
        in_a_socket = name in ("graphql_ws", "urql", "apollo")
        assert ("4403" if in_a_socket else "NOT_SIGNED_IN") in json.dumps(said)


def test_the_audits_of_graphql_over_http_find_no_fault(live: LiveStudio, tmp_path: Path) -> None:
    said = subprocess.run(
        ["node", "audit.mjs", f"{live.url}/graphql"],
        cwd=programs(tmp_path),
        capture_output=True,
        check=True,
    )
    audits = [json.loads(line) for line in said.stdout.splitlines()]
    assert len(audits) > 60
    assert [audit for audit in audits if audit["status"] in ("error", "warn")] == []
    assert {audit["id"] for audit in audits if audit["status"] == "notice"} == NOTICES


def test_the_studios_own_client_goes_on_after_a_restart_too(rich: Creator, tmp_path: Path) -> None:
    live = rich.live
    with node_client(tmp_path, "studio", live.url, rich.token) as client:
        assert client.run("Viewer")["answer"]["data"]["value"]["email"] == rich.email
        client.follow("WatchWallet")
        before = client.value()
        assert before["__typename"] == "WalletSnapshot"
        live.served.stop()
        live.parts = live.served.start()
        rich.images(count=1)
        live.settle()
        assert client.value()["wallet"]["available"] < before["wallet"]["available"]
        rich.sign_out()
        live.parts.feed.wake(rich.person)
        assert client.next() == {"complete": True}


def test_the_studios_own_client_waits_until_it_may_follow(database: str, tmp_path: Path) -> None:
    with live_studio(database, tmp_path / "studio", caps=Caps(feeds_of_account=1)) as live:
        ada = Creator(live)
        live.settle()
        with node_client(tmp_path, "studio", live.url, ada.token) as client:
            with sse(ada, JOBS) as window:
                window.next()
                client.follow("WatchWallet")
                until(lambda: live.refused.count("TOO_MANY_FEEDS") > 1, "it has come again")
            assert client.value()["__typename"] == "WalletSnapshot"


@asynccontextmanager
async def gql_socket(live: LiveStudio, token: str | None) -> AsyncIterator[Any]:
    """A session of the Python client over a socket."""
    transport = WebsocketsTransport(
        url=f"{live.url.replace('http', 'ws', 1)}/graphql",
        init_payload={"token": token},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=transport) as session:
        yield session


async def test_the_python_client_asks_follows_and_goes_on_after_a_restart(rich: Creator) -> None:
    live = rich.live
    transport = HTTPXAsyncTransport(
        url=f"{live.url}/graphql", headers={"authorization": f"Bearer {rich.token}"}
    )
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        assert (await session.execute(gql(VIEWER)))["viewer"]["email"] == rich.email
        made = GraphQLRequest(
            CREATE,
            variable_values={"input": {"name": "Ada", "idempotencyKey": str(uuid4())}},
        )
        assert (await session.execute(made))["createTwin"]["__typename"] == "CreateTwinSuccess"
    async with gql_socket(live, rich.token) as session:
        events = session.subscribe(gql(JOBS))
        position = (await anext(events))["jobs"]["position"]
        live.served.stop()
        with pytest.raises(TransportConnectionFailed):
            await anext(events)
    live.parts = live.served.start()
    job = rich.images(count=1)
    live.settle()
    async with gql_socket(live, rich.token) as session:
        request = GraphQLRequest(JOBS, variable_values={"after": position})
        events = session.subscribe(request)
        assert (await anext(events))["jobs"]["job"]["id"] == job
        rich.sign_out()
        live.parts.feed.wake(rich.person)
        assert (await anext(events))["jobs"]["code"] == "NOT_SIGNED_IN"
        with pytest.raises(StopAsyncIteration):
            await anext(events)


async def test_the_python_client_is_told_of_a_bad_token(ada: Creator) -> None:
    with pytest.raises(TransportConnectionFailed) as failed:
        async with gql_socket(ada.live, "nobody's"):
            pytest.fail("the socket is open")
    closed = failed.value.__cause__
    assert isinstance(closed, ConnectionClosed)
    assert closed.rcvd is not None
    assert closed.rcvd.code == 4403
