"""What one account, or one address, may hold open at once; and who is refused, by type."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from api.caps import Caps, NoPlaceLeft, Places
from tests.api.creator import Creator, Visitor
from tests.api.live_studio import LiveStudio, live_studio
from tests.api.streams import Socket, signed_in, socket, sse
from tests.api.test_feeds import JOBS, WALLET, until_left
from tests.faults.oracle import until

FEW = Caps(sockets_of_account=2, sockets_of_address=2, feeds_of_account=3, operations_of_socket=2)


@pytest.fixture
def narrow(database: str, tmp_path: Path) -> Iterator[LiveStudio]:
    """A studio in which little may be open at once."""
    with live_studio(database, tmp_path, caps=FEW) as found:
        yield found


@pytest.fixture
def ada(narrow: LiveStudio) -> Creator:
    found = Creator(narrow, "Ada")
    narrow.settle()
    return found


def closed(ws: Socket) -> tuple[int, str]:
    """Code and reason with which the other side closes."""
    with pytest.raises(ConnectionClosed) as found:
        ws.receive_all()
    assert found.value.rcvd is not None
    return found.value.rcvd.code, found.value.rcvd.reason


def test_an_accounts_sockets_are_counted_and_one_that_is_closed_makes_room(ada: Creator) -> None:
    with signed_in(ada), signed_in(ada):
        with socket(ada) as third:
            third.send(type="connection_init", payload={"token": ada.token})
            assert closed(third) == (1013, "Too many sockets")
        with signed_in(Creator(ada.live, "Grace")):
            pass
    assert "TOO_MANY_SOCKETS" in ada.live.refused
    until(lambda: not ada.live.parts.sockets.taken(ada.person), "both are closed")
    with signed_in(ada):
        pass


def test_sockets_of_nobody_are_counted_by_their_address(ada: Creator) -> None:
    visitor = Visitor(ada.live)
    with socket(visitor) as first, socket(visitor) as second:
        for ws in (first, second):
            ws.begin({})
        with socket(visitor) as third:
            assert closed(third) == (1013, "Too many sockets")
        second.subscribe("1", "{ catalogue { priceVersion } }")
        assert second.value("1") == {"priceVersion": 1}
    until(lambda: not ada.live.parts.sockets.taken("127.0.0.1"), "both are closed")
    # Whoever has said who they are leaves room for others of the same address.
    with signed_in(ada), signed_in(ada), socket(visitor) as ws:
        ws.begin({})


def test_a_feed_too_many_is_refused_by_type_and_the_others_go_on(ada: Creator) -> None:
    document = WALLET.replace(
        "... on NotSignedIn", "... on TooManyFeeds { code maximum } ... on NotSignedIn"
    )
    with ExitStack() as stack:
        feeds = [stack.enter_context(sse(ada, WALLET)) for _ in range(2)]
        for feed in feeds:
            feed.value()
        ws = stack.enter_context(signed_in(ada))
        ws.subscribe("third", JOBS)
        ws.value("third")
        ws.subscribe("fourth", document)
        refused = {"__typename": "TooManyFeeds", "code": "TOO_MANY_FEEDS", "maximum": 3}
        assert ws.value("fourth") == refused
        assert ws.receive() == {"id": "fourth", "type": "complete"}
        with sse(ada, document) as fifth:
            assert fifth.value() == refused
            assert [event.name for event in fifth.rest()] == ["complete"]
        ada.rich()
        for feed in feeds:
            assert feed.value()["__typename"] == "WalletChanged"
        assert "TOO_MANY_FEEDS" in ada.live.refused
    until_left(ada)
    with sse(ada, document) as feed:
        assert feed.value()["__typename"] == "WalletSnapshot"


def test_operations_at_once_on_one_socket_are_counted(ada: Creator) -> None:
    with signed_in(ada) as ws:
        for operation in ("1", "2"):
            ws.subscribe(operation, WALLET)
            ws.value(operation)
        ws.subscribe("3", "{ catalogue { priceVersion } }")
        refused = ws.receive()
        assert (refused["id"], refused["type"]) == ("3", "error")
        assert refused["payload"][0]["extensions"] == {
            "code": "LIMIT_EXCEEDED",
            "limit": "operations",
        }
        ws.send(id="1", type="complete")
        ws.subscribe("3", "{ catalogue { priceVersion } }")
        assert ws.value("3") == {"priceVersion": 1}


def test_open_jobs_have_a_limit_and_one_that_ends_makes_room(
    ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.wallet.JOBS_OPEN_MAX", 2)
    ada.verified().rich()
    wish = {"engine": "pocket", "prompt": "a lighthouse in fog", "priceVersion": 1, "count": 1}
    jobs = [ada.images(count=1) for _ in range(2)]
    refused = ada.mutate("requestImages", "TooManyOpenJobs", "maximum", **wish)
    assert (refused["__typename"], refused["code"]) == ("TooManyOpenJobs", "TOO_MANY_OPEN_JOBS")
    assert refused["maximum"] == 2
    ada.did("cancelJob", job=jobs[0])
    ada.did("requestImages", "job", **wish)


def test_a_place_that_is_handed_over_is_counted_once() -> None:
    places, ada, grace = Places(), UUID(int=1), UUID(int=2)
    place = places.take("192.0.2.1", 1)
    with pytest.raises(NoPlaceLeft):
        places.take("192.0.2.1", 1)
    for _ in range(2):
        place.hand_over(ada, 1)
    assert (places.taken("192.0.2.1"), places.taken(ada)) == (0, 1)
    places.take(grace, 1)
    with pytest.raises(NoPlaceLeft):
        place.hand_over(grace, 1)
    assert places.taken(ada) == 1
    for _ in range(2):
        place.give_back()
    place.hand_over(ada, 1)
    assert places.taken(ada) == 0
