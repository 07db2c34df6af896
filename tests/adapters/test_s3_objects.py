"""What only S3 does: pages, users with few rights, uploads from a page of another origin."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.objects.s3 import S3ObjectStore
from adapters.objects.s3_access import S3Access
from adapters.objects.s3_place import CredentialsUnreadable, S3Keys, S3Place, S3User, read_keys
from adapters.objects.s3_prepare import BucketKeepsVersions, bucket_policy
from adapters.parts.s3 import ROOT
from commands.ports.object_store import PresignedUpload, StoreUnavailable
from domain import object_keys
from domain.photo_places import places_of_set
from domain.source_photo import places_of_source
from tests.parts.s3_server import STUDIO, S3ForTests, s3_server

LIGHTHOUSE = b"a lighthouse in fog " * 100
GALLERY = "gallery/5e5b/c1a1/master"
QUARANTINE = "quarantine/70b1/1/c1a1/0.png"
UPLOAD = "uploads/ada/twin/1/set/photo"
ADA = S3Keys("ada", "a secret of the test")


@pytest.fixture(scope="module")
def bucket(s3: S3ForTests) -> str:
    return s3.new_bucket()


def form(store: S3ObjectStore, key: str, *, data: bytes | None = None) -> PresignedUpload:
    return store.presign_upload(
        key,
        media_type="image/png",
        size_bytes_min=1,
        size_bytes_max=10_000,
        sha256_hex=None if data is None else hashlib.sha256(data).hexdigest(),
        expires_in_s=300,
    )


def post(upload: PresignedUpload, data: bytes, **headers: str) -> httpx.Response:
    return httpx.post(upload.url, data=upload.fields, files={"file": ("x", data)}, headers=headers)


def test_more_than_a_page_is_listed_and_deleted(s3: S3ForTests) -> None:
    store = s3.store(s3.new_bucket())
    keys = [f"photos/{number:04}" for number in range(1_050)]
    for key in keys:
        store.put(key, b"", media_type="image/png")
    assert list(store.keys("photos/")) == keys
    assert store.delete_prefix("photos/") == 1_050
    assert list(store.keys("")) == []


def test_a_form_outlives_its_place_and_the_store_says_so(s3: S3ForTests) -> None:
    store = s3.store(s3.new_bucket())
    upload = form(store, UPLOAD)
    store.close(["uploads/ada/"])
    assert post(upload, LIGHTHOUSE).status_code == 204
    assert not store.recalls_forms
    # So whoever deletes for good deletes again, once the form is over.
    assert store.delete_prefix("uploads/ada/") == 1


def test_the_intake_signs_what_workers_and_browsers_may_do(s3: S3ForTests, bucket: str) -> None:
    keeper, intake = s3.store(bucket), s3.store(bucket, S3User.INTAKE)
    for key in (UPLOAD, QUARANTINE):
        assert post(form(intake, key), LIGHTHOUSE).status_code == 204
        assert keeper.get(key) == LIGHTHOUSE
    for key in (
        "gallery/a/b/master",
        "packs/a/b/c/square",
        "photos/twin/1/set/a.png",
        "adapters/twin/1/job/a",
    ):
        keeper.put(key, LIGHTHOUSE, media_type="image/png")
        assert httpx.get(intake.presign_download(key, expires_in_s=60)).content == LIGHTHOUSE


FORBIDDEN: dict[str, tuple[S3User, Callable[[S3ObjectStore], object]]] = {
    "intake reads quarantine": (S3User.INTAKE, lambda store: store.get(QUARANTINE)),
    "intake reads a face": (S3User.INTAKE, lambda store: store.get("templates/twin/1/set.json")),
    "intake writes the gallery": (
        S3User.INTAKE,
        lambda store: store.put(GALLERY, b"x", media_type="image/png"),
    ),
    "intake lists": (S3User.INTAKE, lambda store: list(store.keys(""))),
    "intake deletes": (S3User.INTAKE, lambda store: store.delete([UPLOAD])),
    "screener writes quarantine": (
        S3User.SCREENER,
        lambda store: store.put(QUARANTINE, b"x", media_type="image/png"),
    ),
    "screener deletes photos": (
        S3User.SCREENER,
        lambda store: store.delete(["photos/twin/1/set/a.png"]),
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_user_does_what_is_not_its_own(s3: S3ForTests, bucket: str, what: str) -> None:
    keeper = s3.store(bucket)
    before = {key: b"as it was" for key in (GALLERY, QUARANTINE, UPLOAD)}
    before |= {key: b"a face" for key in ("templates/twin/1/set.json", "photos/twin/1/set/a.png")}
    for key, data in before.items():
        keeper.put(key, data, media_type="image/png")
    user, deed = FORBIDDEN[what]
    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        deed(s3.store(bucket, user))
    assert {key: keeper.get(key) for key in before} == before


def test_the_screener_passes_on_what_it_has_judged(s3: S3ForTests, bucket: str) -> None:
    keeper, screener = s3.store(bucket), s3.store(bucket, S3User.SCREENER)
    for key in (QUARANTINE, UPLOAD):
        keeper.put(key, LIGHTHOUSE, media_type="image/png")
        assert screener.get(key) == LIGHTHOUSE
    for key in (
        "photos/t/1/s/a.png",
        "templates/t/1/s.json",
        "adapters/t/1/j/c",
        "gallery/a/c/m",
        "packs/a/p/c/square",
    ):
        assert screener.head(key) is None
        screener.put(key, LIGHTHOUSE, media_type="image/png")
        assert screener.get(key) == LIGHTHOUSE
    screener.delete(["gallery/a/c/m"])
    assert keeper.head("gallery/a/c/m") is None


def test_the_keeper_lists_copies_and_deletes(s3: S3ForTests, bucket: str) -> None:
    keeper = s3.store(bucket, S3User.KEEPER)
    keeper.write("gallery/k/c/m", iter([b"x" * 9_000_000, b"y"]), media_type="image/png")
    assert "gallery/k/c/m" in set(keeper.keys("gallery/"))
    keeper.delete(["gallery/k/c/m"])
    assert keeper.head("gallery/k/c/m") is None


def test_a_page_of_the_studio_may_upload_and_no_other_page(s3: S3ForTests, bucket: str) -> None:
    upload = form(s3.store(bucket, S3User.INTAKE), UPLOAD, data=LIGHTHOUSE)
    for origin, allowed in ((STUDIO, STUDIO), ("https://elsewhere.example", None)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = httpx.options(upload.url, headers=asked)
        assert preflight.headers.get("access-control-allow-origin") == allowed
        answer = post(upload, LIGHTHOUSE, Origin=origin)
        assert answer.headers.get("access-control-allow-origin") == allowed


def test_preparing_may_be_repeated_and_says_what_a_server_has_not(s3: S3ForTests) -> None:
    said: list[str] = []
    bucket = s3.new_bucket()
    store = s3.store(bucket)
    store.put(UPLOAD, LIGHTHOUSE, media_type="image/png")
    s3.prepared(bucket, said.append)
    assert store.get(UPLOAD) == LIGHTHOUSE
    assert said == [
        f"bucket {bucket}",
        "no access for the public: this server has no such thing",
        "policy",
        "uploads from the studio's pages",
        "lifecycle: this server has no such thing",
    ]


def test_a_bucket_that_keeps_what_is_deleted_is_refused(tmp_path: Path) -> None:
    with s3_server(tmp_path, can_keep_versions=True) as server:
        server.prepared("pictures")
        client = server.access(ROOT, "pictures").client()
        for status in ("Enabled", "Suspended"):
            client.put_bucket_versioning(
                Bucket="pictures", VersioningConfiguration={"Status": status}
            )
            with pytest.raises(BucketKeepsVersions, match="pictures"):
                server.prepared("pictures")


def test_a_stranger_without_a_signature_reads_nothing(s3: S3ForTests, bucket: str) -> None:
    s3.store(bucket).put(GALLERY, LIGHTHOUSE, media_type="image/png")
    place = s3.access(ROOT, bucket).place
    bare = f"{s3.server.endpoint}/{bucket}/{place.prefix}{GALLERY}"
    assert httpx.get(bare).status_code == 403
    assert httpx.get(f"{s3.server.endpoint}/{bucket}").status_code == 403


def test_urls_are_signed_for_where_others_reach_the_store(s3: S3ForTests, bucket: str) -> None:
    access = replace(s3.access(ROOT, bucket), public_endpoint="https://pictures.example:9000")
    store = S3ObjectStore(access)
    assert store.origin == "https://pictures.example:9000"
    assert form(store, UPLOAD).url.startswith("https://pictures.example:9000/")
    url = store.presign_download(GALLERY, expires_in_s=60)
    assert url.startswith(f"https://pictures.example:9000/{bucket}/suite/gallery/")
    # Its own requests go to the server all the same.
    store.put(GALLERY, LIGHTHOUSE, media_type="image/png")
    assert store.get(GALLERY) == LIGHTHOUSE


def test_every_place_of_the_domain_is_written_by_one_user_and_read_by_another() -> None:
    ids = [uuid4() for _ in range(4)]
    places = [
        *places_of_set(ids[0], ids[1], 1, ids[2]).all,
        *object_keys.epoch_prefixes(ids[0], ids[1], 1),
        object_keys.quarantine_prefix(ids[2]),
        object_keys.gallery_prefix(ids[3]),
        object_keys.packs_prefix(ids[3]),
        *places_of_source(ids[0], ids[1], 1, ids[2]).all,
    ]
    folders = {place.split("/")[0] for place in places}
    principals = {user: user.value for user in S3User}
    may: dict[tuple[str, str], set[str]] = {}
    for rule in bucket_policy(S3Place("pictures"), principals)["Statement"]:
        (user,) = rule["Principal"]["AWS"]
        below = [one.split(":::pictures/")[1] for one in rule["Resource"] if "/" in one]
        for action in rule["Action"]:
            may.setdefault((user, action), set()).update(one.split("/")[0] for one in below)
    intake, screener = may["intake", "s3:PutObject"], may["screener", "s3:PutObject"]
    assert intake | screener == folders
    assert not intake & screener
    assert may["screener", "s3:GetObject"] == folders
    assert "s3:DeleteObject" not in {action for user, action in may if user == "intake"}


def test_without_an_endpoint_the_store_is_amazons() -> None:
    access = S3Access(S3Place("pictures", ""), region="eu-central-1", keys=ADA)
    assert S3ObjectStore(access).origin == "https://pictures.s3.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://pictures", S3Place("pictures", "")),
        ("s3://pictures/", S3Place("pictures", "")),
        ("s3://pictures/suite/of/ada/", S3Place("pictures", "suite/of/ada/")),
    ],
)
def test_a_bucket_and_a_prefix_are_named_by_a_url(url: str, place: S3Place) -> None:
    assert S3Place.parse(url) == place


@pytest.mark.parametrize(
    "url",
    ["pictures", "https://pictures", "s3://", "s3://P", "s3://a/../b", "s3://a//b", "s3://ab?x=1"],
)
def test_anything_else_names_no_store(url: str) -> None:
    with pytest.raises(ValueError, match=r"s3://|key"):
        S3Place.parse(url)


def test_keys_come_from_a_profile_and_never_stand_in_an_error(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(
        "[intake]\naws_access_key_id = ada\naws_secret_access_key = a%secret\n"
        "[keeper]\naws_access_key_id = ada\n"
    )
    found = read_keys(file, "intake")
    assert (found.access_key_id, found.secret_access_key) == ("ada", "a%secret")
    assert "secret" not in repr(found)
    with pytest.raises(CredentialsUnreadable, match="keeper"):
        read_keys(file, "keeper")
    with pytest.raises(CredentialsUnreadable, match="screener"):
        read_keys(file, "screener")
    file.write_text("no file of credentials, but a%secret\n")
    with pytest.raises(CredentialsUnreadable) as unreadable:
        read_keys(file, "intake")
    assert "a%secret" not in str(unreadable.value)
