"""What a process says when it cannot start, and what it loads when it can."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from processes.settings import PROCESS_NAMES, Settings
from processes.up import require_free_port

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 120.0
HEAVY = ("torch", "diffusers", "transformers", "peft")

SAY_WHAT_IS_LOADED = """
import importlib, json, sys, time
began_s = time.process_time()
importlib.import_module(sys.argv[1])
print(json.dumps({
    "cpu_s": round(time.process_time() - began_s, 2),
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


def started(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """A Python process that sees these `SUITE_` variables and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SUITE_")}
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**clean, **variables},
        cwd=ROOT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def suite(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, output and error output of one `suite` command."""
    process = started("-m", "processes.cli", *arguments, **variables)
    out, error = process.communicate(timeout=TIMEOUT_S)
    return process.returncode, out, error


def loaded_by(*modules: str) -> dict[str, set[str]]:
    """Which packages are loaded once each of these is imported, each in a process of its own."""
    running = {name: started("-c", SAY_WHAT_IS_LOADED, name) for name in modules}
    found = {}
    for name, process in running.items():
        out, error = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 0, error
        answer = json.loads(out)
        print(f"{name}: {answer['cpu_s']} s of CPU")
        found[name] = set(answer["modules"])
    return found


def test_a_process_started_alone_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    running = [
        started("-m", "processes.cli", "run", name, SUITE_HOME=str(tmp_path))
        for name in ("api", "worker")
    ]
    for process in running:
        _, error = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 1
        assert "SUITE_DATABASE_URL is not set" in error
        assert "Traceback" not in error


def test_a_process_whose_database_does_not_answer_says_so_and_tells_no_secret(
    tmp_path: Path,
) -> None:
    code, _, error = suite(
        "run",
        "relay",
        SUITE_HOME=str(tmp_path),
        SUITE_DATABASE_URL="postgresql://ada:a-lighthouse@127.0.0.1:1/suite",
    )
    assert code == 1
    assert "no answer from the database" in error
    assert "Traceback" not in error
    assert "a-lighthouse" not in error


def test_a_process_without_its_secrets_says_which_is_missing(tmp_path: Path) -> None:
    code, _, error = suite(
        "run",
        "recorder",
        SUITE_HOME=str(tmp_path),
        SUITE_DATABASE_URL="postgresql://ada@127.0.0.1:1/suite",
    )
    assert code == 1
    assert "key_encryption.key" in error
    assert "Traceback" not in error


def test_a_process_that_does_not_exist_is_told_by_name() -> None:
    code, _, error = suite("run", "lighthouse")
    assert code == 2
    assert all(name in error for name in ("lighthouse", *PROCESS_NAMES))


def test_a_misspelt_setting_is_refused_by_name() -> None:
    code, out, error = suite("config", SUITE_DATABSE_URL="postgresql://suite@db/suite")
    assert (code, out) == (2, "")
    assert "SUITE_DATABSE_URL" in error


def test_a_setting_out_of_range_is_refused_by_name() -> None:
    code, _, error = suite("config", SUITE_PORT="a lighthouse", SUITE_LEASE_S="-1")
    assert code == 2
    assert "port" in error
    assert "lease_s" in error
    assert "Traceback" not in error


def test_the_settings_in_force_are_shown_without_their_secrets() -> None:
    code, out, error = suite(
        "config",
        SUITE_DATABASE_URL="postgresql://suite:a-lighthouse@db/suite",
        SUITE_KAFKA_SASL_PASSWORD="in-fog",
        SUITE_PORT="8123",
    )
    assert code == 0
    shown = json.loads(out)
    assert shown["port"] == 8123
    assert shown["database_url"] == shown["kafka_sasl_password"] == "**********"
    assert "a-lighthouse" not in out + error
    assert "in-fog" not in out + error


def test_what_starts_often_loads_no_engine_no_broker_and_no_collector() -> None:
    found = loaded_by("processes.cli", "processes.wiring.relay", "processes.wiring.watchdog")
    for modules in found.values():
        assert not modules & {*HEAVY, "kafka", "fastapi", "cv2", "opentelemetry"}


def test_the_worker_knows_neither_the_domain_nor_the_event_store() -> None:
    [modules] = loaded_by("processes.wiring.worker").values()
    ours = {"domain", "commands", "adapters", "projections", "queries", "api"}
    assert not modules & {*ours, "eventsourcing"}
    # Its child loads torch; the parent, which keeps the partitions, does not.
    assert not modules & set(HEAVY)


def test_only_worker_and_screener_reach_an_engine() -> None:
    everything_else = sorted(set(PROCESS_NAMES) - {"worker", "screener"})
    imports = "".join(f"import processes.wiring.{name}\n" for name in everything_else)
    check = f"import sys\nsys.exit(any(name in sys.modules for name in {HEAVY}))"
    process = started("-c", imports + check)
    _, error = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, error


def test_a_studio_does_not_share_its_port_with_one_that_is_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        settings = Settings(home=tmp_path, port=port, api_processes=4)
        with pytest.raises(SystemExit, match=f"cannot listen at 127.0.0.1:{port}"):
            require_free_port(settings)
    require_free_port(settings)
