"""`suite doctor` names what is missing, where it belongs, with which digest, and what it is for."""

import json
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from domain.kernel.identity import SYSTEM
from processes.cli import cli
from processes.doctor.doctor import PHOTOGRAPHIC, examined
from processes.doctor.opened import policy_lines
from processes.settings import Settings
from processes.status.line import Line
from tests.gpu_consumers.screening.gate_folder import NOW_S, GateFolder

XL = "stable-diffusion-xl"
WAN, SVD = "wan-2.2", "stable-video-diffusion"
KEY, SECRET = "a-key", "a secret that is long enough"
CREDENTIALS = {"base_url": "https://api.example", "api_key": KEY, "shared_secrets": [SECRET]}


@pytest.fixture
def gates(tmp_path: Path) -> GateFolder:
    """Complete, with lists of a minute ago."""
    folder = GateFolder(tmp_path / "gates")
    folder.issue_lists(age_s=NOW_S - time.time() + 60)
    return folder


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "veriff.json"
    file.write_text(json.dumps(CREDENTIALS))
    file.chmod(0o600)
    return file


def lines(**settings: Any) -> dict[str, Line]:
    return {line.subject: line for line in examined(Settings(**settings), (XL,)).lines}


def test_of_an_installation_of_cartoons_everything_is_said_that_photographs_need(
    tmp_path: Path,
) -> None:
    found = lines(home=tmp_path)
    ill = [subject for subject, line in found.items() if not line.is_well]
    assert ill == [
        f"weights of {XL}",
        "gates.json",
        "known pictures",
        "listed people",
        "identity",
        "place",
        "policy",
    ]
    advice = found["gates.json"].advice
    assert advice is not None
    assert str(tmp_path / "gates" / "gates.json") in advice


def test_a_complete_folder_of_gates_is_well_and_names_its_models(
    tmp_path: Path, gates: GateFolder
) -> None:
    found = lines(home=tmp_path)
    for subject in ("face detector", "face recogniser", "age classifier", "content rater"):
        assert found[subject].is_well
    assert found["age classifier"].what == f"blues@{gates.pin('age.onnx')['sha256']}"
    assert found["known pictures"].is_well
    assert found["listed people"].is_well


def test_of_a_missing_file_its_place_its_digest_and_its_purpose_are_said(
    tmp_path: Path, gates: GateFolder
) -> None:
    digest = gates.pin("age.onnx")["sha256"]
    (gates.path / "age.onnx").unlink()
    line = lines(home=tmp_path)["age classifier"]
    assert line.what == "age.onnx cannot be read"
    assert line.advice is not None
    for said in (str(gates.path / "age.onnx"), digest, "it can permit nobody"):
        assert said in line.advice


def test_the_folder_of_gates_may_be_somewhere_else(tmp_path: Path, gates: GateFolder) -> None:
    found = lines(home=tmp_path / "elsewhere", gates_dir=gates.path)
    assert found["face detector"].is_well


def test_a_provider_that_is_set_is_named_with_where_its_webhooks_belong(
    tmp_path: Path, credentials: Path
) -> None:
    line = lines(
        home=tmp_path,
        identity_provider="veriff",
        veriff_credentials=credentials,
        public_url="https://studio.example",
    )["identity"]
    assert line.is_well
    assert "https://studio.example/webhooks/identity" in line.what
    for secret in (KEY, SECRET):
        assert secret not in line.what


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"veriff_credentials": None}, "SUITE_VERIFF_CREDENTIALS"),
        ({"public_url": "http://studio.example"}, "SUITE_PUBLIC_URL"),
        ({"public_url": None}, "SUITE_PUBLIC_URL"),
        ({"veriff_credentials": Path("/nowhere/veriff.json")}, "veriff.json"),
    ],
)
def test_a_provider_that_lacks_something_is_said_to(
    tmp_path: Path, credentials: Path, changes: dict[str, Any], why: str
) -> None:
    said = {
        "identity_provider": "veriff",
        "veriff_credentials": credentials,
        "public_url": "https://studio.example",
    }
    line = lines(home=tmp_path, **(said | changes))["identity"]
    assert not line.is_well
    assert why in line.what


def test_a_place_is_known_where_a_trusted_proxy_says_it(tmp_path: Path) -> None:
    assert not lines(home=tmp_path, country_header="X-Country")["place"].is_well
    told = lines(home=tmp_path, country_header="X-Country", trusted_proxies=("10.0.0.0/8",))
    assert told["place"].is_well


ROW = {"engine": XL, "checks": ["identity"], "jurisdictions": ["XX", "DE"]}


def test_a_row_that_no_photograph_can_pass_is_said_to_be_one() -> None:
    [line] = policy_lines([ROW | {"checks": ["identity", "in_world"]}], [XL])
    assert not line.is_well
    [line] = policy_lines([ROW], [XL])
    assert (line.is_well, line.what) == (True, "allows it in DE")


def test_every_way_in_which_something_is_looked_at_has_a_row_of_its_own() -> None:
    pictures, clips = ROW | {"engine": WAN}, ROW | {"engine": WAN, "screening": "clips"}
    [line] = policy_lines([pictures], [WAN])
    assert (line.is_well, line.what) == (False, "has no row for clips")
    [line] = policy_lines([clips], [WAN])
    assert (line.is_well, line.what) == (False, "has no row for pictures")
    [line] = policy_lines([pictures, clips], [WAN])
    assert line.is_well
    # It moves pictures and draws none.
    [line] = policy_lines([ROW | {"engine": SVD, "screening": "clips"}], [SVD])
    assert line.is_well


@pytest.mark.parametrize("engine", [WAN, SVD])
def test_engines_of_clips_are_walked_through_as_all_others(tmp_path: Path, engine: str) -> None:
    assert engine in PHOTOGRAPHIC
    found = {line.subject: line for line in examined(Settings(home=tmp_path), [engine]).lines}
    told = found[f"weights of {engine}"]
    assert not told.is_well
    assert engine in (told.advice or "")


def test_what_the_database_knows_opens_the_engine_or_says_what_it_lacks(
    tmp_path: Path, database: str, admin_database: str
) -> None:
    there = {"home": tmp_path, "database_url": SecretStr(database)}
    found = lines(**there)
    assert found[f"policy of {XL}"].what == "has no row"
    assert found[XL].what == (
        "is closed: it lacks weights, face-analyser, document-identity, policy"
    )
    with psycopg.connect(admin_database, autocommit=True) as admin:
        given_all(admin)
    assert lines(**there)[XL].what == "is closed: it lacks document-identity"
    assert lines(**there, identity_provider="veriff")[XL].what == "is open"


def given_all(admin: psycopg.Connection[Any]) -> None:
    """A row of the policy, and a worker and a screener for the engine a moment ago."""
    admin.execute(
        "INSERT INTO views.policies (owner_id, version, rows, published_at, position)"
        " VALUES (%s, 1, %s, now(), 1)",
        [SYSTEM, json.dumps([ROW | {"rating": "general"}])],
    )
    for role in ("draws", "judges"):
        admin.execute(
            "INSERT INTO views.engines_attended (owner_id, role, engine, last_at)"
            " VALUES (%s, %s, %s, now())",
            [SYSTEM, role, XL],
        )


def test_the_exit_code_says_whether_anything_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_HOME", str(tmp_path))
    monkeypatch.delenv("SUITE_DATABASE_URL", raising=False)
    done = CliRunner().invoke(cli, ["doctor", XL, "--json"])
    assert done.exit_code == 1
    said = json.loads(done.output)
    assert said["well"] is False
    assert {line["subject"] for line in said["lines"]} >= {"gates.json", "identity"}
    unknown = CliRunner().invoke(cli, ["doctor", "pocket"])
    assert unknown.exit_code == 2
    assert XL in PHOTOGRAPHIC
