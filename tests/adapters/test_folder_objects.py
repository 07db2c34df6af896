"""What only the folder promises: other processes, killed writers, files for this user only."""

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from adapters.objects.folder import FolderObjectStore
from adapters.objects.http import object_app
from adapters.objects.presigned import Presigner
from commands.ports.object_store import ObjectAbsent, ObjectFacts, PlaceClosed

PHOTO = "photos/ada/1.png"


@pytest.fixture
def store(tmp_path: Path) -> FolderObjectStore:
    presigner = Presigner("http://studio.test", b"k" * 32)
    return FolderObjectStore(tmp_path / "objects", presigner, free_bytes_min=0)


def test_a_second_process_sees_what_the_first_wrote(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    store.put(PHOTO, b"fog", media_type="image/png")
    other = FolderObjectStore(tmp_path / "objects", store.presigner, free_bytes_min=0)
    assert other.get(PHOTO) == b"fog"


def test_a_key_may_be_the_beginning_of_another(store: FolderObjectStore) -> None:
    store.put("photos/ada", b"ada", media_type="image/png")
    store.put("photos/ada/1", b"one", media_type="image/png")
    assert store.get("photos/ada") == b"ada"
    assert store.get("photos/ada/1") == b"one"


def test_bytes_of_a_writer_that_was_killed_are_never_an_object(store: FolderObjectStore) -> None:
    store.draft(PHOTO).write(b"half a lighthouse")
    assert store.head(PHOTO) is None
    assert list(store.keys("")) == []
    with pytest.raises(ObjectAbsent):
        store.get(PHOTO)


@pytest.mark.parametrize("by", ["key", "prefix"])
def test_deletion_also_takes_what_a_killed_writer_left(
    store: FolderObjectStore, tmp_path: Path, by: str
) -> None:
    store.draft(PHOTO).write(b"half a lighthouse")
    if by == "key":
        store.delete([PHOTO])
    else:
        store.delete_prefix("photos/ada/")
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_replacing_an_object_leaves_none_of_its_old_bytes(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    store.put(PHOTO, b"the first photo", media_type="image/png")
    store.put(PHOTO, b"the second photo", media_type="image/png")
    held = [path.read_bytes() for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert b"the first photo" not in held


def test_objects_are_readable_by_their_user_only(store: FolderObjectStore, tmp_path: Path) -> None:
    store.put(PHOTO, b"fog", media_type="image/png")
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700


def test_readers_meet_whole_objects_while_they_are_replaced(store: FolderObjectStore) -> None:
    store.put(PHOTO, b"a" * 10_000, media_type="image/png")
    torn: list[bytes] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            data = store.get(PHOTO)
            if len(data) != 10_000 or len(set(data)) != 1:
                torn.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    for letter in b"bcdefghijk" * 5:
        store.put(PHOTO, bytes([letter]) * 10_000, media_type="image/png")
    is_over.set()
    reader.join()
    assert torn == []


def test_objects_are_listed_and_deleted_while_another_deletes_their_folders(
    store: FolderObjectStore,
) -> None:
    for photo in range(300):
        store.put(f"photos/{photo:03}/a/b", b"fog", media_type="image/png")

    def delete_folders() -> None:
        for photo in range(300):
            store.delete_prefix(f"photos/{photo:03}/")

    def delete_keys() -> None:
        for photo in range(300):
            store.delete([f"photos/{photo:03}/a/b"])

    counts = [300]
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(each) for each in (delete_folders, delete_keys)]
        while not all(other.done() for other in others):
            counts.append(len(list(store.keys("photos/"))))
    for other in others:
        other.result()
    store.delete_prefix("photos/")
    assert counts == sorted(counts, reverse=True)
    assert list(store.keys("")) == []


def test_a_folder_that_may_not_be_read_is_never_taken_for_an_empty_one(
    store: FolderObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(PHOTO, b"fog", media_type="image/png")
    scan = os.scandir

    def locked(path: str | Path) -> object:
        if Path(path).name == "ada":
            raise PermissionError(errno.EACCES, "locked")
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(PermissionError):
        store.delete_prefix("photos/")


def test_a_discarded_draft_never_takes_a_published_object_along(store: FolderObjectStore) -> None:
    draft = store.draft(PHOTO)
    draft.write(b"fog")
    draft.publish(ObjectFacts(3, "image/png", "0" * 64))
    draft.discard()
    assert store.get(PHOTO) == b"fog"


def test_a_declared_length_beyond_the_limit_is_refused_unread(store: FolderObjectStore) -> None:
    upload = store.presign_upload(
        PHOTO,
        media_type="image/png",
        size_bytes_min=0,
        size_bytes_max=1_000,
        sha256_hex=None,
        expires_in_s=60,
    )
    parts = b"".join(
        b'--fog\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), value.encode())
        for name, value in upload.fields.items()
    )
    head = b'--fog\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nabc'
    with TestClient(object_app(store)) as client:
        answer = client.post(
            upload.url,
            content=parts + head,
            headers={
                "content-type": "multipart/form-data; boundary=fog",
                "content-length": str(10**9),
            },
        )
    assert answer.status_code == 400
    assert "EntityTooLarge" in answer.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--fog\r\n"),
        ("multipart/form-data; boundary=fog", b"no form at all"),
        ("multipart/form-data; boundary=fog", b"--fog\r\n\r\n"),
        ("multipart/form-data; boundary=fog", b""),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    store: FolderObjectStore, content_type: str, body: bytes
) -> None:
    with TestClient(object_app(store)) as client:
        answer = client.post("/", content=body, headers={"content-type": content_type})
    assert answer.status_code == 400
    assert list(store.keys("")) == []


def test_a_form_cut_off_in_its_file_stores_nothing(store: FolderObjectStore) -> None:
    upload = store.presign_upload(
        PHOTO,
        media_type="image/png",
        size_bytes_min=0,
        size_bytes_max=1_000,
        sha256_hex=None,
        expires_in_s=60,
    )
    with TestClient(object_app(store)) as client:
        request = client.build_request("POST", "/", data=upload.fields, files={"file": b"x" * 500})
        cut = request.read()[:-200]
        headers = {"content-type": request.headers["content-type"]}
        answer = client.post("/", content=cut, headers=headers)
    assert answer.status_code == 400
    assert list(store.keys("")) == []


def test_a_closed_place_is_closed_for_every_process_and_for_some_days(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    store.close(["photos/ada/"])
    other = FolderObjectStore(tmp_path / "objects", store.presigner, free_bytes_min=0)
    with pytest.raises(PlaceClosed):
        other.put(PHOTO, b"fog", media_type="image/png")
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert other.forget_closed(an_hour_ago, limit=10) == 0
    closed(tmp_path, ["photos/ada/"], at=an_hour_ago - timedelta(seconds=1))
    store.close(["photos/grace/"])
    with pytest.raises(PlaceClosed):
        store.put(PHOTO, b"fog", media_type="image/png")
    assert other.forget_closed(an_hour_ago, limit=10) == 1
    store.put(PHOTO, b"fog", media_type="image/png")
    with pytest.raises(PlaceClosed):
        store.put("photos/grace/1.png", b"fog", media_type="image/png")
    assert list(store.keys("")) == [PHOTO]


def closed(tmp_path: Path, places: Sequence[str], *, at: datetime) -> None:
    """Let these, and whatever was closed before, be closed since a while ago."""
    FolderObjectStore(tmp_path / "objects", Presigner("http://studio.test", b"k" * 32)).close(
        places
    )
    for marker in (tmp_path / "objects" / "~closed").iterdir():
        os.utime(marker, (at.timestamp(), at.timestamp()))


def test_places_are_opened_again_so_many_at_a_time(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    assert store.forget_closed(now, limit=10) == 0
    closed(tmp_path, [f"photos/{number}/" for number in range(7)], at=now - timedelta(days=3))
    assert [store.forget_closed(now, limit=3) for _ in range(3)] == [3, 3, 1]


def test_whoever_closes_a_place_does_not_look_at_those_that_are_closed(
    store: FolderObjectStore, tmp_path: Path
) -> None:
    closed(tmp_path, ["photos/ada/"], at=datetime.now(UTC) - timedelta(days=30))
    store.close(["photos/grace/"])
    assert len(list((tmp_path / "objects" / "~closed").iterdir())) == 2


def test_whoever_closes_and_deletes_leaves_nothing_of_those_who_write(
    store: FolderObjectStore,
) -> None:
    began = threading.Barrier(5)

    def write(number: int) -> None:
        began.wait()
        with contextlib.suppress(PlaceClosed):
            for count in range(1_000):
                store.put(f"photos/ada/{number}-{count}", b"fog", media_type="image/png")

    with ThreadPoolExecutor(4) as writers:
        writing = [writers.submit(write, number) for number in range(4)]
        began.wait()
        store.close(["photos/ada/"])
        store.delete_prefix("photos/ada/")
        for one in writing:
            one.result()
    assert list(store.keys("")) == []
