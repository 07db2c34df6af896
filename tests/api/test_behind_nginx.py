"""Two API processes behind nginx are one studio: one set of limits, and feeds without a seam."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from adapters.postgres.embedded import EmbeddedPostgres
from api.sign_in_limit import SIGN_INS_FROM_ADDRESS, SIGN_INS_OF_ACCOUNT
from tests.api.creator import PASSWORD, Creator
from tests.api.live_studio import LiveStudio
from tests.api.streams import Socket, signed_in, sse
from tests.api.test_feeds import WALLET
from tests.api.two_servers import SERVED_BY, Deployment, deployment
from tests.conftest import TEMPLATE
from tests.faults.oracle import until
from tests.parts.nginx import nginx_program

ENDS = [signal.SIGTERM, signal.SIGKILL]
SIGN_IN = (
    "mutation($input: SignInInput!) { signIn(input: $input) { __typename "
    "... on Refusal { code } } }"
)


@pytest.fixture(scope="module")
def deployed(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """One for all tests of this module."""
    program = nginx_program()
    postgres_server.create_database("deployed", template=TEMPLATE)
    with deployment(
        program,
        postgres_server.url("deployed"),
        postgres_server.admin_url("deployed"),
        tmp_path_factory.mktemp("deployed"),
    ) as found:
        yield found


@pytest.fixture
def ada(deployed: Deployment) -> Creator:
    """Signed up and in, through nginx: of the studio, a person needs no more than its address."""
    return Creator(cast(LiveStudio, deployed), "Ada")


@contextmanager
def from_address(url: str, address: str) -> Iterator[Callable[..., httpx.Response]]:
    """Signs in from an address of this machine that is not the proxy's."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=url, transport=transport, timeout=30.0) as http:

        def sign_in(email: str, password: str, **headers: str) -> httpx.Response:
            variables = {"input": {"email": email, "password": password}}
            body = {"query": SIGN_IN, "variables": variables}
            return http.post("/graphql", json=body, headers=headers)

        yield sign_in


def code_of(answer: httpx.Response) -> Any:
    """The refusal's code, or none."""
    return answer.json()["data"]["signIn"].get("code")


def test_guesses_at_one_account_are_counted_by_both_servers_together(
    deployed: Deployment, ada: Creator
) -> None:
    served_by = set()
    for number in range(SIGN_INS_OF_ACCOUNT.tries_max):
        with from_address(deployed.url, f"127.0.1.{number + 1}") as sign_in:
            answer = sign_in(ada.email, "incorrect horse battery")
            served_by.add(answer.headers[SERVED_BY])
            assert code_of(answer) == "SIGN_IN_FAILED"
    assert served_by == set(deployed.servers)
    for address in deployed.servers:
        with from_address(f"http://{address}", "127.0.2.1") as sign_in:
            assert code_of(sign_in(ada.email, PASSWORD)) == "TOO_MANY_REQUESTS"


def test_the_rightmost_hop_is_the_client_whatever_it_claims_to_be(
    deployed: Deployment, ada: Creator
) -> None:
    def is_refused() -> bool:
        numbers.append(len(numbers))
        claimed = ("127.0.3.2", f"198.51.100.{len(numbers) % 250}", "127.0.0.1")[len(numbers) % 3]
        forged = {"x-forwarded-for": claimed, "x-real-ip": claimed}
        answer = sign_in(f"{len(numbers)}@example.org", PASSWORD, **forged)
        return bool(code_of(answer) == "TOO_MANY_REQUESTS")

    numbers: list[int] = []
    with from_address(deployed.url, "127.0.3.1") as sign_in:
        until(is_refused, "an address has guessed too often")
        assert len(numbers) > SIGN_INS_FROM_ADDRESS.tries_max
    with from_address(deployed.url, "127.0.3.2") as sign_in:
        # Whom the other one claimed to be has not tried once.
        assert code_of(sign_in(ada.email, PASSWORD)) is None


def test_a_page_is_signed_in_by_its_cookie_on_either_server(
    deployed: Deployment, ada: Creator
) -> None:
    served_by = set()
    ada.http.headers["origin"] = deployed.url
    ada.did("signIn", "token", email=ada.email, password=PASSWORD)
    ada.token = None
    for _ in range(4):
        answer = ada.post("{ viewer { ... on Viewer { email } } }")
        assert answer.data["viewer"]["email"] == ada.email
        served_by.add(answer.response.headers[SERVED_BY])
    assert served_by == set(deployed.servers)


def test_a_sign_out_on_one_server_ends_the_feeds_of_the_other(
    deployed: Deployment, ada: Creator
) -> None:
    with sse(ada, WALLET) as first, sse(ada, WALLET) as second:
        assert {first.headers[SERVED_BY], second.headers[SERVED_BY]} == set(deployed.servers)
        for feed in (first, second):
            feed.value()
        ada.sign_out()
        for feed in (first, second):
            assert feed.value()["code"] == "NOT_SIGNED_IN"


@contextmanager
def changing(deployed: Deployment, creator: Creator) -> Iterator[None]:
    """Her wallet changes all the time."""
    stop = threading.Event()

    def change() -> None:
        while not stop.wait(0.02):
            deployed.grant(creator.person)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_stream_is_resumed_on_the_other_server_without_gap_or_duplicate(
    deployed: Deployment, ada: Creator
) -> None:
    with sse(ada, WALLET) as feed:
        began = int(feed.value()["position"])
    seen = [began]
    for how in ENDS:
        with changing(deployed, ada):
            with sse(ada, WALLET, last_event_id=str(seen[-1])) as feed:
                served_by = feed.headers[SERVED_BY]
                seen += [int(feed.value()["position"]) for _ in range(5)]
                deployed.servers[served_by].end(how)
                ended = feed.until_end()
                assert "complete" not in {event.name for event in ended}
                seen += [int(event.value["position"]) for event in ended]
            with sse(ada, WALLET, last_event_id=str(seen[-1])) as feed:
                assert feed.headers[SERVED_BY] != served_by
                seen += [int(feed.value()["position"]) for _ in range(5)]
        deployed.restart(served_by)
    seen += rest_of(deployed, ada, seen[-1])
    assert seen[1:] == deployed.wallet_positions(ada.person, after=began)


def test_a_socket_is_resumed_on_the_other_server_without_gap_or_duplicate(
    deployed: Deployment, ada: Creator
) -> None:
    with sse(ada, WALLET) as feed:
        began = int(feed.value()["position"])
    seen = [began]
    for how in ENDS:
        with changing(deployed, ada):
            with signed_in(ada) as ws:
                served_by = ws.headers[SERVED_BY]
                ws.subscribe("1", WALLET, after=str(seen[-1]))
                seen += [int(ws.value("1")["position"]) for _ in range(5)]
                ending = threading.Thread(target=deployed.servers[served_by].end, args=(how,))
                ending.start()
                code = until_closed(ws, seen)
                ending.join()
            assert code == (1012 if how is signal.SIGTERM else None)
            with signed_in(ada) as ws:
                assert ws.headers[SERVED_BY] != served_by
                ws.subscribe("1", WALLET, after=str(seen[-1]))
                seen += [int(ws.value("1")["position"]) for _ in range(5)]
        deployed.restart(served_by)
    seen += rest_of(deployed, ada, seen[-1])
    assert seen[1:] == deployed.wallet_positions(ada.person, after=began)


def until_closed(ws: Socket, seen: list[int]) -> int | None:
    """Note every position until the socket ends; answers the code, None where it was cut."""
    try:
        while True:
            seen.append(int(ws.value("1")["position"]))
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


def rest_of(deployed: Deployment, creator: Creator, position: int) -> list[int]:
    """Where the feed goes on behind a position, to the end of what was granted."""
    last, found = deployed.grant(creator.person), [position]
    with sse(creator, WALLET, last_event_id=str(position)) as feed:
        while found[-1] < last:
            found.append(int(feed.value()["position"]))
    return found[1:]
