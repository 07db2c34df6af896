"""`suite objects`: a bucket is prepared, and a folder is carried into it, whole or again."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from adapters.objects.folder import FolderObjectStore
from adapters.objects.s3_place import S3User
from adapters.parts.s3 import ROOT
from api.security_headers import content_security_policy
from commands.ports.object_store import OpenObject, StoreUnavailable
from processes.cli import cli, main
from processes.objects_copy import copy_objects
from processes.secrets import ensure_secrets
from processes.settings import load_settings
from processes.wiring.api import open_store
from processes.wiring.objects import open_bucket, open_folder
from tests.parts.s3_server import SECRETS, S3ForTests, write_profiles

Suite = Callable[..., Result]
PICTURES = {f"gallery/{number:03}/claim/master": b"picture %d" % number for number in range(30)}


@pytest.fixture
def suite(s3: S3ForTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """The command line of an installation with a bucket that nobody has made yet."""
    credentials = write_profiles(tmp_path / "credentials")
    monkeypatch.setenv("SUITE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUITE_OBJECT_STORE", f"s3://{tmp_path.name.replace('_', '-')}/suite")
    monkeypatch.setenv("SUITE_S3_ENDPOINT", s3.server.endpoint)
    monkeypatch.setenv("SUITE_S3_CREDENTIALS", str(credentials))
    ensure_secrets(tmp_path / "home" / "secrets")
    return lambda *words: CliRunner().invoke(cli, ["objects", *words])


@pytest.fixture
def folder(suite: Suite) -> FolderObjectStore:
    """The folder of the same installation, with pictures, beside a bucket that is prepared."""
    assert suite("prepare").exit_code == 0
    settings = load_settings()
    store = open_folder(settings, ensure_secrets(settings.secrets))
    for key, data in PICTURES.items():
        store.put(key, data, media_type="image/png")
    return store


def in_the_bucket() -> dict[str, bytes]:
    bucket = open_bucket(load_settings(), S3User.KEEPER)
    return {key: bucket.get(key) for key in bucket.keys("")}


def test_a_bucket_is_made_and_its_users_may_do_what_is_theirs(suite: Suite) -> None:
    for _ in range(2):
        prepared = suite("prepare", "--origin", "https://studio.example")
        assert prepared.exit_code == 0, prepared.output
    screener = open_bucket(load_settings(), S3User.SCREENER)
    screener.put("gallery/a/b/master", b"picture", media_type="image/png")
    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        open_bucket(load_settings(), S3User.INTAKE).get("templates/a")


@pytest.mark.parametrize(
    ("public_url", "allowed", "refused"),
    [
        (None, "http://localhost:8080", "http://localhost:8081"),
        ("http://localhost:9000", "http://127.0.0.1:9000", "http://127.0.0.1:8080"),
        ("https://studio.example/", "https://studio.example", "http://studio.example"),
    ],
)
def test_pages_upload_from_where_the_studio_is_and_from_nowhere_else(
    suite: Suite,
    monkeypatch: pytest.MonkeyPatch,
    public_url: str | None,
    allowed: str,
    refused: str,
) -> None:
    if public_url is not None:
        monkeypatch.setenv("SUITE_PUBLIC_URL", public_url)
    assert suite("prepare").exit_code == 0
    form = open_bucket(load_settings(), S3User.INTAKE).presign_upload(
        "uploads/a",
        media_type="image/png",
        size_bytes_min=1,
        size_bytes_max=9,
        sha256_hex=None,
        expires_in_s=60,
    )
    for origin, answer in ((allowed, allowed), (refused, None)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        told = httpx.options(form.url, headers=asked).headers
        assert told.get("access-control-allow-origin") == answer


def test_without_a_bucket_or_a_profile_it_is_said_what_is_missing(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text(
        f"[admin]\naws_access_key_id = {ROOT}\naws_secret_access_key = {SECRETS[ROOT]}\n"
    )
    unnamed = suite("prepare", "--intake", "intake", "--screener", "screener")
    assert unnamed.exit_code == 2
    assert "--keeper" in unnamed.output
    named = suite("prepare", "--intake", "intake", "--screener", "screener", "--keeper", "keeper")
    assert named.exit_code == 0
    monkeypatch.delenv("SUITE_OBJECT_STORE")
    assert "SUITE_OBJECT_STORE is not set" in str(suite("prepare").exception)


def test_everything_is_copied_and_found_there_the_next_time(
    suite: Suite, folder: FolderObjectStore
) -> None:
    first = suite("copy")
    assert first.exit_code == 0, first.output
    assert "30 copied" in first.output
    assert in_the_bucket() == PICTURES
    second = suite("copy")
    assert "0 copied (0.0 MB), 30 there already" in second.output
    facts = open_bucket(load_settings(), S3User.KEEPER).head("gallery/007/claim/master")
    assert facts == folder.head("gallery/007/claim/master")


def test_a_copy_that_broke_off_goes_on(suite: Suite, folder: FolderObjectStore) -> None:
    bucket = open_bucket(load_settings(), S3User.KEEPER)

    class Breaking(FolderObjectStore):
        """Its disk fails in the middle."""

        opened = 0

        def open(
            self, key: str, *, first_byte: int = 0, last_byte: int | None = None
        ) -> OpenObject:
            """See the port."""
            type(self).opened += 1
            if self.opened > 12:
                raise OSError("the disk is gone")
            return super().open(key, first_byte=first_byte, last_byte=last_byte)

    home = load_settings().home
    with pytest.raises(OSError, match="gone"):
        copy_objects(Breaking(home / "objects", folder.presigner), bucket, lambda tally: None)
    assert 0 < len(in_the_bucket()) < 30
    went_on = suite("copy")
    assert went_on.exit_code == 0
    assert in_the_bucket() == PICTURES
    assert "0 there already" not in went_on.output


def test_what_changed_in_the_folder_since_changes_in_the_bucket(
    suite: Suite, folder: FolderObjectStore
) -> None:
    suite("copy")
    folder.put("gallery/001/claim/master", b"picture X", media_type="image/png")
    folder.put("gallery/002/claim/master", PICTURES["gallery/002/claim/master"], media_type="a/b")
    folder.delete(["gallery/003/claim/master"])
    left = suite("copy")
    assert left.exit_code == 1
    assert "2 copied" in left.output
    assert "1 in the bucket that the folder has not" in left.output
    assert suite("copy", "--mirror").exit_code == 0
    assert in_the_bucket() == {
        key: data
        for key, data in {**PICTURES, "gallery/001/claim/master": b"picture X"}.items()
        if key != "gallery/003/claim/master"
    }


def test_an_object_of_several_parts_is_compared_by_its_bytes(
    suite: Suite, folder: FolderObjectStore
) -> None:
    adapter = "adapters/twin/1/job/claim.safetensors"
    folder.put(adapter, b"x" * 9_000_000, media_type="application/octet-stream")
    assert "31 copied" in suite("copy").output
    assert "0 copied (0.0 MB), 31 there already" in suite("copy").output
    folder.put(adapter, b"x" * 8_999_999 + b"y", media_type="application/octet-stream")
    assert "1 copied (9.0 MB), 30 there already" in suite("copy").output


def test_an_empty_folder_empties_no_bucket(
    suite: Suite, folder: FolderObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    suite("copy")
    monkeypatch.setenv("SUITE_HOME", str(tmp_path / "another"))
    ensure_secrets(tmp_path / "another" / "secrets")
    refused = suite("copy", "--mirror")
    assert (refused.exit_code, "the folder is empty" in refused.output) == (2, True)
    assert in_the_bucket() == PICTURES


@pytest.mark.parametrize("bytes_left", [b"PICTURE 5", b"pic"])
def test_bytes_that_are_not_those_of_their_digest_are_left_behind_and_named(
    suite: Suite, folder: FolderObjectStore, bytes_left: bytes
) -> None:
    place = load_settings().home / "objects" / "gallery" / "005" / "claim"
    facts = json.loads((place / "master~facts").read_text())
    (place / facts["bytes_name"]).write_bytes(bytes_left)
    copied = suite("copy")
    assert copied.exit_code == 1
    assert "left behind: gallery/005/claim/master" in copied.output
    assert "gallery/005/claim/master" not in in_the_bucket()
    assert len(in_the_bucket()) == 29


def test_the_studios_pages_may_upload_to_the_bucket_and_show_nothing_from_it(
    suite: Suite, s3: S3ForTests
) -> None:
    settings = load_settings()
    store, origin, mounts = open_store(settings, ensure_secrets(settings.secrets))
    assert (origin, mounts) == (s3.server.endpoint, {})
    assert not store.recalls_forms
    policy = content_security_policy(origin).split("; ")
    naming = [rule.split()[0] for rule in policy if s3.server.endpoint in rule.split()]
    assert naming == ["connect-src"]
    assert "script-src 'self'" in policy


def test_without_a_bucket_the_pages_load_from_the_studio_alone(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUITE_OBJECT_STORE")
    settings = load_settings()
    store, origin, mounts = open_store(settings, ensure_secrets(settings.secrets))
    assert origin is None
    assert list(mounts) == ["/objects"]
    assert store.recalls_forms
    assert "http" not in content_security_policy(origin)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUITE_OBJECT_STORE", "pictures"),
        ("SUITE_OBJECT_STORE", "s3://pictures/../others"),
        ("SUITE_S3_ENDPOINT", "s3.example:9000"),
        ("SUITE_S3_PUBLIC_ENDPOINT", "https://s3.example/pictures"),
    ],
)
def test_a_setting_that_names_no_store_is_refused(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    refused = suite("prepare")
    assert refused.exit_code == 2
    assert name.lower() in refused.output.lower()


def test_a_bucket_that_is_away_or_closed_is_said_in_a_sentence(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["suite", "objects", "copy"])
    # Nobody has made it.
    (load_settings().home / "objects" / "a").mkdir(parents=True)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("the object store answers NoSuchBucket")
