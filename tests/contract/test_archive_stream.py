"""A ZIP of what is in a store: of every store the same, whole or broken off, and never large."""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Generator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from adapters.objects.folder import FolderObjectStore
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from api.archive_contents import contents
from api.archive_stream import LOOK_AGAIN_S, ArchiveStream, ContentsChanged
from commands.ports.object_store import ObjectStore
from queries.gallery.gallery import Asset
from tests.diary import MORNING
from tests.parts.s3_server import S3ForTests

MIB = 1024 * 1024
GROWTH_MAX_BYTES = 32 * MIB
PAGE_BYTES = 4096


@pytest.fixture(params=["in_memory", "folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    presigner = Presigner("http://studio.test/objects", b"k" * 32)
    match request.param:
        case "in_memory":
            return InMemoryObjectStore(presigner)
        case "folder":
            return FolderObjectStore(tmp_path, presigner)
        case _:
            s3: S3ForTests = request.getfixturevalue("s3")
            return s3.store(s3.new_bucket())


@pytest.fixture(params=["folder", "s3"])
def large_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """One that keeps nothing in this process."""
    if request.param == "folder":
        return FolderObjectStore(tmp_path, Presigner("http://studio.test/objects", b"k" * 32))
    s3: S3ForTests = request.getfixturevalue("s3")
    return s3.store(s3.new_bucket())


def asset(number: int, size_bytes: int, *, prompt: str | None = "a lighthouse in fog") -> Asset:
    own = UUID(int=number, version=4)
    is_clip = number % 2 == 1
    return Asset(
        asset_id=own,
        job_id=UUID(int=7),
        item=number,
        twin_id=None,
        kind="video" if is_clip else "image",
        engine="pocket",
        rating="GENERAL",
        state="released",
        hidden_reason=None,
        favourite=False,
        object_key=f"gallery/{own}/1/master",
        sha256="0" * 64,
        size_bytes=size_bytes,
        width=512,
        height=512,
        media_type="video/mp4" if is_clip else "image/png",
        duration_ms=2_000 if is_clip else None,
        renditions=(),
        likeness=(),
        placeholder=None,
        source_asset_id=UUID(int=9) if is_clip else None,
        source_photo_id=None,
        source_relation="animation" if is_clip else None,
        seed=number,
        prompt=prompt,
        negative_prompt=None,
        settings={"style": "ink"},
        checks=[{"check": "provenance", "passed": True}],
        policy_version=1,
        consent_epoch=None,
        released_at=MORNING,
        released_position=number,
        position=number,
        tags=(),
        collections=(),
        private=False,
        purge_at=None,
        stack_id=UUID(int=7),
    )


@dataclass
class Life:
    """What may be seen, and a clock for looking again."""

    hidden: set[UUID] = field(default_factory=set)
    now_s: float = 0.0

    def still_released(self, asset_ids: Collection[UUID]) -> Collection[UUID]:
        return set(asset_ids) - self.hidden

    def monotonic_s(self) -> float:
        return self.now_s


def stream_of(store: ObjectStore, assets: list[Asset], life: Life | None = None) -> ArchiveStream:
    life = life or Life()
    found = {one.asset_id: one for one in assets}
    packed = contents(tuple(found), found, made_at=MORNING)
    return ArchiveStream(store, packed, life.still_released, life.monotonic_s)


def put(store: ObjectStore, one: Asset, data: bytes) -> None:
    store.put(one.object_key, data, media_type=one.media_type)


def test_a_zip_holds_every_file_as_it_is_and_is_as_long_as_it_says(store: ObjectStore) -> None:
    data = {1: b"a clip" * 100_000, 2: b"a picture", 3: b""}
    assets = [asset(number, len(held)) for number, held in data.items()]
    for one, held in zip(assets, data.values(), strict=True):
        put(store, one, held)
    stream = stream_of(store, assets)
    made = b"".join(stream.pieces())
    assert len(made) == stream.size_bytes
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.testzip() is None
        manifest = json.loads(opened.read("manifest.json"))
        packed = [opened.read(item["file"]) for item in manifest["items"]]
    assert packed == list(data.values())


@pytest.mark.parametrize("change", ["deleted", "shorter", "longer"])
def test_what_is_not_as_it_was_told_breaks_the_zip_off(store: ObjectStore, change: str) -> None:
    assets = [asset(1, 500_000), asset(2, 500_000)]
    for one in assets:
        put(store, one, bytes(500_000))
    stream = stream_of(store, assets)
    pieces = stream.pieces()
    sent = [next(pieces)]
    match change:
        case "deleted":
            store.delete([assets[1].object_key])
        case "shorter":
            put(store, assets[1], bytes(499_999))
        case "longer":
            put(store, assets[1], bytes(500_001))
    with pytest.raises(ContentsChanged):
        sent.extend(pieces)
    assert sum(map(len, sent)) < 600_000


def test_what_is_hidden_while_it_is_sent_is_not_sent_a_second_later() -> None:
    store = InMemoryObjectStore(Presigner("http://studio.test/objects", b"k" * 32))
    assets = [asset(1, 500_000), asset(2, 500_000)]
    for one in assets:
        put(store, one, bytes(500_000))
    life = Life()
    pieces = stream_of(store, assets, life).pieces()
    next(pieces)
    life.hidden.add(assets[1].asset_id)
    life.now_s += LOOK_AGAIN_S
    with pytest.raises(ContentsChanged):
        list(pieces)


def test_of_200_mb_only_a_few_pieces_are_in_memory(large_store: ObjectStore) -> None:
    block = bytes(range(256)) * 4_096
    assets = [asset(number, 10 * len(block)) for number in range(20)]
    for one in assets:
        large_store.write(one.object_key, (block for _ in range(10)), media_type=one.media_type)
    stream = stream_of(large_store, assets)
    assert stream.size_bytes > 200 * MIB
    before, most, sent = resident_bytes(), 0, 0
    for piece in stream.pieces():
        sent += len(piece)
        most = max(most, resident_bytes())
    assert sent == stream.size_bytes
    assert most - before <= GROWTH_MAX_BYTES


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def names(*prompts: str | None) -> list[str]:
    assets = [asset(2 * number, 1, prompt=prompt) for number, prompt in enumerate(prompts)]
    found = {one.asset_id: one for one in assets}
    return [file.name for file in contents(tuple(found), found, made_at=MORNING).files]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A Lighthouse, in FOG!", "a-lighthouse-in-fog"),
        ("un café à Noël", "un-cafe-a-noel"),
        ("../../etc/passwd", "etc-passwd"),
        ("灯台", "image"),
        (None, "image"),
        ("fog " * 40, "-".join(["fog"] * 12)),
        ("f" * 100, "f" * 48),
    ],
)
def test_a_name_has_the_words_of_the_prompt_and_nothing_that_a_system_minds(
    prompt: str | None, words: str
) -> None:
    [name] = names(prompt)
    assert name.startswith(f"{MORNING:%Y-%m-%d}-{words}-")
    assert name.endswith(".png")


def test_two_items_never_have_one_name() -> None:
    # Their ids begin alike.
    many = names(*["a lighthouse in fog"] * 50)
    assert len(set(many)) == 50


def test_a_manifest_says_what_made_each_and_what_was_left_out() -> None:
    kept, purged, never = asset(1, 5), asset(2, 5), UUID(int=99)
    gone = msgspec.structs.replace(purged, state="purged")
    found = {kept.asset_id: kept, gone.asset_id: gone}
    packed = contents((kept.asset_id, gone.asset_id, never), found, made_at=MORNING)
    manifest = json.loads(packed.manifest)
    [item] = manifest["items"]
    assert item["asset"] == str(kept.asset_id)
    assert (item["sha256"], item["parameters"]["seed"]) == (kept.sha256, 1)
    assert item["parameters"]["prompt"] == "a lighthouse in fog"
    assert item["lineage"]["relation"] == "animation"
    assert item["checks"] == kept.checks
    assert manifest["left_out"] == [
        {"asset": str(gone.asset_id), "state": "purged"},
        {"asset": str(never), "state": "absent"},
    ]


def test_a_zip_that_is_not_read_to_its_end_lets_its_file_go() -> None:
    closed: list[str] = []

    class Watched(InMemoryObjectStore):
        def open(self, key, *, first_byte=0, last_byte=None):  # type: ignore[no-untyped-def]
            opened = super().open(key, first_byte=first_byte, last_byte=last_byte)

            def chunks() -> Generator[bytes]:
                try:
                    yield from opened.chunks
                finally:
                    closed.append(hashlib.sha256(key.encode()).hexdigest())

            return type(opened)(opened.facts, chunks())

    store = Watched(Presigner("http://studio.test/objects", b"k" * 32))
    put(store, one := asset(1, 900_000), bytes(900_000))
    pieces = stream_of(store, [one]).pieces()
    next(pieces)
    assert closed == []
    pieces.close()
    assert len(closed) == 1
