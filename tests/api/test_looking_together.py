"""Subscribers of one owner who are woken together read once: each is told what is theirs alone."""

from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

import pytest

from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.api.streams import signed_in, sse

WALLET = """
subscription($after: Position) { wallet(after: $after) { __typename
  ... on WalletSnapshot { position wallet { reserved } }
  ... on WalletChanged { position wallet { reserved } }
  ... on NotSignedIn { code } } }
"""
JOBS = """
subscription($after: Position) { jobs(after: $after) { __typename
  ... on JobsSnapshot { position }
  ... on JobChanged { position job { id state } } } }
"""
SOCKETS = 12


@pytest.fixture
def rich(live: LiveStudio) -> Creator:
    """Ada, ready to ask for pictures."""
    return Creator(live, "Ada").verified().rich()


def test_everybody_resumes_from_their_own_position_and_gets_every_change_once(
    rich: Creator,
) -> None:
    live, places = rich.live, []
    with sse(rich, JOBS) as feed:
        places.append(feed.value()["position"])
        for _ in range(3):
            rich.images(count=1)
            live.settle()
            places += [event.value["position"] for event in feed.rest()]
    with ExitStack() as stack:
        sockets = [stack.enter_context(signed_in(rich)) for _ in range(SOCKETS)]
        begun = [places[number % len(places)] for number in range(SOCKETS)]
        for ws, after in zip(sockets, begun, strict=True):
            ws.subscribe("1", JOBS, after=after)
        job = rich.images(count=1)
        live.settle()
        for ws, after in zip(sockets, begun, strict=True):
            told: list[Any] = []
            while not told or told[-1]["job"]["id"] != job:
                told.append(ws.value("1"))
            positions = [event["position"] for event in told]
            missed = places[places.index(after) + 1 :]
            assert positions[: len(missed)] == missed
            assert len(positions) == len(missed) + 1


def test_whose_session_has_ended_hears_nothing_of_what_the_others_are_told(rich: Creator) -> None:
    live, ended = rich.live, signed_in(rich)
    with ended as gone, ExitStack() as stack:
        gone.subscribe("1", WALLET)
        assert gone.value("1")["__typename"] == "WalletSnapshot"
        rich.sign_out()
        rich.sign_in()
        others = [stack.enter_context(signed_in(rich)) for _ in range(SOCKETS)]
        for ws in others:
            ws.subscribe("1", WALLET)
            assert ws.value("1")["__typename"] == "WalletSnapshot"
        rich.images(count=1)
        live.settle()
        assert gone.value("1")["__typename"] == "NotSignedIn"
        assert gone.receive() == {"id": "1", "type": "complete"}
        for ws in others:
            assert ws.value("1")["wallet"]["reserved"] > 0


def test_subscribers_come_and_go_while_others_are_told_everything(rich: Creator) -> None:
    live, stop = rich.live, Event()

    def come_and_go() -> None:
        while not stop.is_set():
            with signed_in(rich) as passing:
                passing.subscribe("1", WALLET)
                passing.value("1")

    passer = Thread(target=come_and_go)
    with signed_in(rich) as ws:
        ws.subscribe("1", WALLET)
        reserved = [ws.value("1")["wallet"]["reserved"]]
        passer.start()
        try:
            for _ in range(5):
                rich.images(count=1)
                live.settle()
                reserved.append(ws.value("1")["wallet"]["reserved"])
        finally:
            stop.set()
            passer.join()
    assert reserved == sorted(set(reserved))
