"""What every object store promises, asked of each of them over real requests.

A store joins by one more entry in `STORES`: S3 needs a client that reaches it, and a way to let its
signatures expire.
"""

import base64
import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    ObjectAbsent,
    ObjectFacts,
    ObjectStore,
    PlaceClosed,
    PresignedUpload,
    StoreFull,
)

PHOTO = "uploads/ada/twin/set-1/lighthouse"
LIGHTHOUSE = b"a lighthouse in fog " * 100
TEN_MIB = 10 * 1024 * 1024
PUBLIC_URL = "http://studio.test/objects"


@dataclass
class StoreUnderTest:
    """A store, a client that reaches its URLs, and its clock."""

    store: ObjectStore
    # An in-process client here, one with a network at S3: the two share no type.
    client: Any
    let_pass: Callable[[float], None]

    def post(self, upload: PresignedUpload, data: bytes, **changed_fields: str) -> Any:
        fields = {**upload.fields, **{k.replace("_", "-"): v for k, v in changed_fields.items()}}
        return self.client.post(upload.url, data=fields, files={"file": ("photo", data)})


class SettableClock:
    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s

    def let_pass(self, seconds: float) -> None:
        self.now_s += seconds


def folder(root: Path, presigner: Presigner) -> FolderObjectStore:
    return FolderObjectStore(root / "objects", presigner, free_bytes_min=0)


def in_memory(root: Path, presigner: Presigner) -> InMemoryObjectStore:
    return InMemoryObjectStore(presigner)


STORES: dict[str, Callable[[Path, Presigner], FolderObjectStore | InMemoryObjectStore]] = {
    "folder": folder,
    "in_memory": in_memory,
}


def reach(store: PresignedStore) -> TestClient:
    app = Starlette(routes=[Mount("/objects", object_app(store))])
    return TestClient(app, base_url="http://studio.test")


@pytest.fixture(params=STORES)
def under_test(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreUnderTest]:
    clock = SettableClock()
    store = STORES[request.param](tmp_path, Presigner(PUBLIC_URL, b"k" * 32, now_s=clock))
    with reach(store) as client:
        yield StoreUnderTest(store, client, clock.let_pass)


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


def test_a_key_may_be_the_beginning_of_another(under_test: StoreUnderTest) -> None:
    under_test.store.put("photos/ada", b"ada", media_type="image/png")
    under_test.store.put("photos/ada/1", b"one", media_type="image/png")
    assert under_test.store.get("photos/ada") == b"ada"
    assert under_test.store.get("photos/ada/1") == b"one"


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
    upload = form(under_test)
    under_test.let_pass(301)
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
    under_test.let_pass(62)
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
        under_test = StoreUnderTest(store, client, lambda seconds: None)
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
    under_test: StoreUnderTest,
) -> None:
    upload = form(under_test)
    under_test.store.close(["uploads/ada/twin/set-1/"])
    answer = under_test.post(upload, LIGHTHOUSE)
    assert answer.status_code == 403
    assert "AccessDenied" in answer.text
    assert list(under_test.store.keys("")) == []


def test_nothing_is_put_where_a_place_is_closed(under_test: StoreUnderTest) -> None:
    under_test.store.close(["photos/ada/1/", "templates/ada"])
    for key in ("photos/ada/1/a.png", "photos/ada/1/deep/a.png", "templates/ada"):
        with pytest.raises(PlaceClosed):
            under_test.store.put(key, b"ada", media_type="image/png")
    for key in ("photos/ada/10", "photos/ada/1", "photos/ada/2/a.png", "templates/ada.json"):
        under_test.store.put(key, b"ada", media_type="image/png")


def test_what_lies_in_a_place_that_is_closed_stays_until_it_is_deleted(
    under_test: StoreUnderTest,
) -> None:
    under_test.store.put(PHOTO, LIGHTHOUSE, media_type="image/png")
    under_test.store.close(["uploads/ada/", PHOTO])
    under_test.store.close(["uploads/ada/"])
    assert under_test.store.get(PHOTO) == LIGHTHOUSE
    assert under_test.store.delete_prefix("uploads/ada/") == 1
    assert list(under_test.store.keys("")) == []


def test_an_upload_that_began_before_its_place_was_closed_leaves_nothing(
    under_test: StoreUnderTest,
) -> None:
    store: Any = under_test.store
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
