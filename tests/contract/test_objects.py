"""What every object store promises, asked of each of them over real requests.

S3 is a real server, see `tests/parts/s3_server.py`.
"""

import base64
import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from adapters.objects.folder import FolderObjectStore
from adapters.objects.http import object_app
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from adapters.objects.reception import PresignedStore
from commands.ports.object_store import (
    DOWNLOAD_LIFETIME_MAX_S,
    ObjectAbsent,
    ObjectFacts,
    ObjectPresent,
    ObjectStore,
    PlaceClosed,
    PresignedUpload,
    SpanAbsent,
    StoreFull,
)
from tests.parts.s3_server import S3ForTests, signed_ago

PHOTO = "uploads/ada/twin/set-1/lighthouse"
LIGHTHOUSE = b"a lighthouse in fog " * 100
TEN_MIB = 10 * 1024 * 1024
PUBLIC_URL = "http://studio.test/objects"


@dataclass
class StoreUnderTest:
    """A store, a client that reaches its URLs, and a way to have had something signed long ago."""

    store: ObjectStore
    # An in-process client here, one with a network at S3: the two share no type.
    client: Any
    signed_ago: Callable[[float], AbstractContextManager[None]]

    def post(self, upload: PresignedUpload, data: bytes, **changed_fields: str) -> Any:
        fields = {**upload.fields, **{k.replace("_", "-"): v for k, v in changed_fields.items()}}
        return self.client.post(upload.url, data=fields, files={"file": ("photo", data)})


class SettableClock:
    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s

    @contextmanager
    def back(self, seconds: float) -> Iterator[None]:
        self.now_s -= seconds
        yield
        self.now_s += seconds


def folder(root: Path, presigner: Presigner) -> FolderObjectStore:
    return FolderObjectStore(root / "objects", presigner, free_bytes_min=0)


def in_memory(root: Path, presigner: Presigner) -> InMemoryObjectStore:
    return InMemoryObjectStore(presigner)


SERVED_BY_US: dict[str, Callable[[Path, Presigner], FolderObjectStore | InMemoryObjectStore]] = {
    "folder": folder,
    "in_memory": in_memory,
}


def reach(store: PresignedStore) -> TestClient:
    app = Starlette(routes=[Mount("/objects", object_app(store))])
    return TestClient(app, base_url="http://studio.test")


@contextmanager
def served_by_us(name: str, root: Path) -> Iterator[StoreUnderTest]:
    clock = SettableClock()
    store = SERVED_BY_US[name](root, Presigner(PUBLIC_URL, b"k" * 32, now_s=clock))
    with reach(store) as client:
        yield StoreUnderTest(store, client, clock.back)


@contextmanager
def served_by_s3(s3: S3ForTests) -> Iterator[StoreUnderTest]:
    with httpx.Client() as client:
        yield StoreUnderTest(s3.store(s3.new_bucket()), client, signed_ago)


@pytest.fixture(params=[*SERVED_BY_US, "s3"])
def under_test(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreUnderTest]:
    with ExitStack() as stack:
        if request.param == "s3":
            opened = served_by_s3(request.getfixturevalue("s3"))
        else:
            opened = served_by_us(request.param, tmp_path)
        yield stack.enter_context(opened)


@pytest.fixture(params=SERVED_BY_US)
def recalling(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreUnderTest]:
    """Those stores that make a form worthless which they have given out."""
    with served_by_us(request.param, tmp_path) as opened:
        assert opened.store.recalls_forms
        yield opened


@pytest.fixture
def threads_that_take_turns() -> Iterator[None]:
    """Threads give way to each other a thousand times as often as they would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def form(
    under_test: StoreUnderTest, *, key: str = PHOTO, data: bytes | None = LIGHTHOUSE
) -> PresignedUpload:
    return under_test.store.presign_upload(
        key,
        media_type="image/jpeg",
        size_bytes_min=16,
        size_bytes_max=TEN_MIB,
        sha256_hex=None if data is None else hashlib.sha256(data).hexdigest(),
        expires_in_s=300,
    )


def test_what_is_put_is_what_is_got(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    assert under_test.store.get(PHOTO) == LIGHTHOUSE
    facts = under_test.store.head(PHOTO)
    assert facts is not None
    assert facts.size_bytes == len(LIGHTHOUSE)
    assert facts.media_type == "image/png"
    assert facts.sha256_hex == hashlib.sha256(LIGHTHOUSE).hexdigest()


def test_an_object_that_was_never_put_is_absent(under_test: StoreUnderTest) -> None:
    assert under_test.store.head(PHOTO) is None
    with pytest.raises(ObjectAbsent):
        under_test.store.get(PHOTO)


def test_the_last_put_of_a_key_wins(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, b"fog", media_type="image/png")
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/jpeg")
    assert under_test.store.get(PHOTO) == LIGHTHOUSE
    assert list(under_test.store.keys("")) == [PHOTO]


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "photos/../secrets", "photos//1", "photos/", "a~b", "a b", "."]
)
def test_a_key_that_could_leave_the_store_is_refused(under_test: StoreUnderTest, key: str) -> None:
    with pytest.raises(ValueError, match=r"key"):
        under_test.store.put(key, b"fog", media_type="image/png")
    with pytest.raises(ValueError, match=r"key"):
        under_test.store.get(key)
    with pytest.raises(ValueError, match=r"key"):
        under_test.store.delete([key])
    with pytest.raises(ValueError, match=r"key"):
        form(under_test, key=key)
    with pytest.raises(ValueError, match=r"key"):
        under_test.store.presign_download(key, expires_in_s=60)


def test_deleting_is_for_good_and_may_be_repeated(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    under_test.store.delete([PHOTO, "photos/never-there"])
    under_test.store.delete([PHOTO])
    assert under_test.store.head(PHOTO) is None


def test_a_prefix_takes_everything_under_it_and_nothing_beside_it(
    under_test: StoreUnderTest,
) -> None:
    for key in ("photos/1/a", "photos/1/deep/b", "photos/10/a"):
        under_test.store.put(key, b"fog", media_type="image/png")
    assert under_test.store.delete_prefix("photos/1/") == 2
    assert under_test.store.delete_prefix("photos/1/") == 0
    assert list(under_test.store.keys("")) == ["photos/10/a"]


@pytest.mark.parametrize("prefix", ["", "photos/1", "/", "../"])
def test_a_prefix_that_is_not_exact_deletes_nothing(
    under_test: StoreUnderTest, prefix: str
) -> None:
    under_test.store.put("photos/1", b"fog", media_type="image/png")
    with pytest.raises(ValueError, match=r"prefix|key"):
        under_test.store.delete_prefix(prefix)
    assert list(under_test.store.keys("")) == ["photos/1"]


def test_keys_are_listed_in_order(under_test: StoreUnderTest) -> None:
    for key in ("b/2", "a/1", "b/1"):
        under_test.store.put(key, b"fog", media_type="image/png")
    assert list(under_test.store.keys("b/")) == ["b/1", "b/2"]
    assert list(under_test.store.keys("")) == ["a/1", "b/1", "b/2"]


def test_a_stranger_uploads_what_the_form_allows(under_test: StoreUnderTest) -> None:
    assert under_test.post(form(under_test), LIGHTHOUSE).status_code == 204
    assert under_test.store.get(PHOTO) == LIGHTHOUSE
    facts = under_test.store.head(PHOTO)
    assert facts is not None
    assert facts.media_type == "image/jpeg"


def test_a_form_without_a_checksum_takes_any_bytes(under_test: StoreUnderTest) -> None:
    assert under_test.post(form(under_test, data=None), LIGHTHOUSE).status_code == 204
    assert under_test.store.get(PHOTO) == LIGHTHOUSE


def test_a_file_that_is_too_large_is_refused(under_test: StoreUnderTest) -> None:
    upload = form(under_test, data=None)
    answer = under_test.post(upload, b"x" * (TEN_MIB + 1))
    assert answer.status_code == 400
    assert "EntityTooLarge" in answer.text
    assert under_test.store.head(PHOTO) is None


def test_a_file_that_is_too_small_is_refused(under_test: StoreUnderTest) -> None:
    answer = under_test.post(form(under_test, data=None), b"x")
    assert answer.status_code == 400
    assert "EntityTooSmall" in answer.text
    assert under_test.store.head(PHOTO) is None


def test_another_media_type_is_refused(under_test: StoreUnderTest) -> None:
    upload = form(under_test)
    fields = {**upload.fields, "Content-Type": "text/html"}
    answer = under_test.post(PresignedUpload(upload.url, fields), LIGHTHOUSE)
    assert answer.status_code == 403
    assert under_test.store.head(PHOTO) is None


def test_another_key_is_refused(under_test: StoreUnderTest) -> None:
    answer = under_test.post(form(under_test), LIGHTHOUSE, key="uploads/grace/photo")
    assert answer.status_code == 403
    assert list(under_test.store.keys("")) == []


def test_bytes_with_another_checksum_are_refused(under_test: StoreUnderTest) -> None:
    answer = under_test.post(form(under_test), LIGHTHOUSE[:-1] + b"?")
    assert answer.status_code == 400
    assert "BadDigest" in answer.text
    assert under_test.store.head(PHOTO) is None


def test_a_checksum_cannot_be_swapped_for_another(under_test: StoreUnderTest) -> None:
    other = b"a lighthouse at noon"
    digest = base64.b64encode(hashlib.sha256(other).digest()).decode()
    answer = under_test.post(form(under_test), other, x_amz_checksum_sha256=digest)
    assert answer.status_code == 403
    assert under_test.store.head(PHOTO) is None


def test_an_expired_form_is_refused(under_test: StoreUnderTest) -> None:
    with under_test.signed_ago(301):
        upload = form(under_test)
    assert under_test.post(upload, LIGHTHOUSE).status_code == 403
    assert under_test.store.head(PHOTO) is None


def test_a_forged_form_is_refused(under_test: StoreUnderTest) -> None:
    grace = form(under_test, key="uploads/grace/photo")
    ada = form(under_test)
    mixed = {**grace.fields, "x-amz-signature": ada.fields["x-amz-signature"]}
    assert under_test.post(PresignedUpload(ada.url, mixed), LIGHTHOUSE).status_code == 403
    without = {k: v for k, v in ada.fields.items() if k != "x-amz-signature"}
    assert under_test.post(PresignedUpload(ada.url, without), LIGHTHOUSE).status_code in (400, 403)
    assert list(under_test.store.keys("")) == []


def test_a_refused_upload_leaves_what_stood_there(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, b"the first photo", media_type="image/png")
    assert under_test.post(form(under_test), b"other bytes than pinned").status_code == 400
    assert under_test.store.get(PHOTO) == b"the first photo"


def test_a_stranger_downloads_one_object_until_it_expires(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    url = under_test.store.presign_download(PHOTO, expires_in_s=60, file_name="Ada's fog.png")
    answer = under_test.client.get(url)
    assert answer.status_code == 200
    assert answer.content == LIGHTHOUSE
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "no-store" in answer.headers["cache-control"]
    with under_test.signed_ago(62):
        url = under_test.store.presign_download(PHOTO, expires_in_s=60)
    assert under_test.client.get(url).status_code == 403


def test_a_download_url_opens_no_other_object(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    under_test.store.put("uploads/grace/photo", b"private", media_type="image/png")
    url = under_test.store.presign_download(PHOTO, expires_in_s=60)
    assert under_test.client.get(url.replace(PHOTO, "uploads/grace/photo")).status_code == 403


def test_the_url_of_a_deleted_object_is_dead(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    url = under_test.store.presign_download(PHOTO, expires_in_s=60)
    under_test.store.delete([PHOTO])
    assert under_test.client.get(url).status_code == 404


def full_folder(root: Path, presigner: Presigner) -> FolderObjectStore:
    return FolderObjectStore(root / "objects", presigner, free_bytes_min=1 << 62)


def full_memory(root: Path, presigner: Presigner) -> InMemoryObjectStore:
    return InMemoryObjectStore(presigner, capacity_bytes=8)


@pytest.mark.parametrize("build", [full_folder, full_memory])
def test_a_full_store_says_so_and_keeps_nothing(
    build: Callable[[Path, Presigner], FolderObjectStore | InMemoryObjectStore], tmp_path: Path
) -> None:
    store = build(tmp_path, Presigner(PUBLIC_URL, b"k" * 32))
    with pytest.raises(StoreFull):
        store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    with reach(store) as client:
        under_test = StoreUnderTest(store, client, SettableClock().back)
        assert under_test.post(form(under_test), LIGHTHOUSE).status_code == 507
    assert list(store.keys("")) == []


def test_a_store_that_is_full_to_the_brim_closes_a_place_once_something_has_gone() -> None:
    store = InMemoryObjectStore(Presigner(PUBLIC_URL, b"k" * 32), capacity_bytes=len(LIGHTHOUSE))
    store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    with pytest.raises(StoreFull):
        store.close([PHOTO])
    store.delete([PHOTO])
    store.close([PHOTO])
    with pytest.raises(PlaceClosed):
        store.put(PHOTO, b"again", media_type="image/png")


def test_a_form_from_before_its_place_was_closed_takes_nothing(
    recalling: StoreUnderTest,
) -> None:
    upload = form(recalling)
    recalling.store.close(["uploads/ada/twin/set-1/"])
    answer = recalling.post(upload, LIGHTHOUSE)
    assert answer.status_code == 403
    assert "AccessDenied" in answer.text
    assert list(recalling.store.keys("")) == []


def test_nothing_is_put_where_a_place_is_closed(recalling: StoreUnderTest) -> None:
    recalling.store.close(["photos/ada/1/", "templates/ada"])
    for key in ("photos/ada/1/a.png", "photos/ada/1/deep/a.png", "templates/ada"):
        with pytest.raises(PlaceClosed):
            recalling.store.put(key, b"ada", media_type="image/png")
    for key in ("photos/ada/10", "photos/ada/1", "photos/ada/2/a.png", "templates/ada.json"):
        recalling.store.put(key, b"ada", media_type="image/png")


def test_what_lies_in_a_place_that_is_closed_stays_until_it_is_deleted(
    recalling: StoreUnderTest,
) -> None:
    recalling.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    recalling.store.close(["uploads/ada/", PHOTO])
    recalling.store.close(["uploads/ada/"])
    assert recalling.store.get(PHOTO) == LIGHTHOUSE
    assert recalling.store.delete_prefix("uploads/ada/") == 1
    assert list(recalling.store.keys("")) == []


def test_an_upload_that_began_before_its_place_was_closed_leaves_nothing(
    recalling: StoreUnderTest,
) -> None:
    store: Any = recalling.store
    draft = store.draft(PHOTO)
    draft.write(LIGHTHOUSE)
    store.close(["uploads/ada/"])
    store.delete_prefix("uploads/ada/")
    facts = ObjectFacts(len(LIGHTHOUSE), "image/png", hashlib.sha256(LIGHTHOUSE).hexdigest())
    with pytest.raises(PlaceClosed):
        draft.publish(facts)
    draft.discard()
    assert store.head(PHOTO) is None


@pytest.mark.parametrize("place", ["", "/", "../a", "a//b/", "a/~closed/"])
def test_only_places_can_be_closed(under_test: StoreUnderTest, place: str) -> None:
    with pytest.raises(ValueError, match="key"):
        under_test.store.close([place])


def test_keys_are_listed_while_others_write_and_delete(
    under_test: StoreUnderTest, threads_that_take_turns: None
) -> None:
    store = under_test.store
    stop = threading.Event()

    def write_and_delete() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            store.put(f"photos/ada/{number % 50}", b"fog", media_type="image/png")
            store.delete([f"photos/ada/{(number + 25) % 50}"])

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write_and_delete)
        try:
            for _ in range(1_000):
                assert all(key.startswith("photos/ada/") for key in store.keys("photos/"))
        finally:
            stop.set()
        writing.result()


def test_of_a_write_in_pieces_everything_is_there(under_test: StoreUnderTest) -> None:
    pieces = [bytes([number]) * 1_000_000 for number in range(18)]
    written = under_test.store.write(PHOTO, iter(pieces), media_type="image/png")
    whole = b"".join(pieces)
    assert written == ObjectFacts(18_000_000, "image/png", hashlib.sha256(whole).hexdigest())
    assert under_test.store.get(PHOTO) == whole
    facts = under_test.store.head(PHOTO)
    assert facts is not None
    assert (facts.size_bytes, facts.media_type) == (18_000_000, "image/png")
    assert facts.sha256_hex in (None, written.sha256_hex)


@pytest.mark.parametrize("pieces", [[], [b""], [b"fog"]])
def test_a_write_may_be_short(under_test: StoreUnderTest, pieces: list[bytes]) -> None:
    under_test.store.write(PHOTO, pieces, media_type="image/png")
    assert under_test.store.get(PHOTO) == b"".join(pieces)


@pytest.mark.parametrize("size_bytes", [10, 20_000_000])
def test_a_write_that_breaks_off_leaves_what_stood_there(
    under_test: StoreUnderTest, size_bytes: int
) -> None:
    under_test.store.put(PHOTO, b"the first photo", media_type="image/png")

    def broken() -> Iterator[bytes]:
        yield b"x" * size_bytes
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        under_test.store.write(PHOTO, broken(), media_type="image/png")
    assert under_test.store.get(PHOTO) == b"the first photo"
    assert list(under_test.store.keys("")) == [PHOTO]


def test_what_is_to_be_new_takes_the_place_of_nothing(under_test: StoreUnderTest) -> None:
    under_test.store.put_new(PHOTO, b"the first photo", media_type="image/png")
    with pytest.raises(ObjectPresent):
        under_test.store.put_new(PHOTO, LIGHTHOUSE, media_type="image/png")
    assert under_test.store.get(PHOTO) == b"the first photo"
    under_test.store.delete([PHOTO])
    under_test.store.put_new(PHOTO, LIGHTHOUSE, media_type="image/png")
    assert under_test.store.get(PHOTO) == LIGHTHOUSE


def test_of_several_who_write_something_new_one_does(under_test: StoreUnderTest) -> None:
    began = threading.Barrier(6)

    def write(number: int) -> bool:
        began.wait()
        try:
            under_test.store.put_new(PHOTO, b"%d" % number, media_type="image/png")
        except ObjectPresent:
            return False
        return True

    with ThreadPoolExecutor(6) as writers:
        did = list(writers.map(write, range(6)))
    assert did.count(True) == 1
    assert under_test.store.get(PHOTO) == b"%d" % did.index(True)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(0, None, b"0123456789"), (3, 5, b"345"), (7, None, b"789"), (9, 90, b"9"), (0, 0, b"0")],
)
def test_a_span_is_read_without_the_rest(
    under_test: StoreUnderTest, first: int, last: int | None, expected: bytes
) -> None:
    under_test.store.put(PHOTO, b"0123456789", media_type="image/png")
    opened = under_test.store.open(PHOTO, first_byte=first, last_byte=last)
    assert b"".join(opened.chunks) == expected
    assert (opened.facts.size_bytes, opened.facts.media_type) == (10, "image/png")


def test_what_an_object_has_not_cannot_be_opened(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, b"0123456789", media_type="image/png")
    under_test.store.put("photos/empty", b"", media_type="image/png")
    with pytest.raises(SpanAbsent) as beyond:
        under_test.store.open(PHOTO, first_byte=10)
    assert beyond.value.size_bytes == 10
    with pytest.raises(ObjectAbsent):
        under_test.store.open("photos/never-there")
    with pytest.raises(ValueError, match="upwards"):
        under_test.store.open(PHOTO, first_byte=5, last_byte=4)
    assert list(under_test.store.open("photos/empty").chunks) == []


def test_a_listing_says_how_large_and_how_old_and_goes_on_where_it_was(
    under_test: StoreUnderTest,
) -> None:
    for key in ("a/1", "a/2", "b/1"):
        under_test.store.put(key, key.encode(), media_type="image/png")
    found = list(under_test.store.listed("", after="a/1"))
    assert [(one.key, one.size_bytes) for one in found] == [("a/2", 3), ("b/1", 3)]
    for one in found:
        assert abs(datetime.now(UTC) - one.written_at) < timedelta(minutes=1)
    assert [one.key for one in under_test.store.listed("a/")] == ["a/1", "a/2"]
    assert list(under_test.store.listed("", after="b/1")) == []


@pytest.mark.parametrize(
    ("asked", "status", "body", "span"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=6-", 206, b"6789", "bytes 6-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
    ],
)
def test_a_stranger_downloads_a_part(
    under_test: StoreUnderTest, asked: str, status: int, body: bytes | None, span: str | None
) -> None:
    under_test.store.put(PHOTO, b"0123456789", media_type="image/png")
    url = under_test.store.presign_download(PHOTO, expires_in_s=60)
    answer = under_test.client.get(url, headers={"Range": asked})
    assert answer.status_code == status
    if body is not None:
        assert answer.content == body
        assert answer.headers["content-length"] == str(len(body))
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers.get("content-range") == span


def test_a_stranger_who_has_the_bytes_gets_none(under_test: StoreUnderTest) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    url = under_test.store.presign_download(PHOTO, expires_in_s=60)
    etag = under_test.client.get(url).headers["etag"]
    answer = under_test.client.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    under_test.store.put(PHOTO, b"another photo", media_type="image/png")
    answer = under_test.client.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (200, b"another photo")


@pytest.mark.parametrize("expires_in_s", [0, DOWNLOAD_LIFETIME_MAX_S + 1])
def test_no_url_of_a_download_lasts_longer_than_two_minutes(
    under_test: StoreUnderTest, expires_in_s: int
) -> None:
    with pytest.raises(ValueError, match="lasts"):
        under_test.store.presign_download(PHOTO, expires_in_s=expires_in_s)
