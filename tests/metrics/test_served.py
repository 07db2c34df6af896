"""The port at which a process shows its metrics."""

import socket
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from processes.heartbeat import Heartbeat
from processes.metrics.ports import first_port_for_another, metrics_port
from processes.settings import PROCESS_NAMES, Settings
from processes.sight import sight_of


def settings_at(port: int, place: Path, process: str) -> Settings:
    """Settings with which a process has this port."""
    return Settings(home=place, metrics_port=port - PROCESS_NAMES.index(process))


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def shown_at(port: int) -> dict[str, float]:
    """Every sample without labels that is shown there."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10.0) as answer:
        text = answer.read().decode()
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_process_shows_that_its_main_loop_turns(tmp_path: Path) -> None:
    port, heartbeat = free_port(), Heartbeat(tmp_path / "relay")
    with sight_of(settings_at(port, tmp_path, "relay"), "relay", heartbeat):
        before = shown_at(port)["suite_main_loop_turns_total"]
        heartbeat.is_set()
        heartbeat.is_set()
        assert shown_at(port)["suite_main_loop_turns_total"] == before + 2
        assert shown_at(port)["suite_process_info"] == 1
        assert shown_at(port)["process_resident_memory_bytes"] > 0


def test_a_port_that_is_taken_keeps_no_process_from_its_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        port = int(somebody_else.getsockname()[1])
        settings = settings_at(port, tmp_path, "worker")
        with sight_of(settings, "worker", Heartbeat(tmp_path / "worker")):
            pass
        said = "".join(capsys.readouterr())
    assert "no metrics" in said
    assert str(port) in said


def test_a_port_is_free_again_once_its_process_is_over(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        with sight_of(settings_at(port, tmp_path, "api"), "api", Heartbeat(tmp_path / "api")):
            assert shown_at(port)["suite_process_info"] == 1
        with pytest.raises(URLError):
            shown_at(port)


def test_only_this_machine_is_answered_unless_somebody_says_otherwise() -> None:
    assert Settings().metrics_host == "127.0.0.1"


def test_every_process_and_every_further_worker_has_a_port_of_its_own() -> None:
    settings = Settings(metrics_port=9400)
    ports = [metrics_port(settings, name) for name in PROCESS_NAMES]
    for number in range(3):
        first = first_port_for_another(settings, "worker", number)
        ports.append(metrics_port(settings.model_copy(update={"metrics_port": first}), "worker"))
    assert sorted(map(str, ports)) == [str(9400 + place) for place in range(11)]


def test_no_port_is_opened_where_none_is_wanted(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, metrics_port=0)
    assert metrics_port(settings, "api") is None
    assert first_port_for_another(settings, "worker", 1) == 0
