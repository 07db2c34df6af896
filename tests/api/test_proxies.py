"""Which hop is the client: the rightmost one that is no proxy of ours, whatever else is claimed."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from adapters.vault.in_memory_tries import InMemoryTries
from api.context import StudioContext
from api.proxies import HOPS_MAX, BehindProxies, TrustedProxies
from api.sign_in_limit import (
    FAMILIAR_FOR,
    SIGN_INS_AT_HOME,
    SIGN_INS_FROM_ADDRESS,
    SIGN_INS_OF_ACCOUNT,
)
from tests.api.creator import PASSWORD, Creator, Visitor
from tests.api.live_studio import LiveStudio, live_studio

OURS = TrustedProxies(ip_network(network) for network in ("127.0.0.1", "::1", "10.0.0.0/8"))
NOBODYS = TrustedProxies(())
OURSELVES = TrustedProxies([ip_network("127.0.0.1")])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.66, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.66", "198.51.100.1,10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("::1", ["[2001:db8::1]:4711, ::ffff:10.1.2.3"], "2001:db8::1"),
        ("::ffff:127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", ["198.51.100.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, "], "127.0.0.1"),
        ("127.0.0.1", ["'; DROP TABLE, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["198.51.100.1" + ", 10.1.2.3" * (HOPS_MAX + 1)], "10.1.2.3"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_client_is_the_rightmost_hop_that_is_not_ours(
    peer: str, forwarded_for: list[str], client: str
) -> None:
    assert OURS.client_of(peer, forwarded_for) == client


def test_without_trusted_proxies_a_header_changes_nothing() -> None:
    assert NOBODYS.client_of("127.0.0.1", ["198.51.100.1"]) == "127.0.0.1"


@pytest.fixture
def direct(database: str, tmp_path: Path) -> Iterator[LiveStudio]:
    """A studio that counts tries and trusts no proxy."""
    with live_studio(database, tmp_path, tries=InMemoryTries()) as found:
        yield found


@pytest.fixture
def behind(database: str, tmp_path: Path) -> Iterator[LiveStudio]:
    """A studio that counts tries, behind a proxy on this machine."""
    with live_studio(database, tmp_path, tries=InMemoryTries(), proxies=OURSELVES) as found:
        yield found


def guesses(visitor: Visitor, forwarded_for: list[str]) -> set[str]:
    """What comes of twice as many guesses as one address has, each with another of these."""
    found = set()
    for number in range(2 * SIGN_INS_FROM_ADDRESS.tries_max):
        visitor.http.headers["x-forwarded-for"] = forwarded_for[number % len(forwarded_for)]
        answer = visitor.mutate("signIn", email=f"{number}@example.org", password=PASSWORD)
        found.add(str(answer["code"]))
    return found


MANY = [f"198.51.100.{number}" for number in range(200)]


def test_a_forged_address_changes_nothing_from_loopback_either(direct: LiveStudio) -> None:
    assert "TOO_MANY_REQUESTS" in guesses(Visitor(direct), MANY)


def test_whatever_a_client_claims_left_of_its_own_hop_changes_nothing(behind: LiveStudio) -> None:
    forged = [f"{claimed}, 203.0.113.9" for claimed in MANY]
    assert "TOO_MANY_REQUESTS" in guesses(Visitor(behind), forged)


def test_clients_behind_one_proxy_have_a_bucket_each(behind: LiveStudio) -> None:
    assert guesses(Visitor(behind), MANY) == {"SIGN_IN_FAILED"}


SAYS_WHERE = TrustedProxies([ip_network("127.0.0.1")], country_header="X-Place")
ELSEWHERE = TrustedProxies([ip_network("10.0.0.0/8")], country_header="X-Place")


async def place_of(proxies: TrustedProxies, *said: str) -> str:
    """Where a connection comes from whose headers say this, as a resolver learns it."""
    found: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        parts: Any = SimpleNamespace(proxies=proxies, session_country=lambda address: "XX")
        connection = HTTPConnection(scope)
        found.append(StudioContext(parts, connection, None, None).country)  # type: ignore[arg-type]

    headers = [(b"x-place", one.encode()) for one in said]
    scope = {"type": "http", "client": ("127.0.0.1", 1), "scheme": "http", "headers": headers}
    await BehindProxies(app, proxies)(scope, None, None)  # type: ignore[arg-type]
    place: str = found[0]
    return place


@pytest.mark.parametrize("place", ["DE", "US-CA", "GB-ENG", "XX"])
async def test_a_place_is_where_a_trusted_proxy_says(place: str) -> None:
    assert await place_of(SAYS_WHERE, place) == place


@pytest.mark.parametrize("said", [(), ("",), ("de",), ("DE ",), ("DEU",), ("DE", "US"), ("T1",)])
async def test_what_is_no_place_or_two_is_nowhere(said: tuple[str, ...]) -> None:
    assert await place_of(SAYS_WHERE, *said) == ""


async def test_a_place_that_a_client_says_itself_is_nowhere() -> None:
    assert await place_of(ELSEWHERE, "DE") == ""


async def test_without_a_header_that_says_it_everybody_is_in_the_sandbox() -> None:
    assert await place_of(OURSELVES, "DE") == "XX"


def sign_in_from(visitor: Visitor, address: str, email: str, password: str) -> Any:
    """What a sign-in from this address is answered."""
    visitor.http.headers["x-forwarded-for"] = address
    return visitor.mutate("signIn", email=email, password=password).get("code", "signed in")


def test_whoever_guesses_elsewhere_does_not_lock_an_account_at_home(behind: LiveStudio) -> None:
    ada, visitor = Creator(behind), Visitor(behind)
    home, elsewhere = "203.0.113.9", iter(MANY)
    assert sign_in_from(visitor, home, ada.email, PASSWORD) == "signed in"
    for _ in range(SIGN_INS_OF_ACCOUNT.tries_max):
        said = sign_in_from(visitor, next(elsewhere), ada.email.upper(), "incorrect horse battery")
        assert said == "SIGN_IN_FAILED"
    assert sign_in_from(visitor, next(elsewhere), ada.email, PASSWORD) == "TOO_MANY_REQUESTS"
    assert sign_in_from(visitor, home, ada.email, PASSWORD) == "signed in"
    # At home guesses are counted, too.
    said_at_home = [
        sign_in_from(visitor, home, ada.email, "incorrect horse battery")
        for _ in range(SIGN_INS_AT_HOME.tries_max + 1)
    ]
    assert said_at_home[-1] == "TOO_MANY_REQUESTS"


def test_a_network_is_strange_again_after_a_while(behind: LiveStudio) -> None:
    ada, visitor = Creator(behind), Visitor(behind)
    home, elsewhere = "203.0.113.9", iter(MANY)
    assert sign_in_from(visitor, home, ada.email, PASSWORD) == "signed in"
    behind.clock.pass_by(days=FAMILIAR_FOR.days)
    for _ in range(SIGN_INS_OF_ACCOUNT.tries_max):
        sign_in_from(visitor, next(elsewhere), ada.email, "incorrect horse battery")
    assert sign_in_from(visitor, home, ada.email, PASSWORD) == "TOO_MANY_REQUESTS"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("https", ["Secure", "strict-transport-security"]),
        ("http, https", ["Secure", "strict-transport-security"]),
        ("http", []),
        ("https, http", []),
        ("", []),
    ],
)
def test_a_cookie_is_for_https_where_the_proxy_says_that_the_browser_came_by_it(
    behind: LiveStudio, sent: str, told: list[str]
) -> None:
    ada = Creator(behind)
    browser = Visitor(behind)
    browser.http.headers["x-forwarded-proto"] = sent
    answer = browser.post(
        "mutation($input: SignInInput!) { signIn(input: $input) { __typename } }",
        input={"email": ada.email, "password": PASSWORD},
    )
    said = str(answer.response.headers)
    assert [word for word in ("Secure", "strict-transport-security") if word in said] == told


def test_a_stranger_does_not_say_that_he_came_by_https(direct: LiveStudio) -> None:
    answer = Visitor(direct).http.get("/", headers={"x-forwarded-proto": "https"})
    assert "strict-transport-security" not in answer.headers
