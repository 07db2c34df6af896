"""The compose file: what the specification allows, and what this suite asks for beyond it."""

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import psycopg
import pytest
import typer.main

from adapters.parts.s3 import VERSION
from adapters.postgres.embedded import PROCESS_LOGIN, EmbeddedPostgres
from processes.cli import cli
from processes.settings import PROCESS_NAMES, Settings
from tests.containers.compose_file import (
    DOCKER,
    compose,
    mounts,
    ours,
    process_of,
    services,
    settings_of,
    with_defaults,
)

SCHEMA = Path(__file__).parent / "compose_spec" / "compose-spec.json"
SETTING_NAMES = {f"SUITE_{name}".upper() for name in Settings.model_fields}
ONE_SHOT = {"credentials", "prepare", "prepare-objects"}
EXACT_TAG = re.compile(r"[a-z0-9/.-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?")

each_service = pytest.mark.parametrize("name", sorted(services()))
each_of_ours = pytest.mark.parametrize("name", sorted(ours()))
each_worker = pytest.mark.parametrize(
    "name", sorted(name for name, one in ours().items() if process_of(one) == "worker")
)


def test_the_file_is_what_the_compose_specification_allows() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(compose())] == []


def test_a_misspelt_key_is_not_what_the_specification_allows() -> None:
    misspelt = compose()
    misspelt["services"]["relay"]["healtcheck"] = {}
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert not jsonschema.Draft202012Validator(schema).is_valid(misspelt)


def test_each_process_has_a_service() -> None:
    run = {name: process_of(service) for name, service in ours().items() if process_of(service)}
    assert set(run.values()) == set(PROCESS_NAMES)
    assert {name: name for name in PROCESS_NAMES} | {"worker-gpu": "worker"} == run


@each_of_ours
def test_each_command_of_ours_is_one_that_suite_has(name: str) -> None:
    program, *arguments = ours()[name]["command"]
    if name == "credentials":
        assert program == "sh"
        return
    assert program == "suite"
    _parsed_by_suite(arguments)


@pytest.mark.parametrize("arguments", [["runn", "relay"], ["migrate"], ["run", "relay", "--fast"]])
def test_what_suite_does_not_have_would_be_found(arguments: list[str]) -> None:
    with pytest.raises(Exception, match=r"runn|admin_url|fast"):
        _parsed_by_suite(arguments)


@each_service
def test_every_variable_with_our_prefix_is_a_setting(name: str) -> None:
    given = {key for key in services()[name].get("environment", {}) if key.startswith("SUITE_")}
    assert given <= SETTING_NAMES


@each_of_ours
def test_the_settings_of_each_service_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "credentials":
        return
    for variable, value in settings_of(ours()[name]).items():
        monkeypatch.setenv(variable, value)
    Settings()


@each_service
def test_images_are_pinned_to_an_exact_version(name: str) -> None:
    image = services()[name]["image"]
    assert EXACT_TAG.fullmatch(image), image


@each_service
def test_no_service_runs_as_root_or_may_become_more_than_it_is(name: str) -> None:
    service = services()[name]
    assert str(service["user"]).split(":")[0] not in ("", "0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]


@each_service
def test_file_systems_are_read_only_and_everything_has_a_limit(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert any(folder.startswith("/tmp:") for folder in service["tmpfs"])
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()


@each_service
def test_what_runs_on_is_restarted_and_says_whether_it_is_well(name: str) -> None:
    service = services()[name]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries", "start_period"} <= (
        service["healthcheck"].keys()
    )


@each_of_ours
def test_a_health_check_asks_for_the_process_that_the_service_runs(name: str) -> None:
    if name in ONE_SHOT:
        return
    service = ours()[name]
    how, program, *arguments = service["healthcheck"]["test"]
    assert (how, program) == ("CMD", "suite")
    assert arguments == ["healthcheck", process_of(service)]
    _parsed_by_suite(arguments)


@pytest.mark.parametrize("dockerfile", sorted(DOCKER.glob("*.Dockerfile")), ids=lambda p: p.stem)
def test_processes_show_their_heartbeat_in_a_folder_that_is_writable(dockerfile: Path) -> None:
    (folder,) = re.findall(r"SUITE_RUN_DIR=(\S+)", dockerfile.read_text())
    for name, service in ours().items():
        if service["build"]["dockerfile"].endswith(dockerfile.name):
            writable = [one.partition(":")[0] for one in service["tmpfs"]]
            assert Path(folder).parent in map(Path, writable), name


@each_of_ours
def test_every_process_waits_until_the_installation_is_prepared(name: str) -> None:
    if name in ONE_SHOT:
        return
    conditions = {other: one["condition"] for other, one in services()[name]["depends_on"].items()}
    assert conditions == {
        "database": "service_healthy",
        "kafka": "service_healthy",
        "prepare": "service_completed_successfully",
    }


@each_worker
def test_workers_have_no_way_to_the_database(name: str) -> None:
    worker, database = services()[name], services()["database"]
    assert not set(worker["networks"]) & set(database["networks"])
    assert "SUITE_DATABASE_URL" not in worker["environment"]
    assert set(worker["networks"]) == {"broker", "work"}


@each_worker
def test_workers_hold_no_secret_and_see_no_object_but_through_urls(name: str) -> None:
    sources = {source for source, _, _ in mounts(services()[name])}
    assert sources <= {"worker", "engine-weights"}


def test_the_screener_has_no_way_to_the_database_either() -> None:
    screener = services()["screener"]
    assert screener["networks"] == ["broker", "store"]
    assert "SUITE_DATABASE_URL" not in screener["environment"]


def test_workers_meet_only_kafka_and_the_s3_server() -> None:
    met = {
        name
        for name, service in services().items()
        if {"broker", "work"} & set(service.get("networks", ())) and "profiles" not in service
    }
    on_work = {
        name
        for name, service in services().items()
        if "work" in service.get("networks", ()) and "profiles" not in service
    }
    assert on_work == {"s3", "worker"}
    # On the broker's network only Kafka listens; the others show their metrics if they are told to.
    assert not {name for name in met if "ports" in services()[name]} - {"api", "s3"}


def test_nobody_reads_the_metrics_of_a_process_unless_an_operator_says_so() -> None:
    hosts = {
        name: settings_of(one)["SUITE_METRICS_HOST"]
        for name, one in ours().items()
        if process_of(one) is not None
    }
    assert set(hosts.values()) == {"127.0.0.1"}


def test_only_three_networks_lead_out_and_on_each_of_them_is_one_service() -> None:
    networks = compose()["networks"]
    leading_out = [name for name, one in networks.items() if not one.get("internal")]
    on_it = {
        network: [name for name, one in services().items() if network in one.get("networks", ())]
        for network in leading_out
    }
    assert on_it == {"front": ["api"], "shelf": ["s3"], "view": ["grafana"]}
    published = {name: one["ports"] for name, one in services().items() if "ports" in one}
    assert {name: list(map(with_defaults, ports)) for name, ports in published.items()} == {
        "api": ["127.0.0.1:8080:8080"],
        "s3": ["127.0.0.1:7070:7070"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


def test_no_password_stands_in_the_file() -> None:
    for service in services().values():
        words = [*service.get("command", ()), *map(str, service.get("environment", {}).values())]
        for word in words:
            for url in re.findall(r"postgresql://\S+", word):
                assert urlsplit(url).password is None
                assert "passfile" in parse_qs(urlsplit(url).query)
    for name in services()["database"]["environment"]:
        assert "PASSWORD" not in name or name.endswith("_FILE")


def test_the_superuser_s_password_is_seen_by_the_server_and_by_prepare_only() -> None:
    holders = {
        name
        for name, service in services().items()
        for source, _, _ in mounts(service)
        if source in ("admin-credentials", "server-credentials")
    }
    assert holders == {"credentials", "database", "prepare"}


def test_secrets_and_logins_are_writable_only_for_those_who_make_them() -> None:
    makers = {
        source: {
            name
            for name, service in services().items()
            for mounted, _, writable in mounts(service)
            if mounted == source and writable
        }
        for source in ("secrets", "login-credentials", "admin-credentials", "server-credentials")
    }
    # The screener makes the key that signs content credentials.
    assert makers.pop("secrets") == {"prepare", "screener"}
    assert set(map(frozenset, makers.values())) == {frozenset({"credentials"})}


@each_service
def test_what_is_mounted_exists(name: str) -> None:
    for source, _, writable in mounts(services()[name]):
        if source.startswith("."):
            assert (DOCKER / source).exists()
            assert not writable
        else:
            assert source in compose()["volumes"]


@each_of_ours
def test_volumes_lie_over_folders_that_the_image_gives_to_its_user(name: str) -> None:
    service = ours()[name]
    text = (DOCKER.parent / service["build"]["dockerfile"]).read_text(encoding="utf-8")
    made = set(re.search(r"-m 0700 -o suite -g suite((?:\s|\\|[/a-z0-9])+)", text)[1].split())  # type: ignore[index]
    for source, target, _ in mounts(service):
        if not source.startswith("."):
            assert target in made


def test_the_gpu_worker_is_started_by_its_profile_only_and_has_a_device() -> None:
    gpu = services()["worker-gpu"]
    assert gpu["profiles"] == ["gpu"]
    assert gpu["environment"]["SUITE_DEVICE"] == "cuda"
    (device,) = gpu["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}


def test_no_profile_hides_what_every_installation_needs() -> None:
    hidden = {name: one["profiles"] for name, one in services().items() if "profiles" in one}
    assert hidden == {
        "worker-gpu": ["gpu"],
        "prometheus": ["sight"],
        "grafana": ["sight"],
    }


def test_the_s3_server_gets_its_secrets_from_files_that_nobody_else_sees() -> None:
    s3 = services()["s3"]
    (script,) = s3["command"]
    assert "$$(cat /run/credentials/s3/secret)" in script
    assert "environment" not in s3
    holders = {
        name
        for name, service in services().items()
        for source, _, _ in mounts(service)
        if source in ("s3", "s3-server-credentials")
    }
    assert holders == {"credentials", "s3"}


def test_each_process_is_one_user_of_the_s3_server_and_sees_no_other_profile() -> None:
    profiles = {
        name: [
            source.removeprefix("s3-").removesuffix("-credentials")
            for source, _, writable in mounts(service)
            if source.startswith("s3-") and not writable
        ]
        for name, service in ours().items()
        if name != "credentials"
    }
    assert {name: found for name, found in profiles.items() if found} == {
        "prepare-objects": ["admin"],
        "api": ["intake"],
        "recorder": ["intake"],
        "reactor": ["keeper"],
        "screener": ["screener"],
    }
    for name in profiles:
        given = ours()[name].get("environment", {})
        assert ("SUITE_OBJECT_STORE" in given) == bool(profiles[name]), name


def test_who_asks_the_s3_server_reaches_it_and_who_only_signs_does_not() -> None:
    reach = {
        name for name, one in services().items() if {"work", "store"} & set(one.get("networks", ()))
    }
    assert reach == {"s3", "prepare-objects", "reactor", "screener", "worker", "worker-gpu"}


def test_browsers_and_workers_are_sent_to_where_they_reach_the_s3_server() -> None:
    api, recorder = settings_of(ours()["api"]), settings_of(ours()["recorder"])
    assert api["SUITE_S3_PUBLIC_ENDPOINT"] == "http://localhost:7070"
    assert "SUITE_S3_PUBLIC_ENDPOINT" not in recorder
    assert recorder["SUITE_S3_ENDPOINT"] == "http://s3:7070"


def test_the_s3_server_is_of_the_version_that_the_tests_have() -> None:
    assert services()["s3"]["image"].endswith(f":{VERSION}")


def test_the_database_server_is_set_as_the_embedded_one(postgres_server: EmbeddedPostgres) -> None:
    command: list[Any] = services()["database"]["command"]
    given = dict(word.split("=") for word in command if "=" in word)
    assert given
    with psycopg.connect(postgres_server.admin_url()) as connection:
        for name, value in given.items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row == (value,)


def test_the_urls_name_the_login_that_migrations_admit() -> None:
    for service in ours().values():
        url = service.get("environment", {}).get("SUITE_DATABASE_URL")
        if url is not None:
            assert urlsplit(url).username == PROCESS_LOGIN


def test_initialisation_is_what_initdb_takes() -> None:
    arguments = shlex.split(services()["database"]["environment"]["POSTGRES_INITDB_ARGS"])
    assert arguments == [
        "--auth-local=peer",
        "--auth-host=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
    ]


def _parsed_by_suite(arguments: list[str]) -> None:
    """Raises where there is no such command, an argument is missing or an option unknown."""
    found: Any = typer.main.get_command(cli)
    while hasattr(found, "commands"):
        name, *arguments = arguments
        found = found.commands[name]
    found.make_context("suite", list(arguments))
