"""Many gallery items as one ZIP: for whoever asked, once, and for nobody else."""

import base64
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

import api.mutations.archives
import tests.api.creator
from api.context import SESSION_COOKIE
from api.ids import global_id
from commands.ports.archives import ARCHIVE_ITEMS_MAX
from tests.api.creator import PHOTO, Creator, uuid_of
from tests.api.live_studio import LiveStudio


@dataclass(frozen=True)
class Answer:
    """One answer, read until the server hung up: all that it does afterwards is done."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_whole(self) -> bool:
        return len(self.body) == int(self.headers["content-length"])

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.body)) as opened:
            assert opened.testzip() is None
            return {name: opened.read(name) for name in opened.namelist()}

    @property
    def manifest(self) -> Any:
        return json.loads(self.files["manifest.json"])

    @property
    def told(self) -> tuple[Any, ...]:
        """All but for when."""
        return self.status, self.body, {k: v for k, v in self.headers.items() if k != "date"}


@contextmanager
def asked(live: LiveStudio, url: str, method: str = "GET", **headers: str) -> Iterator[Any]:
    place = urlsplit(live.url)
    assert place.hostname is not None
    lines = [f"{method} {url} HTTP/1.1", f"host: {place.netloc}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((place.hostname, place.port or 80), timeout=30) as found:
        found.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        yield found


def get(live: LiveStudio, url: str, method: str = "GET", **headers: str) -> Answer:
    with asked(live, url, method, **headers) as connection:
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    named = (line.partition(": ") for line in rest)
    return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in named}, body)


def download(creator: Creator, url: str, method: str = "GET") -> Answer:
    return get(creator.live, url, method, authorization=f"Bearer {creator.token}")


def archive(creator: Creator, **wish: Any) -> str:
    return str(creator.did("requestArchive", "url items expiresAt", **wish)["url"])


def with_pictures(live: LiveStudio, name: str = "Ada", count: int = 2) -> Creator:
    creator = Creator(live, name).verified().rich()
    creator.finished(creator.images(count=count))
    return creator


@pytest.fixture(scope="module")
def grace(live: LiveStudio) -> Creator:
    return with_pictures(live, "Grace", 1)


@pytest.fixture
def ada(live: LiveStudio) -> Creator:
    return with_pictures(live)


def ids(creator: Creator) -> list[str]:
    return [item["id"] for item in creator.gallery()]


def test_a_selection_is_one_zip_of_originals_and_a_manifest(ada: Creator) -> None:
    ada.finished(ada.clips())
    wanted = ids(ada)
    url = archive(ada, assets=wanted)
    assert url.startswith("/archives/")
    answer = download(ada, url)
    assert (answer.status, answer.is_whole) == (200, True)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    items = answer.manifest["items"]
    assert [item["asset"] for item in items] == [str(uuid_of(one)) for one in wanted]
    assert {answer.files[item["file"]] for item in items} == {PHOTO}
    assert {item["kind"] for item in items} == {"image", "video"}
    assert len(answer.files) == len(wanted) + 1
    assert answer.manifest["left_out"] == []


def test_a_filter_is_a_zip_of_what_the_gallery_shows_by_it(ada: Creator) -> None:
    ada.finished(ada.clips())
    first = ids(ada)[0]
    ada.did("setFavourite", asset=first, favourite=True)
    ada.live.settle()
    for only, count in (({}, 3), ({"kinds": ["VIDEO"]}, 1), ({"text": "KEEPER"}, 1)):
        assert len(download(ada, archive(ada, filter=only)).manifest["items"]) == count
    [item] = download(ada, archive(ada, filter={"favourite": True})).manifest["items"]
    assert item["asset"] == str(uuid_of(first))


def test_of_what_is_hidden_or_in_the_trash_there_is_no_zip(ada: Creator) -> None:
    for only in ({"trashed": True}, {"hidden": True}):
        assert ada.mutate("requestArchive", filter=only)["code"] == "ARCHIVE_EMPTY"


def test_what_went_since_is_left_out_and_the_manifest_says_so(ada: Creator) -> None:
    kept, purged = ids(ada)
    url = archive(ada, assets=[kept, purged])
    ada.did("purgeAsset", asset=purged)
    ada.live.settle()
    answer = download(ada, url)
    assert answer.is_whole
    assert [item["asset"] for item in answer.manifest["items"]] == [str(uuid_of(kept))]
    [left_out] = answer.manifest["left_out"]
    assert left_out["asset"] == str(uuid_of(purged))
    assert len(answer.files) == 2


def test_what_a_withdrawal_hides_is_in_no_zip_that_begins_afterwards(live: LiveStudio) -> None:
    ada = Creator(live, "Ada")
    twin = ada.trained()
    ada.finished(ada.images(twin))
    wanted = ids(ada)
    url = archive(ada, assets=wanted)
    ada.did("withdrawConsent", twin=twin)
    live.settle()
    answer = download(ada, url)
    assert (answer.is_whole, list(answer.files)) == (True, ["manifest.json"])
    assert [one["state"] for one in answer.manifest["left_out"]] == ["hidden"] * len(wanted)
    assert ada.mutate("requestArchive", assets=wanted)["code"] == "ARCHIVE_EMPTY"


def test_bytes_that_are_gone_break_the_download_off_and_the_address_stays(ada: Creator) -> None:
    # The object went, and no event has been folded yet that says so.
    wanted = ids(ada)
    url = archive(ada, assets=wanted)
    objects = ada.live.objects
    asset_id = str(uuid_of(wanted[-1]))
    [key] = [one for one in objects.keys("gallery/") if asset_id in one and "master" in one]
    held = objects.get(key)
    objects.delete([key])
    answer = download(ada, url)
    assert (answer.status, answer.is_whole) == (200, False)
    objects.put(key, held, media_type="image/png")
    assert download(ada, url).is_whole


def test_an_address_is_over_once_it_was_downloaded(ada: Creator) -> None:
    url = archive(ada, filter={})
    head = download(ada, url, "HEAD")
    assert (head.status, head.body) == (200, b"")
    answer = download(ada, url)
    assert answer.headers["content-length"] == head.headers["content-length"]
    assert answer.is_whole
    assert download(ada, url).told == nothing(ada).told


def test_a_download_that_broke_may_be_had_again(
    ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than the kernel takes for a client that does not read.
    monkeypatch.setattr(tests.api.creator, "PHOTO", bytes(8_000_000))
    ada.finished(ada.images(count=4))
    url = archive(ada, filter={})
    with asked(ada.live, url, authorization=f"Bearer {ada.token}") as connection:
        assert connection.recv(100_000).startswith(b"HTTP/1.1 200")
    answer = download(ada, url)
    assert answer.is_whole
    assert len(answer.body) > 32_000_000
    assert download(ada, url).status == 404


def nothing(creator: Creator) -> Answer:
    """What is answered of an address that never was."""
    absent = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    answer = download(creator, f"/archives/{absent}")
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"
    return answer


def test_whoever_is_not_its_owner_finds_nothing(ada: Creator, grace: Creator) -> None:
    url = archive(ada, filter={})
    absent = nothing(ada).told
    assert download(grace, url).told == absent
    assert get(ada.live, url).told == absent
    assert get(ada.live, url, authorization="Bearer guessed").told == absent
    elsewhere = {"cookie": f"{SESSION_COOKIE}={ada.token}", "origin": "https://else.where"}
    assert get(ada.live, url, **elsewhere).told == absent
    for rubbish in (url[:-1], url + "A", "/archives/%00", "/archives/" + "x" * 5_000):
        assert download(ada, rubbish).told == absent
    # Nobody's asking has used it up, and her own cookie is as good as a bearer.
    assert get(ada.live, url, cookie=f"{SESSION_COOKIE}={ada.token}").is_whole


def test_after_signing_out_there_is_nothing(ada: Creator) -> None:
    url, token = archive(ada, filter={}), ada.token
    ada.sign_out()
    assert get(ada.live, url, authorization=f"Bearer {token}").told == nothing(ada).told
    ada.sign_in()
    assert download(ada, url).is_whole


def test_an_address_is_over_after_a_day(fresh: LiveStudio) -> None:
    ada = with_pictures(fresh)
    early, late = archive(ada, filter={}), archive(ada, filter={})
    fresh.clock.pass_by(hours=23)
    ada.sign_in()
    assert download(ada, early).is_whole
    fresh.clock.pass_by(hours=1)
    assert download(ada, late).told == nothing(ada).told


def test_anothers_item_is_one_that_does_not_exist(ada: Creator, grace: Creator) -> None:
    own, [others] = ids(ada), ids(grace)
    answers = {
        str(ada.mutate("requestArchive", assets=[*own, one]))
        for one in (others, global_id("Asset", uuid4()), "rubbish", "x" * 5_000)
    }
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()


def test_anothers_twin_filters_as_one_that_does_not_exist(ada: Creator, grace: Creator) -> None:
    answers = {
        str(ada.mutate("requestArchive", filter={"twin": one}))
        for one in (grace.twin(), global_id("Twin", uuid4()), "rubbish")
    }
    assert len(answers) == 1
    assert "ARCHIVE_EMPTY" in answers.pop()


def test_a_thousand_items_are_asked_for_at_once_and_no_more(ada: Creator) -> None:
    absent = [global_id("Asset", uuid4()) for _ in range(ARCHIVE_ITEMS_MAX)]
    assert ada.mutate("requestArchive", assets=absent)["code"] == "NOT_FOUND"
    one_more = [*absent, global_id("Asset", uuid4())]
    answer = ada.mutate("requestArchive", "ArchiveTooLarge", "maximum", assets=one_more)
    assert (answer["code"], answer["maximum"]) == ("ARCHIVE_TOO_LARGE", ARCHIVE_ITEMS_MAX)


def test_a_filter_that_finds_more_than_a_zip_holds_is_refused(
    ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.mutations.archives, "ARCHIVE_ITEMS_MAX", 1)
    assert ada.mutate("requestArchive", filter={})["code"] == "ARCHIVE_TOO_LARGE"
    monkeypatch.setattr(api.mutations.archives, "ARCHIVE_ITEMS_MAX", 2)
    assert ada.did("requestArchive", "items", filter={})["items"] == 2


def test_it_is_said_once_which_items_are_meant(ada: Creator) -> None:
    both = ada.mutate("requestArchive", assets=ids(ada), filter={})
    assert (both["code"], both["path"]) == ("INPUT_INVALID", ["assets"])
    assert ada.mutate("requestArchive")["code"] == "INPUT_INVALID"
    assert ada.mutate("requestArchive", assets=[])["code"] == "ARCHIVE_EMPTY"
    twice = ada.did("requestArchive", "items", assets=ids(ada) * 2)
    assert twice["items"] == 2


def test_the_page_asks_by_the_committed_document(ada: Creator) -> None:
    found = ada.run("RequestArchive", input={"filter": {}})
    assert found["items"] == 2
    assert download(ada, found["url"]).is_whole
