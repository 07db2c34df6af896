"""Every command that the containers run, run: on PostgreSQL with passwords and on Kafka."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError

from adapters.objects.s3_place import S3User, read_keys
from adapters.parts.kafka import PartUnavailable, fetch_jars
from adapters.parts.s3 import build_server
from processes.settings import PROCESS_NAMES
from tests.containers.rehearsal import (
    Addresses,
    Broker,
    Container,
    Database,
    ObjectServer,
    build_images,
    free_port,
    make_credentials,
    wait_until,
)
from tests.parts.kafka_broker import JARS_FOLDER
from tests.parts.s3_server import SERVER_FOLDER

BEGIN_WITHIN_S = 60.0
SAY_ACTIVE = {"relay", "reactor", "watchdog"}
JOIN_A_GROUP = {
    "projector": "projector",
    "recorder": "recorder",
    "screener": "screener",
    "worker": "workers",
}

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def jars() -> Path:
    """The jars of Kafka. Skips with the reason where they cannot be had; under CI that fails."""
    try:
        return fetch_jars(JARS_FOLDER)
    except PartUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path]]:
    """A server that knows both passwords, and the folder they lie in."""
    folder = tmp_path_factory.mktemp("containers")
    make_credentials(folder / "credentials")
    database = Database(folder / "postgres", folder / "credentials")
    try:
        database.start()
        yield database, folder
    finally:
        database.server.stop()


@pytest.fixture(scope="module")
def s3_program() -> Path:
    """The S3 server. Skips with the reason where it cannot be had; under CI that fails."""
    try:
        return build_server(SERVER_FOLDER)
    except PartUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def at(database: tuple[Database, Path], jars: Path, s3_program: Path) -> Iterator[Addresses]:
    """Where the parts are."""
    server, folder = database
    broker = Broker(jars, folder / "kafka")
    shelf = ObjectServer(s3_program, folder / "s3", folder / "credentials")
    try:
        broker.start()
        shelf.start()
        yield Addresses(folder, server.socket_folder, broker.bootstrap, shelf.address, free_port())
    finally:
        shelf.stop()
        broker.stop()


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the images hold."""
    return build_images(tmp_path_factory.mktemp("images"))


def test_each_password_is_made_once_and_for_its_reader_only(tmp_path: Path) -> None:
    make_credentials(tmp_path)
    made = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    make_credentials(tmp_path)
    again = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert made == again
    modes = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in again}
    assert modes == {
        "admin/passfile": 0o600,
        "login/passfile": 0o600,
        "s3/admin/credentials": 0o600,
        "s3/intake/credentials": 0o600,
        "s3/keeper/credentials": 0o600,
        "s3/screener/credentials": 0o600,
        "s3/server/intake": 0o600,
        "s3/server/keeper": 0o600,
        "s3/server/screener": 0o600,
        "s3/server/secret": 0o600,
        "s3/server/users.json": 0o600,
        "server/admin-password": 0o640,
        "server/login-password": 0o640,
    }
    composed = ("passfile", "credentials", "users.json")
    secrets = [path for path in again if path.name not in composed]
    assert all(len(again[path]) == 64 for path in secrets)
    assert len({again[path] for path in secrets}) == 6
    users = json.loads((tmp_path / "s3" / "server" / "users.json").read_text())["accessAccounts"]
    for user in S3User:
        keys = read_keys(tmp_path / "s3" / user / "credentials", user)
        assert users[user]["access"] == keys.access_key_id == user
        assert users[user]["secret"] == keys.secret_access_key


def test_the_login_gets_in_with_its_password_file_and_not_without(
    database: tuple[Database, Path], tmp_path: Path
) -> None:
    server, folder = database
    host = quote(str(server.socket_folder), safe="")
    url = f"postgresql://suite@{host}:5432/suite?passfile="
    with psycopg.connect(f"{url}{folder}/credentials/login/passfile") as connection:
        row = connection.execute(
            "SELECT rolsuper, rolinherit, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(f"{url}{tmp_path}/none")
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        # The superuser's file does not hold this login.
        psycopg.connect(f"{url}{folder}/credentials/admin/passfile")


def test_every_process_starts_is_well_and_ends_when_it_is_told_to(
    at: Addresses, images: dict[str, Path]
) -> None:
    for name in ("lists", "samples", "sandbox", "secrets", "worker"):
        (at.folder / "home" / name).mkdir(mode=0o700, parents=True)
    bucket = Container("prepare-objects", images, at)
    assert bucket.run() == 0, bucket.said()
    prepare = Container("prepare", images, at)
    assert prepare.run() == 0, prepare.said()
    containers = {name: Container(name, images, at) for name in PROCESS_NAMES}
    try:
        for container in containers.values():
            container.start()
        _await_begun(containers, at)
        assert {name: one.is_well() for name, one in containers.items()} == dict.fromkeys(
            PROCESS_NAMES, True
        )
        for container in containers.values():
            container.terminate()
        ended = {name: one.status(_grace_s(one)) for name, one in containers.items()}
        assert ended == dict.fromkeys(PROCESS_NAMES, 0)
    finally:
        for container in containers.values():
            container.kill()
    assert {name: one.is_well() for name, one in containers.items()} == dict.fromkeys(
        PROCESS_NAMES, False
    )
    # A second `up` finds everything as it is.
    assert bucket.run() == 0, bucket.said()
    assert prepare.run() == 0, prepare.said()


def _await_begun(containers: dict[str, Container], at: Addresses) -> None:
    admin = KafkaAdminClient(bootstrap_servers=at.kafka)

    def begun(name: str) -> bool:
        assert not containers[name].ended(), containers[name].said()[-2000:]
        if name in SAY_ACTIVE:
            return any(event["event"] == "active" for event in containers[name].events())
        if name in JOIN_A_GROUP:
            group = JOIN_A_GROUP[name]
            try:
                return bool(admin.describe_groups([group])[group]["members"])
            except CoordinatorNotAvailableError:
                # The first member has the broker make the topic that groups are kept in.
                return False
        try:
            return httpx.get(f"http://127.0.0.1:{at.api_port}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    try:
        for name in containers:
            wait_until(f"{name} has begun", lambda name=name: begun(name), BEGIN_WITHIN_S)
    finally:
        admin.close()


def _grace_s(container: Container) -> float:
    return float(container.service["stop_grace_period"].removesuffix("s"))
