"""In which order a broker is looked for, and what is said where there is none."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.parts.kafka import BrokerFailed, PartUnavailable, fetch_jars
from adapters.parts.kafka_docker import IMAGE, KafkaContainer
from adapters.parts.kafka_search import any_broker
from tests.containers.compose_file import services
from tests.parts.kafka_broker import BOOTSTRAP_VARIABLE, JARS_FOLDER, kafka_bootstrap, kafka_cluster
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings

STAND_IN = Path(__file__).parent / "docker_stand_in.py"
GIVEN = "kafka.lighthouse.example:9092"


@dataclass(frozen=True)
class Engine:
    """The stand-in's memory."""

    folder: Path

    @property
    def images(self) -> list[str]:
        """What it was asked to run."""
        asked = self.folder / "images"
        return asked.read_text().split() if asked.exists() else []

    @property
    def containers(self) -> list[str]:
        """What runs."""
        return [path.name for path in (self.folder / "containers").glob("*")]


Machine = Callable[..., Engine]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Makes this machine one that has these programs and no others, and no broker given."""
    java = shutil.which("java")
    jars = (JARS_FOLDER / "jars").resolve()

    def equip(programs: Sequence[str], trouble: str = "") -> Engine:
        path, memory = tmp_path / "path", tmp_path / "engine"
        path.mkdir()
        memory.mkdir()
        for program in programs:
            found = shutil.which(program)
            if program == "docker":
                (path / "docker").write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
                (path / "docker").chmod(0o755)
            else:
                assert found is not None, program
                (path / program).symlink_to(found)
        monkeypatch.setenv("PATH", str(path))
        monkeypatch.delenv(BOOTSTRAP_VARIABLE, raising=False)
        monkeypatch.setenv("STAND_IN_FOLDER", str(memory))
        monkeypatch.setenv("STAND_IN_TROUBLE", trouble)
        monkeypatch.setenv("STAND_IN_JARS", str(jars))
        monkeypatch.setenv("STAND_IN_JAVA", java or "")
        return Engine(memory)

    return equip


@pytest.fixture
def jars() -> Path:
    """The jars, which the stand-in needs, too. Skips where they cannot be had."""
    try:
        return fetch_jars(JARS_FOLDER)
    except PartUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


def serves(bootstrap: str) -> bool:
    """Whether a broker is there, and new: it has no topics."""
    return KafkaTransport(KafkaSettings(bootstrap)).describe() == ()


def test_the_image_is_the_one_of_the_compose_file() -> None:
    assert services()["kafka"]["image"] == IMAGE


def test_a_given_broker_is_taken_before_anything_is_started(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = machine(["docker"])
    monkeypatch.setenv(BOOTSTRAP_VARIABLE, GIVEN)
    with kafka_bootstrap(tmp_path / "kafka") as bootstrap:
        assert bootstrap == GIVEN
    assert engine.images == []


@pytest.mark.kafka
@pytest.mark.usefixtures("jars")
def test_a_container_is_taken_before_the_jars_and_is_gone_afterwards(
    machine: Machine, tmp_path: Path
) -> None:
    engine = machine(["docker", "java"])
    with kafka_bootstrap(tmp_path / "kafka") as bootstrap:
        assert serves(bootstrap)
        assert engine.images == [IMAGE]
        assert len(engine.containers) == 1
    assert engine.containers == []
    # Nothing was made for a broker from the jars.
    assert not (tmp_path / "kafka").exists()


@pytest.mark.kafka
@pytest.mark.usefixtures("jars")
def test_the_jars_are_taken_where_docker_has_no_engine(machine: Machine, tmp_path: Path) -> None:
    engine = machine(["docker", "java"], trouble="no-daemon")
    with kafka_bootstrap(tmp_path / "kafka") as bootstrap:
        assert serves(bootstrap)
        assert (tmp_path / "kafka" / "node-1").exists()
    assert engine.images == []


@pytest.mark.parametrize(
    ("programs", "trouble", "reasons"),
    [
        ([], "", ["no docker on the path", "no java on the path"]),
        (["docker"], "no-daemon", ["Cannot connect to the Docker daemon", "no java on the path"]),
        (["docker"], "no-image", ["pull access denied", "no java on the path"]),
    ],
)
def test_where_there_is_none_everything_that_is_missing_is_said(
    machine: Machine, tmp_path: Path, programs: list[str], trouble: str, reasons: list[str]
) -> None:
    machine(programs, trouble)
    with (
        pytest.raises(PartUnavailable) as missing,
        any_broker(None, tmp_path / "kafka", JARS_FOLDER),
    ):
        pytest.fail("there is no broker")
    assert all(reason in str(missing.value) for reason in reasons)


def test_a_container_whose_broker_ends_is_a_failure_and_no_reason_to_search_on(
    machine: Machine, tmp_path: Path
) -> None:
    machine(["docker"], trouble="broken-image")
    with (
        pytest.raises(BrokerFailed, match="exec format error"),
        any_broker(None, tmp_path / "kafka", JARS_FOLDER),
    ):
        pytest.fail("there is no broker")


def test_without_any_a_test_is_skipped_and_under_ci_it_fails(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine([])
    for variable, outcome in (("false", pytest.skip.Exception), ("true", pytest.fail.Exception)):
        monkeypatch.setenv("CI", variable)
        with (
            pytest.raises(outcome, match=f"{BOOTSTRAP_VARIABLE} is not set, and no docker"),
            kafka_bootstrap(tmp_path / "kafka"),
        ):
            raise AssertionError("there is no broker")
        with (
            pytest.raises(outcome, match="no java on the path"),
            kafka_cluster(tmp_path / "kafka", nodes=1),
        ):
            raise AssertionError("there is no broker")


def test_the_port_is_open_to_this_machine_only_and_the_same_on_both_sides() -> None:
    container = KafkaContainer()
    command = container.command
    port = container.bootstrap.removeprefix("localhost:")
    assert command[command.index("--publish") + 1] == f"127.0.0.1:{port}:{port}"
    assert f"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:{port}" in command
    assert command[-1] == IMAGE
    assert "--rm" in command
