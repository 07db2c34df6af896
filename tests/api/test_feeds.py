"""Subscriptions: a snapshot, then every change once, whatever happens to the connection."""

import threading
import time
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from adapters.postgres.connect import connect
from api.context import SESSION_COOKIE, new_token, token_digest
from api.progress import AGE_MAX_S, JOBS_MAX, HowFar, ProgressBoard
from commands.jobs.cancel_job import CancelJob
from projections.feed import trim
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.streams import signed_in, socket, sse
from topics.messages.progress import JobProgressed, Phase

JOBS = """
subscription($after: Position) { jobs(after: $after) { __typename
  ... on JobsSnapshot { position jobs { id state } }
  ... on JobChanged { position job { id state assets { id } } }
  ... on JobProgressed { id progress { phase step stepsTotal } }
  ... on Lagged { count position }
  ... on NotSignedIn { code } } }
"""
WALLET = """
subscription($after: Position) { wallet(after: $after) { __typename
  ... on WalletSnapshot { position wallet { available reserved } }
  ... on WalletChanged { position wallet { available reserved } }
  ... on Lagged { count position }
  ... on NotSignedIn { code } } }
"""
GALLERY = """
subscription($after: Position) { gallery(after: $after) { __typename
  ... on GallerySnapshot { position assets { id } }
  ... on AssetReleased { position asset { id } }
  ... on AssetChanged { position asset { id favourite hidden tags private } }
  ... on AssetGone { position id }
  ... on LabelsChanged { position tags { id name } collections { id private } }
  ... on BulkChangeChanged { position bulkChange { id changed done } }
  ... on NotSignedIn { code } } }
"""
LEFT_WAIT_S = 10.0


def step(creator: Creator, job: str, number: int, attempt: int = 1) -> JobProgressed:
    """A worker's word on a job."""
    return JobProgressed(
        job=uuid_of(job),
        attempt=attempt,
        owner=creator.person,
        phase=Phase.STEP,
        step=number,
        steps_total=50,
        at_s=float(number),
    )


def until_left(creator: Creator) -> None:
    """Wait until this person follows no feed."""
    subscribers = creator.live.parts.feed.subscribers
    deadline_s = time.monotonic() + LEFT_WAIT_S
    while subscribers(creator.person) and time.monotonic() < deadline_s:
        threading.Event().wait(0.02)
    assert subscribers(creator.person) == 0


@pytest.fixture
def rich(live: LiveStudio) -> Creator:
    """Ada, ready to ask for pictures."""
    return Creator(live, "Ada").verified().rich()


def test_a_snapshot_comes_first_and_then_every_change_by_position(rich: Creator) -> None:
    live, before = rich.live, rich.images()
    live.settle()
    with sse(rich, JOBS) as feed:
        snapshot = feed.next()
        assert [job["id"] for job in snapshot.value["jobs"]] == [before]
        assert snapshot.id == snapshot.value["position"]
        job = rich.images()
        live.settle()
        changed = feed.next()
        assert changed.value["job"] == {"id": job, "state": "REQUESTED", "assets": []}
        assert changed.id == changed.value["position"]
        rich.finished(job)
        states = [event.value["job"]["state"] for event in feed.rest()]
        assert states[-1] == "COMPLETED"


def test_whoever_resumes_gets_exactly_what_was_missed(rich: Creator) -> None:
    live = rich.live
    with sse(rich, JOBS) as feed:
        position = feed.next().id
    jobs = [rich.images(count=1) for _ in range(3)]
    live.settle()
    with sse(rich, JOBS, last_event_id=position) as feed:
        first = feed.next()
        assert first.value["job"]["id"] == jobs[0]
    # A browser repeats the argument it began with, and adds the header: the later one counts.
    with sse(rich, JOBS, last_event_id=first.id, after=position) as feed:
        assert [feed.value()["job"]["id"] for _ in range(2)] == jobs[1:]
        rich.did("cancelJob", job=jobs[0])
        live.settle()
        positions = [int(event.value["position"]) for event in feed.rest()]
        assert positions == sorted(set(positions))
        assert positions
    with signed_in(rich) as ws:
        ws.subscribe("1", JOBS, after=first.id)
        assert [ws.value("1")["job"]["id"] for _ in range(2)] == jobs[1:]


def test_the_wallet_and_the_gallery_are_followed_over_one_socket(rich: Creator) -> None:
    live = rich.live
    with signed_in(rich) as ws:
        ws.subscribe("wallet", WALLET)
        assert ws.value("wallet")["wallet"]["reserved"] == 0
        ws.subscribe("gallery", GALLERY)
        assert ws.value("gallery")["assets"] == []
        ws.send(id="wallet", type="complete")
        rich.finished(rich.images())
        released = [ws.value("gallery") for _ in range(2)]
        assert [event["__typename"] for event in released] == ["AssetReleased"] * 2
        rich.did("setFavourite", asset=released[0]["asset"]["id"], favourite=True)
        live.settle()
        assert ws.value("gallery")["asset"]["favourite"] is True
        rich.did("purgeAsset", asset=released[0]["asset"]["id"])
        live.project()
        gone = ws.value("gallery")
        assert (gone["__typename"], gone["id"]) == ("AssetGone", released[0]["asset"]["id"])
    until_left(rich)


def test_the_gallery_says_what_became_of_each_item(rich: Creator) -> None:
    live = rich.live
    rich.finished(rich.images())
    picture, other = (one["id"] for one in rich.gallery()[:2])
    with signed_in(rich) as ws:
        ws.subscribe("gallery", GALLERY)
        assert {picture, other} <= {one["id"] for one in ws.value("gallery")["assets"]}
        tag = rich.did("createTag", "tag", name="Fog")["tag"]
        live.settle()
        named = ws.value("gallery")
        assert named["__typename"] == "LabelsChanged"
        assert {"id": tag, "name": "Fog"} in named["tags"]
        change = rich.did("changeAssets", "change", change="LABEL", assets=[picture], tag=tag)
        live.settle()
        told = [ws.value("gallery") for _ in range(3)]
        begun, carried_out = (one for one in told if one["__typename"] == "BulkChangeChanged")
        assert begun["bulkChange"]["id"] == change["change"]
        assert carried_out["bulkChange"] == {"id": change["change"], "changed": 1, "done": True}
        [labelled] = [one for one in told if one["__typename"] == "AssetChanged"]
        assert (labelled["asset"]["id"], labelled["asset"]["tags"]) == (picture, [tag])
        rich.did("changeAssets", "change", change="TRASH", assets=[other])
        live.settle()
        told = [ws.value("gallery") for _ in range(3)]
        assert [one["id"] for one in told if one["__typename"] == "AssetGone"] == [other]
        rich.did("changeAssets", "change", change="RESTORE", assets=[other])
        live.settle()
        told = [ws.value("gallery") for _ in range(3)]
        [back] = [one for one in told if one["__typename"] == "AssetChanged"]
        assert back["asset"]["id"] == other
    until_left(rich)


def test_a_feed_is_of_its_viewer_alone(rich: Creator, grace: Creator) -> None:
    rich.live.settle()
    with sse(grace, WALLET) as hers, sse(rich, WALLET) as his:
        hers.next()
        his.next()
        rich.images()
        rich.live.settle()
        assert his.value()["wallet"]["reserved"] > 0
        assert hers.rest() == []


def test_progress_is_joined_into_few_words_and_the_end_is_never_dropped(rich: Creator) -> None:
    live, job = rich.live, rich.images()
    live.settle()
    with sse(rich, JOBS) as feed:
        feed.next()
        rich.claimed(job)
        live.project()
        assert feed.value()["job"]["state"] == "STARTED"
        began_s = time.monotonic()
        for number in range(1, 51):
            live.parts.progress.note(step(rich, job, number))
            threading.Event().wait(0.02)
        rich.live.does(CancelJob(uuid_of(job)), rich.person)
        live.settle()
        events = [event.value for event in feed.rest()]
        took_s = time.monotonic() - began_s
    words = [event for event in events if event["__typename"] == "JobProgressed"]
    steps = [word["progress"]["step"] for word in words]
    assert 0 < len(words) <= 5 * took_s + 1
    assert steps == sorted(set(steps))
    assert events[-1]["job"]["state"] == "CANCELLED"


def test_no_word_follows_the_end_of_a_job(rich: Creator) -> None:
    live, job = rich.live, rich.images()
    rich.claimed(job)
    live.parts.progress.note(step(rich, job, 1))
    rich.did("cancelJob", job=job)
    position = str(live.settle())
    with sse(rich, JOBS, after=position) as feed:
        live.parts.progress.note(step(rich, job, 2))
        assert feed.rest() == []


def test_a_new_snapshot_shows_how_far_a_job_is(rich: Creator) -> None:
    live, job = rich.live, rich.images()
    rich.claimed(job)
    live.settle()
    live.parts.progress.note(step(rich, job, 12))
    document = "subscription { jobs { ... on JobsSnapshot { jobs { progress { step } } } } }"
    with sse(rich, document) as feed:
        assert feed.value()["jobs"][0]["progress"]["step"] == 12


def test_a_preview_says_which_items_stand_side_by_side_in_it(rich: Creator) -> None:
    live, job = rich.live, rich.images(count=3)
    rich.claimed(job)
    live.settle()
    one = msgspec.structs.replace(step(rich, job, 12), preview_png=b"png")
    document = (
        "subscription { jobs { ... on JobsSnapshot "
        "{ jobs { progress { previewPng previewItems } } } } }"
    )
    for word, items in (
        (one, []),
        (msgspec.structs.replace(one, preview_items=(0, 2)), [0, 2]),
    ):
        live.parts.progress.note(word)
        with sse(rich, document) as feed:
            assert feed.value()["jobs"][0]["progress"] == {
                "previewPng": "data:image/png;base64,cG5n",
                "previewItems": items,
            }


def test_whoever_is_too_far_behind_is_told_and_takes_a_new_snapshot(fresh: LiveStudio) -> None:
    ada = Creator(fresh).verified().rich()
    with sse(ada, WALLET) as feed:
        position = feed.next().id
    ada.images()
    fresh.settle()
    fresh.clock.pass_by(days=1)
    ada.sign_in()
    with connect(fresh.database, "projector") as connection, connection.cursor() as cursor:
        trim(cursor, recorded_before=fresh.clock())
    with sse(ada, WALLET, after=position) as feed:
        lagged = feed.next()
        assert lagged.value["__typename"] == "Lagged"
        assert lagged.value["count"] >= 1
        # An empty id makes a browser forget where it was, so that it does not lag for ever.
        assert lagged.id == ""
        assert [event.name for event in feed.rest()] == ["complete"]
    with sse(ada, WALLET) as feed:
        assert feed.value()["__typename"] == "WalletSnapshot"


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds look by themselves once in an hour: what ends one has told it."""
    monkeypatch.setattr("api.following.LOOK_AGAIN_S", 3_600.0)


@pytest.mark.usefixtures("seldom")
def test_the_end_of_a_session_ends_its_feeds(rich: Creator) -> None:
    with sse(rich, WALLET) as feed, signed_in(rich) as ws:
        ws.subscribe("1", WALLET)
        feed.next()
        ws.value("1")
        rich.sign_out()
        assert feed.value()["code"] == "NOT_SIGNED_IN"
        assert [event.name for event in feed.rest()] == ["complete"]
        assert ws.value("1")["code"] == "NOT_SIGNED_IN"
        assert ws.receive() == {"id": "1", "type": "complete"}
    until_left(rich)


@pytest.mark.usefixtures("seldom")
def test_a_session_that_expires_ends_its_feeds(rich: Creator) -> None:
    live, now = rich.live, rich.live.clock()
    rich.token = new_token()
    live.accounts.open_session(
        token_digest(rich.token),
        person_id=rich.person,
        at=now,
        expires_at=now + timedelta(seconds=2),
    )
    with sse(rich, WALLET) as feed:
        # No snapshot where the machine took longer to begin than the session lasted.
        said = [feed.next().value]
        if said[0]["__typename"] == "WalletSnapshot":
            said.append(feed.value())
        assert said[-1]["code"] == "NOT_SIGNED_IN"


def test_nobody_follows_anything_without_a_session(live: LiveStudio, ada: Creator) -> None:
    ada.token = None
    for document in (JOBS, WALLET, GALLERY):
        with sse(ada, document) as feed:
            assert feed.value()["code"] == "NOT_SIGNED_IN"


def test_a_closed_connection_leaves_no_subscriber_behind(rich: Creator) -> None:
    with sse(rich, JOBS) as jobs, sse(rich, WALLET) as wallet, signed_in(rich) as ws:
        ws.subscribe("1", GALLERY)
        jobs.next()
        wallet.next()
        ws.value("1")
        assert rich.live.parts.feed.subscribers(rich.person) == 3
    until_left(rich)


def test_a_bad_document_ends_its_operation_and_not_the_socket(rich: Creator) -> None:
    with signed_in(rich) as ws:
        ws.subscribe("1", WALLET)
        ws.value("1")
        ws.subscribe("2", "subscription {")
        assert ws.receive()["type"] == "error"
        ws.subscribe("3", "subscription { nothing }")
        assert ws.receive()["type"] == "error"
        ws.send(id="4", type="subscribe", payload={"documentId": "sha256:0"})
        assert ws.receive() == {
            "id": "4",
            "type": "error",
            "payload": [
                {"message": "Unknown document id.", "extensions": {"code": "UNKNOWN_DOCUMENT"}}
            ],
        }
        ws.subscribe("5", "{ " + " " * 40_000 + "catalogue { priceVersion } }")
        assert ws.receive()["type"] == "error"
        rich.images()
        rich.live.settle()
        assert ws.value("1")["wallet"]["reserved"] > 0


def test_a_null_payload_begins_a_socket(rich: Creator) -> None:
    with socket(rich) as ws:
        ws.begin(None)
        ws.subscribe("1", WALLET)
        assert ws.value("1")["code"] == "NOT_SIGNED_IN"


def test_an_operation_before_the_handshake_closes_the_socket(rich: Creator) -> None:
    with socket(rich) as ws:
        ws.subscribe("1", WALLET)
        with pytest.raises(ConnectionClosed) as closed:
            ws.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_another_sites_page_opens_no_socket(rich: Creator) -> None:
    with (
        pytest.raises(InvalidStatus),
        socket(rich, Origin="https://elsewhere.example") as ws,
    ):
        ws.begin({})


def test_the_board_forgets_what_is_old_and_what_is_too_much() -> None:
    now_s = [0.0]
    woken: list[UUID] = []
    board = ProgressBoard(woken.append, lambda: now_s[0])
    ada = UUID(int=1)

    def word(job: int, at_s: float, attempt: int = 1) -> JobProgressed:
        return JobProgressed(UUID(int=job), attempt, ada, Phase.STEP, 1, 2, at_s)

    board.note(word(1, 5.0))
    board.note(word(1, 4.0))
    assert board.of_job(UUID(int=1), 1) == HowFar(word(1, 5.0), left_s=None)
    board.note(word(1, 1.0, attempt=2))
    assert board.of_job(UUID(int=1), 1) is None
    for job in range(2, JOBS_MAX + 3):
        board.note(word(job, 6.0))
    assert len(board.of_owner(ada)) == JOBS_MAX
    now_s[0] += AGE_MAX_S + 1
    board.note(word(1, 7.0))
    assert board.of_owner(ada) == [word(1, 7.0)]
    assert set(woken) == {ada}


def test_a_page_of_the_studio_is_known_by_its_cookie(rich: Creator) -> None:
    cookie = f"{SESSION_COOKIE}={rich.token}"
    with socket(rich, Cookie=cookie, Origin=rich.live.url) as ws:
        ws.begin({})
        ws.subscribe("1", WALLET)
        assert ws.value("1")["__typename"] == "WalletSnapshot"
    with socket(rich, Cookie=f"{SESSION_COOKIE}=nobody's", Origin=rich.live.url) as ws:
        ws.begin({})
        ws.subscribe("1", WALLET)
        assert ws.value("1")["code"] == "NOT_SIGNED_IN"
