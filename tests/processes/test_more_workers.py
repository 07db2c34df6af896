"""More workers than one on a machine: each is a worker, and each has a name of its own."""

from pathlib import Path

from processes.embedded import Installation
from processes.settings import PROCESS_NAMES, Settings
from processes.supervisor import own_command


def test_a_second_worker_is_a_worker() -> None:
    assert own_command("worker-2") == own_command("worker")


def test_only_the_further_workers_are_given_names(tmp_path: Path) -> None:
    installation = Installation(Settings(home=tmp_path), {}, admin_url=None)
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
