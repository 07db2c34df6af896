"""An S3 server that fails: what is read is whole or an error, what is written is there or not."""

import hashlib
from collections.abc import Iterator
from itertools import count

import pytest

from adapters.objects import s3_access
from adapters.objects.s3 import PATIENCE_S, S3ObjectStore
from adapters.parts.kafka import free_ports
from adapters.parts.s3 import ROOT
from commands.ports.object_store import (
    ObjectFacts,
    ObjectPresent,
    StoreFull,
    StoreUnavailable,
)
from processes.outage import is_outage
from tests.faults.faulty_s3 import (
    NO_ROOM,
    SLOW_DOWN,
    Accident,
    FaultyS3,
    always,
    first,
    on,
)
from tests.parts.s3_server import S3ForTests

PICTURE = "gallery/ada/claim/master"
DATA = bytes(range(256)) * 4_000


@pytest.fixture(scope="module")
def faulty(s3: S3ForTests) -> Iterator[FaultyS3]:
    with FaultyS3(s3.server.endpoint).running() as running:
        yield running


@pytest.fixture
def bucket(s3: S3ForTests) -> str:
    return s3.new_bucket()


@pytest.fixture
def store(s3: S3ForTests, bucket: str, faulty: FaultyS3) -> S3ObjectStore:
    """A store with one picture, reached through the faulty server."""
    opened = s3.store(bucket, endpoint=faulty.endpoint)
    opened.put(PICTURE, DATA, media_type="image/png")
    return opened


def test_without_a_fault_nothing_is_different(store: S3ObjectStore) -> None:
    assert store.get(PICTURE) == DATA
    digest = hashlib.sha256(DATA).hexdigest()
    assert store.head(PICTURE) == ObjectFacts(len(DATA), "image/png", digest)


def test_a_body_that_breaks_off_is_never_taken_for_the_whole(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with faulty.fault(on("GET", Accident(breaks_off=True))):
        with pytest.raises(StoreUnavailable):
            store.get(PICTURE)
        with pytest.raises(StoreUnavailable):
            list(store.open(PICTURE, first_byte=10).chunks)
    assert store.get(PICTURE) == DATA


def test_a_body_that_broke_off_is_asked_for_again(store: S3ObjectStore, faulty: FaultyS3) -> None:
    with faulty.fault(first(2, on("GET", Accident(breaks_off=True)))):
        assert store.get(PICTURE) == DATA
        assert len(faulty.happened) == 2


def test_a_body_that_is_not_what_was_written_is_never_answered(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with faulty.fault(on("GET", Accident(garbles=True))), pytest.raises(StoreUnavailable):
        store.get(PICTURE)


def test_a_server_that_is_busy_for_a_moment_is_asked_again(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with faulty.fault(first(2, always(SLOW_DOWN))):
        assert store.get(PICTURE) == DATA
    with faulty.fault(first(2, always(SLOW_DOWN))):
        store.put("gallery/grace", DATA, media_type="image/png")
    assert store.get("gallery/grace") == DATA


def test_a_server_that_stays_busy_is_an_outage_and_says_its_word(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with faulty.fault(always(SLOW_DOWN)):
        for ask in (
            lambda: store.get(PICTURE),
            lambda: store.put(PICTURE, b"x", media_type="image/png"),
            lambda: store.delete([PICTURE]),
            lambda: list(store.keys("")),
        ):
            with pytest.raises(StoreUnavailable, match="SlowDown") as away:
                ask()
            assert is_outage(away.value)
        # Not there, and not known whether there: nobody may take the one for the other.
        with pytest.raises(StoreUnavailable):
            store.head(PICTURE)
    assert store.get(PICTURE) == DATA


def test_a_server_that_is_not_there_is_an_outage(s3: S3ForTests) -> None:
    (port,) = free_ports(1)
    store = s3.store("nobody", endpoint=f"http://127.0.0.1:{port}")
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        store.get(PICTURE)


@pytest.mark.usefixtures("store")
def test_a_server_that_trickles_is_given_up(s3: S3ForTests, bucket: str) -> None:
    # Every look at the clock is a minute later: no test waits for it.
    minutes = count()
    access = s3.access(ROOT, bucket)
    slow = S3ObjectStore(access, monotonic_s=lambda: next(minutes) * 2 * PATIENCE_S)
    with pytest.raises(StoreUnavailable, match="TooSlow"):
        slow.get(PICTURE)


def test_a_slow_answer_is_whole(store: S3ObjectStore, faulty: FaultyS3) -> None:
    store.put(PICTURE, DATA[:20_000], media_type="image/png")
    with faulty.fault(on("GET", Accident(piece_every_s=0.01))):
        assert store.get(PICTURE) == DATA[:20_000]


def test_a_full_disk_is_said_and_what_stood_there_stands(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with faulty.fault(on("PUT POST", NO_ROOM)):
        with pytest.raises(StoreFull):
            store.put(PICTURE, b"x", media_type="image/png")
        with pytest.raises(StoreFull):
            store.write(PICTURE, [b"x" * 9_000_000], media_type="image/png")
    assert store.get(PICTURE) == DATA


def test_a_disk_that_fills_up_in_the_middle_leaves_no_parts(
    s3: S3ForTests, bucket: str, store: S3ObjectStore, faulty: FaultyS3
) -> None:
    pieces = (b"x" * 8_400_000 for _ in range(3))
    seen = count()
    fault = on("PUT", NO_ROOM)
    with (
        faulty.fault(lambda asked: fault(asked) if asked.method == "PUT" and next(seen) else None),
        pytest.raises(StoreFull),
    ):
        store.write(PICTURE, pieces, media_type="image/png")
    assert store.get(PICTURE) == DATA
    client = s3.access(ROOT, bucket).client()
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_a_write_whose_answer_was_lost_is_made_again(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with faulty.fault(first(1, on("PUT", Accident(loses_answer=True)))):
        store.put(PICTURE, b"once more", media_type="image/png")
    assert store.get(PICTURE) == b"once more"


def test_of_something_new_whose_answer_was_lost_it_is_said_that_it_is_there(
    store: S3ObjectStore, faulty: FaultyS3
) -> None:
    with (
        faulty.fault(first(1, on("PUT", Accident(loses_answer=True)))),
        pytest.raises(ObjectPresent),
    ):
        store.put_new("gallery/grace", b"grace", media_type="image/png")
    assert store.get("gallery/grace") == b"grace"


def test_no_error_names_a_key_or_a_url(store: S3ObjectStore, faulty: FaultyS3) -> None:
    with faulty.fault(always(SLOW_DOWN)), pytest.raises(StoreUnavailable) as away:
        store.get(PICTURE)
    said = f"{away.value!r} {away.value}"
    assert "gallery" not in said
    assert "http" not in said


def test_as_many_tries_are_made_as_are_said(store: S3ObjectStore, faulty: FaultyS3) -> None:
    with faulty.fault(always(SLOW_DOWN)), pytest.raises(StoreUnavailable):
        store.put(PICTURE, b"x", media_type="image/png")
    assert len(faulty.happened) == s3_access.ATTEMPTS_MAX
