"""More processes of a kind than one on a machine: each has a name and a port of its own."""

from pathlib import Path

from processes.embedded import Installation
from processes.settings import PROCESS_NAMES, Settings
from processes.supervisor import own_command


def test_a_second_worker_is_a_worker() -> None:
    assert own_command("worker-2") == own_command("worker")


def test_only_the_further_workers_are_given_names(tmp_path: Path) -> None:
    installation = Installation(Settings(home=tmp_path, api_processes=1), {}, admin_url=None)
    supervisor = installation.supervisor(lambda name, state: None, ["worker-2", "worker-3"])
    assert list(supervisor.names) == [*PROCESS_NAMES, "worker-2", "worker-3"]
    named = {name: supervisor.own_environment(name) for name in supervisor.names}
    assert named.pop("worker-2") == {
        "SUITE_WORKER_NAME": "worker-2",
        "SUITE_METRICS_PORT": "9402",
    }
    assert named.pop("worker-3") == {
        "SUITE_WORKER_NAME": "worker-3",
        "SUITE_METRICS_PORT": "9403",
    }
    assert not any(named.values())


def test_further_api_processes_have_names_and_metrics_ports_behind_all_others(
    tmp_path: Path,
) -> None:
    installation = Installation(Settings(home=tmp_path, api_processes=3), {}, admin_url=None)
    supervisor = installation.supervisor(lambda name, state: None, ["worker-2"])
    assert list(supervisor.names) == [*PROCESS_NAMES, "worker-2", "api-2", "api-3"]
    ports = [
        int(supervisor.own_environment(n)["SUITE_METRICS_PORT"]) for n in supervisor.names[-3:]
    ]
    kinds = ["worker", "api", "api"]
    shown = [port + PROCESS_NAMES.index(kind) for port, kind in zip(ports, kinds, strict=True)]
    first = Settings().metrics_port + len(PROCESS_NAMES)
    assert shown == [first, first + 1, first + 2]
    assert own_command("api-3") == own_command("api")
