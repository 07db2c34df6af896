"""Clients come back by themselves: after a restart, and after another log was restored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from websockets.exceptions import ConnectionClosed

from processes.feed_reset import ERA_STEP, era_start, reset
from processes.settings import Settings
from queries.feed.era import POSITIONS_PER_ERA
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.api.streams import signed_in, sse
from tests.api.test_feeds import JOBS, WALLET
from tests.api.test_reading import POSITION

BEYOND = str(10**9)


@pytest.fixture
def rich(fresh: LiveStudio) -> Creator:
    """Ada, ready to ask for pictures, in a studio of her own."""
    return Creator(fresh).verified().rich()


def test_a_server_that_stops_closes_its_sockets_with_1012_and_completes_nothing(
    rich: Creator,
) -> None:
    with signed_in(rich) as ws:
        for operation in ("1", "2"):
            ws.subscribe(operation, WALLET)
            ws.value(operation)
        rich.live.restart()
        with pytest.raises(ConnectionClosed) as closed:
            ws.receive()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "Service restart")


def test_a_server_that_stops_ends_its_streams_without_a_word(rich: Creator) -> None:
    with sse(rich, WALLET) as feed:
        feed.next()
        rich.live.restart()
        assert feed.rest() == []


def test_what_happens_during_a_restart_is_resumed_without_gap_or_duplicate(rich: Creator) -> None:
    live = rich.live
    with sse(rich, JOBS) as feed, signed_in(rich) as ws:
        position = feed.next().id
        ws.subscribe("1", JOBS)
        ws.value("1")
        jobs = [rich.images(count=1)]
        live.settle()
        assert feed.value()["job"]["id"] == ws.value("1")["job"]["id"] == jobs[0]
        live.served.stop()
    live.parts = live.served.start()
    jobs.append(rich.images(count=1))
    live.settle()
    with sse(rich, JOBS, last_event_id=position) as feed, signed_in(rich) as ws:
        ws.subscribe("1", JOBS, after=position)
        assert [feed.value()["job"]["id"] for _ in jobs] == jobs
        assert [ws.value("1")["job"]["id"] for _ in jobs] == jobs
        assert feed.rest() == []


def test_a_position_beyond_the_log_is_answered_and_not_waited_for(rich: Creator) -> None:
    with sse(rich, WALLET, last_event_id=BEYOND) as feed, signed_in(rich) as ws:
        ws.subscribe("1", WALLET, after=BEYOND)
        for lagged in (feed.value(), ws.value("1")):
            assert (lagged["__typename"], lagged["count"]) == ("Lagged", 0)
        assert ws.receive() == {"id": "1", "type": "complete"}
        assert [event.name for event in feed.rest()] == ["complete"]


def test_the_position_of_a_write_is_resumed_from_before_it_is_visible(rich: Creator) -> None:
    live = rich.live
    live.settle()
    position = rich.did("createTwin", name="Ada")["position"]
    with sse(rich, JOBS, after=position) as feed:
        live.settle()
        job = rich.images(count=1)
        live.settle()
        assert feed.value()["job"]["id"] == job


def settings(live: LiveStudio, folder: Path) -> Settings:
    """What an operator has beside a restored database."""
    return Settings(database_url=SecretStr(live.database), home=folder)


def test_after_a_reset_nobody_resumes_from_what_was_told_before(
    rich: Creator, tmp_path: Path
) -> None:
    live = rich.live
    with sse(rich, JOBS) as feed:
        before = feed.next().id
    start = reset(settings(live, tmp_path))
    assert reset(settings(live, tmp_path)) == start + POSITIONS_PER_ERA
    with sse(rich, JOBS, after=before) as feed:
        assert feed.value()["__typename"] == "Lagged"
    with sse(rich, JOBS) as feed:
        position = feed.next().id
        assert position is not None
        assert int(position) > start + POSITIONS_PER_ERA
    job = rich.images(count=1)
    live.settle()
    with sse(rich, JOBS, after=position) as feed:
        changed = feed.value()
        assert changed["job"]["id"] == job
    # What a feed told is a position for every other question, too.
    assert rich.ask(POSITION, p=changed["position"])["__typename"] == "Viewer"


def test_the_same_backup_restored_twice_begins_two_eras() -> None:
    first = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
    assert era_start(first + ERA_STEP) == era_start(first) + POSITIONS_PER_ERA
    assert era_start(first + timedelta(days=365 * 150)) < 2**63
