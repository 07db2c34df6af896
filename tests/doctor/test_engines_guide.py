"""What `docs/engines.md` tells an operator to write and to type exists, and is read as it is."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from adapters.identity.veriff_credentials import VeriffCredentials
from domain.engines import ENGINES
from domain.kernel.identity import POLICY_ID
from domain.policy import DEFAULT_ROWS, Policy, PolicyRow
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.gate_models import GateModels
from gpu_consumers.screening.lists import FaceList, HashList
from gpu_consumers.screening.yunet_sface import DIGEST_SHOWN
from processes.cli import cli
from processes.settings import PREFIX, PROCESS_NAMES, Settings
from tests.domain.people import ADA, MONDAY

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
DOCTOR = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "processes" / "doctor").glob("*.py")
)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def examples() -> dict[str, Any]:
    """Every JSON of the guide, by the first thing that is said in it."""
    read = [json.loads(block) for block in blocks("json")]
    return {
        next(iter(one))
        if isinstance(one, dict) and "type" not in one
        else one["type"]
        if isinstance(one, dict)
        else "rows": one
        for one in read
    }


def commands(text: str) -> set[str]:
    """What follows `suite` wherever it is something to be typed."""
    typed = re.findall(r"`suite ([^`]*)`", text)
    typed += re.findall(r"^suite ([^#\n]*)", "\n".join(blocks("sh")), re.MULTILINE)
    return {one.strip() for one in typed}


def resolved(words: list[str]) -> tuple[Any, list[str]]:
    """The command, and what is left of the words for it."""
    found: Any = typer.main.get_command(cli)
    while hasattr(found, "commands") and words:
        name, *words = words
        assert name in found.commands, f"there is no `suite … {name}`"
        found = found.commands[name]
    return found, words


@pytest.mark.parametrize("typed", sorted(commands(GUIDE) | commands(DOCTOR)))
def test_every_command_that_is_named_exists(typed: str) -> None:
    found, rest = resolved(typed.split())
    assert not hasattr(found, "commands")
    options = {name for one in found.params for name in one.opts}
    assert {word for word in rest if word.startswith("--")} <= options
    if typed.startswith("run "):
        assert rest[0] in PROCESS_NAMES
    if typed.startswith("doctor "):
        assert rest[0] in LOADERS


def test_every_setting_that_is_named_exists() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    named = set(re.findall(r"\bSUITE_[A-Z0-9_]+[A-Z0-9]\b", GUIDE + DOCTOR))
    assert len(named) > 6
    assert named <= known


def test_the_settings_of_the_guide_stand_in_the_readme() -> None:
    for name in ("GATES_DIR", "IDENTITY_PROVIDER", "VERIFF_CREDENTIALS", "COUNTRY_HEADER"):
        assert f"`{PREFIX}{name}`" in README


def test_the_manifest_is_read_as_it_stands() -> None:
    models = msgspec.convert(examples()["faces"], GateModels)
    assert models.faces is not None
    assert models.age is not None
    # A digest that no file has: whoever copies this has to say which file is meant.
    assert set(models.age.sha256) == {"0"}


def test_the_lists_are_read_as_they_stand() -> None:
    known = msgspec.json.decode(json.dumps(examples()["known-pictures"]), type=HashList)
    listed = msgspec.json.decode(json.dumps(examples()["listed-people"]), type=FaceList)
    assert (known.hashes, listed.identities) == ((), ())
    faces = msgspec.convert(examples()["faces"], GateModels).faces
    assert faces is not None
    digests = "+".join(pin.sha256[:DIGEST_SHOWN] for pin in (faces.detector, faces.recogniser))
    assert listed.model == f"yunet-sface@{digests}"


def test_the_credentials_are_read_as_they_stand() -> None:
    read = msgspec.convert(examples()["base_url"], VeriffCredentials)
    assert read.base_url.startswith("https://")


def test_the_rows_can_be_published_and_keep_what_cartoons_have() -> None:
    rows = msgspec.convert(examples()["rows"], tuple[PolicyRow, ...])
    policy = Policy.open(POLICY_ID, at=MONDAY)
    policy.publish(1, rows, (ADA,), at=MONDAY)
    for default in DEFAULT_ROWS:
        [kept] = [
            row for row in rows if row.governs(default.engine, default.rating, default.screening)
        ]
        assert set(kept.checks) == set(default.checks)
        assert set(kept.jurisdictions) > set(default.jurisdictions)
    photographs = [row for row in rows if ENGINES[row.engine].photorealistic]
    assert photographs
    for row in photographs:
        assert row.checks_for(ADA) == row.checks
        assert "XX" not in row.jurisdictions
        assert "in_world" not in row.checks


@pytest.mark.parametrize("engine", sorted(set(LOADERS) - {"pocket"}))
def test_the_folders_of_the_guide_are_those_that_are_looked_into(engine: str) -> None:
    assert re.search(rf"(`|weights/){re.escape(LOADERS[engine].folder)}\b", GUIDE)
    # Its licence is named as people write it.
    assert re.split(r"[- ]", ENGINES[engine].licence)[0] in GUIDE
