"""`suite media backfill`, with the rights that a screener has in a real bucket."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from adapters.objects.s3_place import S3User
from commands.ports.event_store import RecordedCommand
from domain.kernel.identity import asset_id
from domain.object_keys import gallery_key
from gpu_consumers.screening.released_files import still
from processes.cli import cli
from processes.secrets import ensure_secrets
from processes.settings import load_settings
from processes.wiring.objects import open_bucket
from processes.wiring.studio import open_studio
from tests.domain.people import ADA, LIGHTHOUSE_JOB
from tests.parts.s3_server import S3ForTests, write_profiles
from tests.processes.picture_of_before import picture_of_before

Suite = Callable[..., Result]
PICTURE = still(np.full((64, 96, 3), (90, 120, 200), np.uint8))
ASSET = asset_id(LIGHTHOUSE_JOB, 0)
MASTER = gallery_key(ASSET, UUID(int=7))


@pytest.fixture
def suite(s3: S3ForTests, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """The command line of an installation with a bucket and a database of its own."""
    monkeypatch.setenv("SUITE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUITE_DATABASE_URL", database)
    monkeypatch.setenv("SUITE_OBJECT_STORE", f"s3://{tmp_path.name.replace('_', '-')}/suite")
    monkeypatch.setenv("SUITE_S3_ENDPOINT", s3.server.endpoint)
    monkeypatch.setenv("SUITE_S3_CREDENTIALS", str(write_profiles(tmp_path / "credentials")))
    ensure_secrets(tmp_path / "home" / "secrets")
    return lambda *words: CliRunner().invoke(cli, list(words))


def released_before() -> None:
    """A picture of two hours ago, when nobody made thumbnails."""
    settings = load_settings()
    open_bucket(settings, S3User.SCREENER).put(MASTER, PICTURE.data, media_type="image/png")
    two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
    events = picture_of_before(
        ADA, ASSET, job_id=LIGHTHOUSE_JOB, item=0, place=MASTER, data=PICTURE.data, at=two_hours_ago
    )
    recorded = RecordedCommand(uuid4(), b"of another release..............", b"null")
    with (
        open_studio(settings, ensure_secrets(settings.secrets), "test") as writing,
        writing.store.transaction(ADA) as transaction,
    ):
        transaction.insert(events, unchanged=[], command=recorded)


def test_an_operator_fills_up_a_bucket_of_before(suite: Suite) -> None:
    assert suite("objects", "prepare").exit_code == 0
    released_before()
    filled = suite("media", "backfill")
    assert (filled.exit_code, "1 made" in filled.output) == (0, True), filled.output
    bucket = open_bucket(load_settings(), S3User.INTAKE)
    keeper = open_bucket(load_settings(), S3User.KEEPER)
    keys = list(keeper.keys(f"gallery/{ASSET}/"))
    assert len(keys) == 3
    assert {bucket.get(key)[:4] for key in keys if key != MASTER} == {b"RIFF"}
    again = suite("media", "backfill")
    assert (again.exit_code, "0 made, 1 passed over" in again.output) == (0, True)
    assert list(keeper.keys(f"gallery/{ASSET}/")) == keys
