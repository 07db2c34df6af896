"""Where somebody is signed in, and how that ends."""

from typing import Any
from uuid import uuid4

import pytest

from api.device import device_of
from api.ids import global_id
from commands.ports.accounts import Device
from tests.api.creator import PASSWORD, Creator, Visitor
from tests.api.live_studio import LiveStudio
from tests.api.test_signing_in import WHO

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def elsewhere(ada: Creator, agent: str = FIREFOX) -> Visitor:
    """Ada signs in once more, in another browser."""
    visitor = Visitor(ada.live)
    visitor.http.headers["user-agent"] = agent
    visitor.token = visitor.did("signIn", "token", email=ada.email, password=PASSWORD)["token"]
    return visitor


def sessions(visitor: Visitor) -> list[dict[str, Any]]:
    found = visitor.run("Sessions")["sessions"]
    assert isinstance(found, list)
    return found


def ended(visitor: Visitor, session: str) -> Any:
    return visitor.mutate("endSession", "EndSessionSuccess", "ended", session=session)


def test_sessions_are_told_by_what_they_were_opened_with(ada: Creator) -> None:
    other = elsewhere(ada)
    mine, firefox = sessions(ada)
    assert (mine["isThisOne"], mine["browser"], mine["system"]) == (True, None, None)
    assert (firefox["isThisOne"], firefox["browser"]) == (False, "Firefox")
    assert firefox["system"] == "Linux"
    assert [one["isThisOne"] for one in sessions(other)] == [True, False]
    assert [one["id"] for one in sessions(other)] == [firefox["id"], mine["id"]]


def test_a_session_is_ended_from_another(ada: Creator) -> None:
    other = elsewhere(ada)
    [_, session] = sessions(ada)
    assert ended(ada, session["id"])["ended"]
    assert other.ask(WHO)["code"] == "NOT_SIGNED_IN"
    assert not ended(ada, session["id"])["ended"]
    assert len(sessions(ada)) == 1


def test_nobody_ends_the_session_of_somebody_else(ada: Creator, grace: Creator) -> None:
    [hers] = sessions(grace)
    for session in (hers["id"], global_id("Session", ada.person)):
        assert ended(ada, session) == {"__typename": "EndSessionSuccess", "ended": False}
    assert ended(ada, hers["id"][:-4])["code"] == "NOT_FOUND"
    assert grace.ask(WHO)["email"] == grace.email


def test_all_others_end_at_once(ada: Creator, grace: Creator) -> None:
    others = [elsewhere(ada) for _ in range(3)]
    for count in (3, 0):
        assert ada.run("EndOtherSessions") == {
            "__typename": "EndOtherSessionsSuccess",
            "ended": count,
        }
    assert {other.ask(WHO)["code"] for other in others} == {"NOT_SIGNED_IN"}
    assert ada.ask(WHO)["email"] == ada.email
    assert grace.ask(WHO)["email"] == grace.email


def test_who_is_not_signed_in_ends_nothing(visitor: Visitor) -> None:
    assert visitor.run("EndOtherSessions")["code"] == "NOT_SIGNED_IN"
    assert ended(visitor, global_id("Session", uuid4()))["code"] == "NOT_SIGNED_IN"
    assert visitor.run("Sessions")["code"] == "NOT_SIGNED_IN"


def test_a_session_was_last_seen_when_it_was_used(fresh: LiveStudio) -> None:
    ada = Creator(fresh)
    other = elsewhere(ada)
    fresh.clock.pass_by(minutes=20)
    sessions(ada)
    mine, firefox = sessions(ada)
    assert mine["lastSeenAt"] > firefox["lastSeenAt"] == firefox["openedAt"]
    other.ask(WHO)
    _, again = sessions(ada)
    assert again["lastSeenAt"] >= mine["lastSeenAt"]


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        (FIREFOX, "Firefox", "Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge",
            "Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
            "Gecko) Version/17.5 Safari/605.1.15",
            "Safari",
            "macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
            "like Gecko) CriOS/126.0.0.0 Mobile/15E148 Safari/604.1",
            "Chrome",
            "iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
        ),
        ("python-httpx/0.27", None, None),
        ("", None, None),
        ("\u0000<script>" * 500, None, None),
    ],
)
def test_a_browser_is_named_as_people_name_it(
    agent: str, browser: str | None, system: str | None
) -> None:
    assert device_of(agent) == Device(browser, system)
