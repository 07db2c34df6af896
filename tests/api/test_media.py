"""Files of the gallery at the studio's own address: for whoever may see them, and nobody else."""

import asyncio
import contextlib
import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from adapters.objects.folder import FolderObjectStore
from adapters.objects.presigned import Presigner
from adapters.objects.spans import CHUNK_BYTES
from api.context import SESSION_COOKIE, context_getter
from api.ids import global_id
from api.media import media_routes
from commands.ports.object_store import (
    ObjectFacts,
    ObjectStore,
    OpenObject,
    StoreUnavailable,
)
from gpu_consumers.screening.released_files import EncodedFile
from tests.api.creator import BLUR, Creator
from tests.api.live_studio import LiveStudio
from tests.parts.s3_server import S3ForTests

PICTURE = bytes(range(256)) * 4_000
"""A megabyte: several times what is held of it at once."""

FILES = {
    "master": EncodedFile(PICTURE, "image/png", 512, 512),
    "thumbnail-256": EncodedFile(b"a small lighthouse", "image/webp", 256, 256),
    "thumbnail-512": EncodedFile(b"a lighthouse", "image/webp", 512, 512),
}
DIGEST = hashlib.sha256(PICTURE).hexdigest()
SMALL_DIGEST = hashlib.sha256(FILES["thumbnail-256"].data).hexdigest()
SEEN = """query($id: ID!) { viewer { ... on Viewer { asset(id: $id) {
  url placeholder width height renditions { role url }
  thumbnail(size: PX_512) { url width } small: thumbnail { url sizeBytes mediaType }
} } } }"""


@dataclass
class Ada:
    """Somebody with one picture, and what her browser sends."""

    creator: Creator
    asset: str

    def address(self, role: str = "master", query: str = "") -> str:
        return f"/media/{self.asset}/{role}{query}"

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self.creator.http.get(address, headers={**self.creator.headers, **headers})

    def seen(self) -> Any:
        """What the API tells of the picture."""
        return self.creator.ask(SEEN, id=global_id("Asset", UUID(self.asset)))["asset"]


def with_a_picture(live: LiveStudio, name: str = "Ada") -> Ada:
    creator = Creator(live, name)
    twin = creator.trained()
    [asset] = creator.finished(creator.images(twin, count=1), FILES)
    return Ada(creator, asset)


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Ada:
    return with_a_picture(live)


@pytest.fixture(scope="module")
def grace(live: LiveStudio) -> Ada:
    return with_a_picture(live, "Grace")


def told(answer: httpx.Response) -> tuple[Any, ...]:
    """All that an answer says, but for when."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.content, headers


def nothing(ada: Ada) -> tuple[Any, ...]:
    """What is answered of an item that never was."""
    answer = ada.get(f"/media/{uuid4()}/master")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    return told(answer)


def test_a_picture_is_there_with_its_type_its_name_and_its_digest(ada: Ada) -> None:
    answer = ada.get(ada.address())
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(PICTURE))
    assert answer.headers["etag"] == f'"{DIGEST}"'
    assert answer.headers["content-disposition"] == f'inline; filename="image-{ada.asset}.png"'
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_browser_sees_it_by_its_cookie_under_whatever_name_it_found_the_studio(ada: Ada) -> None:
    cookie = {"cookie": f"{SESSION_COOKIE}={ada.creator.token}"}
    for name in ("localhost", "127.0.0.1:8000", "studio.lan", "pictures.example.org"):
        answer = httpx.get(ada.creator.live.url + ada.address(), headers={**cookie, "host": name})
        assert answer.content == PICTURE


def test_another_sites_page_sees_nothing_by_the_cookie_that_is_sent_along(ada: Ada) -> None:
    headers = {"cookie": f"{SESSION_COOKIE}={ada.creator.token}", "origin": "https://else.where"}
    answer = httpx.get(ada.creator.live.url + ada.address(), headers=headers)
    assert told(answer) == nothing(ada)


def test_every_address_that_the_api_tells_is_on_its_own_origin_and_good(ada: Ada) -> None:
    seen = ada.seen()
    addresses = [
        seen["url"],
        seen["thumbnail"]["url"],
        seen["small"]["url"],
        *(file["url"] for file in seen["renditions"]),
    ]
    assert all(address.startswith(f"/media/{ada.asset}/") for address in addresses)
    assert {ada.get(address).status_code for address in addresses} == {200}
    assert (seen["placeholder"], seen["width"], seen["height"]) == (BLUR, 512, 512)
    assert seen["thumbnail"]["width"] == 512
    assert seen["small"]["mediaType"] == "image/webp"
    assert [file["role"] for file in seen["renditions"]] == ["MASTER"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=300000-700000", 300_000, 700_000),
        ("bytes=1000000-", 1_000_000, len(PICTURE) - 1),
        ("bytes=-10", len(PICTURE) - 10, len(PICTURE) - 1),
        ("bytes=5-99999999", 5, len(PICTURE) - 1),
    ],
)
def test_a_part_of_it_is_sent_where_a_part_is_asked_for(
    ada: Ada, asked: str, first: int, last: int
) -> None:
    answer = ada.get(ada.address(), range=asked)
    assert (answer.status_code, answer.content) == (206, PICTURE[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(PICTURE)}"
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=1024000-", "bytes=-0"])
def test_beyond_its_end_there_is_nothing_to_send(ada: Ada, asked: str) -> None:
    answer = ada.get(ada.address(), range=asked)
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(PICTURE)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "rubbish"])
def test_what_cannot_be_sent_in_parts_is_sent_whole(ada: Ada, asked: str) -> None:
    assert ada.get(ada.address(), range=asked).content == PICTURE


def test_a_part_of_other_bytes_than_the_rest_is_never_sent(ada: Ada) -> None:
    same = {"range": "bytes=1-2", "if-range": f'"{DIGEST}"'}
    other = {"range": "bytes=1-2", "if-range": '"another"'}
    assert ada.get(ada.address(), **same).status_code == 206
    assert ada.get(ada.address(), **other).content == PICTURE


@pytest.mark.parametrize("known", [f'"{DIGEST}"', f'W/"{DIGEST}"', f'"x", "{DIGEST}"', "*"])
def test_who_has_it_is_not_sent_it_again(ada: Ada, known: str) -> None:
    answer = ada.get(ada.address(), **{"if-none-match": known})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == f'"{DIGEST}"'


def test_a_head_tells_what_a_get_would(ada: Ada) -> None:
    head = ada.creator.http.head(ada.address(), headers=ada.creator.headers)
    assert told(head) == (200, b"", told(ada.get(ada.address()))[2])


def test_a_thumbnail_under_its_digest_is_kept_for_an_hour_by_one_browser(ada: Ada) -> None:
    kept = ada.get(ada.address("thumbnail-256", f"?v={SMALL_DIGEST[:16]}")).headers
    assert kept["cache-control"] == "private, max-age=3600"
    assert ada.seen()["small"]["url"] == ada.address("thumbnail-256", f"?v={SMALL_DIGEST[:16]}")
    for asked in ("", "?v=", "?v=0123456789abcdef", f"?v={SMALL_DIGEST[:8]}"):
        answer = ada.get(ada.address("thumbnail-256", asked)).headers
        assert answer["cache-control"] == "private, no-cache"


def test_a_picture_is_asked_for_each_time_it_is_looked_at(ada: Ada) -> None:
    assert ada.get(ada.seen()["url"]).headers["cache-control"] == "private, no-cache"


def test_no_cache_between_may_keep_anything_of_anybody(ada: Ada) -> None:
    for address in (ada.seen()["url"], ada.seen()["small"]["url"], ada.address("x")):
        headers = ada.get(address).headers
        assert {"private", "no-store"} & set(headers["cache-control"].split(", "))
        assert headers["vary"] == "Authorization, Cookie"


def test_a_download_is_an_attachment(ada: Ada) -> None:
    answer = ada.get(ada.address(query="?download"))
    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-disposition"] == f'attachment; filename="image-{ada.asset}.png"'
    assert answer.headers["cache-control"] == "no-store"


def test_what_carries_no_credentials_cannot_be_downloaded(ada: Ada) -> None:
    assert ada.get(ada.address("thumbnail-512")).status_code == 200
    assert told(ada.get(ada.address("thumbnail-512", "?download"))) == nothing(ada)
    answer = ada.creator.mutate(
        "requestDownload", asset=ada.creator.gallery()[0]["id"], rendition="THUMBNAIL_512"
    )
    assert answer["code"] == "ASSET_NOT_AVAILABLE"


@pytest.mark.parametrize("role", ["master", "thumbnail-256", "thumbnail-512"])
def test_somebody_elses_picture_is_one_that_never_was(ada: Ada, grace: Ada, role: str) -> None:
    assert grace.get(grace.address(role)).status_code == 200
    for address in (grace.address(role), grace.address(role, f"?v={SMALL_DIGEST[:16]}")):
        assert told(ada.get(address)) == nothing(ada)
        copied = {"if-none-match": f'"{SMALL_DIGEST}", "{DIGEST}"', "range": "bytes=0-1"}
        assert told(ada.get(address, **copied)) == nothing(ada)


@pytest.mark.parametrize(
    "address",
    [
        "/media/{id}/preview",
        "/media/{id}/placeholder",
        "/media/{id}/MASTER",
        "/media/{ID}/master",
        "/media/{hex}/master",
        "/media/rubbish/master",
        "/media/{id}/%00",
        "/media/%00/master",
        "/media/{id}/..%2fmaster",
    ],
)
def test_an_address_that_nothing_has_is_one_that_never_was(ada: Ada, address: str) -> None:
    own = UUID(ada.asset)
    written = address.format(id=own, ID=str(own).upper(), hex=own.hex)
    assert ada.get(written).status_code == 404
    if "%2f" not in address:
        assert told(ada.get(written)) == nothing(ada)


def test_whoever_is_not_signed_in_sees_nothing(ada: Ada) -> None:
    for headers in ({}, {"authorization": "Bearer rubbish"}, {"cookie": f"{SESSION_COOKIE}=x"}):
        answer = httpx.get(ada.creator.live.url + ada.address(), headers=headers)
        assert told(answer) == nothing(ada)


def test_after_sign_out_nothing_is_left_at_the_browser_or_behind_the_address(
    live: LiveStudio,
) -> None:
    ada = with_a_picture(live)
    address = ada.seen()["small"]["url"]
    assert ada.get(address).status_code == 200
    answer = ada.creator.post("mutation { signOut { __typename } }").response
    assert answer.headers["clear-site-data"] == '"cache"'
    assert told(ada.get(address)) == nothing(ada)


def test_what_a_withdrawal_hides_is_gone_at_once_and_back_when_it_is_kept(
    live: LiveStudio,
) -> None:
    ada = with_a_picture(live)
    [shown] = ada.creator.gallery()
    address = shown["thumbnail"]["url"]
    ada.creator.did("withdrawConsent", twin=shown["twin"])
    live.project()
    assert told(ada.get(address)) == told(ada.get(ada.address())) == nothing(ada)
    [hidden] = ada.creator.gallery(hidden=True)
    assert (hidden["url"], hidden["placeholder"], hidden["thumbnail"]["url"]) == (None,) * 3
    ada.creator.did("keepAsset", asset=shown["id"])
    live.project()
    assert ada.get(address).status_code == 200
    assert ada.creator.gallery()[0]["placeholder"] == BLUR


def test_what_is_reported_or_purged_is_gone_at_once(live: LiveStudio) -> None:
    ada = with_a_picture(live)
    [shown] = ada.creator.gallery()
    ada.creator.did("purgeAsset", asset=shown["id"])
    live.project()
    assert told(ada.get(ada.address("thumbnail-256"))) == nothing(ada)
    live.settle()
    assert list(live.objects.keys(f"gallery/{ada.asset}/")) == []
    assert told(ada.get(ada.address())) == nothing(ada)


def test_what_lies_there_and_is_not_what_was_released_is_not_sent(live: LiveStudio) -> None:
    ada = with_a_picture(live)
    [key] = [one for one in live.objects.keys(f"gallery/{ada.asset}/") if one.endswith("/master")]
    live.objects.put(key, b"another picture", media_type="image/png")
    assert told(ada.get(ada.address())) == nothing(ada)
    live.objects.delete([key])
    assert told(ada.get(ada.address())) == nothing(ada)


class SilentStore:
    """Answers nobody."""

    def open(self, key: str, **_: Any) -> Any:
        raise StoreUnavailable("SlowDown")


def reached(ada: Ada, objects: Any, store_origin: str | None = None) -> TestClient:
    """The route alone, over another store."""
    app = FastAPI()
    parts = replace(ada.creator.live.parts, objects=objects, store_origin=store_origin)
    app.include_router(media_routes(parts, context_getter(parts)))
    return TestClient(app, headers=ada.creator.headers, follow_redirects=False)


def test_a_store_that_does_not_answer_is_to_be_asked_again(ada: Ada) -> None:
    with reached(ada, SilentStore()) as client:
        answer = client.get(ada.address())
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    assert int(answer.headers["retry-after"]) > 0


class Tapped:
    """Ada's picture, and how much of it was read before it was let go."""

    read_bytes = 0
    was_let_go = False

    def open(self, key: str, **_: Any) -> OpenObject:
        facts = ObjectFacts(len(PICTURE), "image/png", None)
        return OpenObject(facts, self._chunks())

    def _chunks(self) -> Generator[bytes]:
        try:
            for begin in range(0, len(PICTURE), CHUNK_BYTES):
                self.read_bytes += CHUNK_BYTES
                yield PICTURE[begin : begin + CHUNK_BYTES]
        finally:
            self.was_let_go = True


@pytest.mark.parametrize("spec_version", ["2.0", "2.4"])
async def test_a_file_is_read_no_further_than_its_viewer_looks(ada: Ada, spec_version: str) -> None:
    tapped, sent = Tapped(), list[Any]()
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            gone.set()
            # The viewer has gone, and no more is taken.
            await asyncio.Event().wait() if spec_version == "2.0" else None
            raise OSError

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": ada.address(),
        "raw_path": ada.address().encode(),
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {ada.creator.token}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("studio.test", 80),
    }
    app = FastAPI()
    parts = replace(ada.creator.live.parts, objects=tapped)  # type: ignore[arg-type]
    app.include_router(media_routes(parts, context_getter(parts)))
    with contextlib.suppress(ClientDisconnect):
        await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (tapped.read_bytes, tapped.was_let_go) == (CHUNK_BYTES, True)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Each of the stores that hold real galleries."""
    if request.param == "folder":
        presigner = Presigner("http://studio.test/objects", b"k" * 32)
        return FolderObjectStore(tmp_path, presigner, free_bytes_min=0)
    s3: S3ForTests = request.getfixturevalue("s3")
    return s3.store(s3.new_bucket())


@pytest.fixture
def from_store(ada: Ada, store: ObjectStore) -> Iterator[TestClient]:
    """Ada's files lie there."""
    objects = ada.creator.live.objects
    for key in objects.keys(f"gallery/{ada.asset}/"):
        file = FILES[key.rsplit("/", 1)[1]]
        store.put(key, file.data, media_type=file.media_type)
    with reached(ada, store) as client:
        yield client


def test_every_store_sends_it_whole_and_in_parts(ada: Ada, from_store: TestClient) -> None:
    assert from_store.get(ada.address()).content == PICTURE
    part = from_store.get(ada.address(), headers={"range": "bytes=262140-524300"})
    assert (part.status_code, part.content) == (206, PICTURE[262_140:524_301])
    small = from_store.get(ada.address("thumbnail-256"))
    assert small.content == FILES["thumbnail-256"].data


def test_a_download_from_elsewhere_is_where_the_store_says_and_for_a_short_while(
    ada: Ada, store: ObjectStore
) -> None:
    with reached(ada, store, store_origin="https://store.example") as client:
        answer = client.get(ada.address(query="?download"))
        assert client.get(ada.address("thumbnail-256", "?download")).status_code == 404
    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert ada.asset in answer.headers["location"]
