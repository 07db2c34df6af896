"""Which folders there are, and that the arrows between them are held."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "var", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
PACKAGES = PROJECT["tool"]["importlinter"]["root_packages"]


def folders(place: Path) -> list[Path]:
    """Every folder of ours below `place`."""
    found = []
    for child in place.iterdir():
        if child.is_dir() and not child.is_symlink() and child.name not in NOT_OURS:
            found += [child, *folders(child)]
    return found


def test_no_folder_that_is_named_like_a_library_holds_python() -> None:
    named = [folder for folder in folders(ROOT) if folder.name in ("graphql", "docker")]
    assert named
    assert [file for folder in named for file in folder.rglob("*.py")] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_top_level_package_has_a_contract(package: str) -> None:
    sources = {
        source.partition(".")[0] for contract in CONTRACTS for source in contract["source_modules"]
    }
    assert package in sources


def test_the_linter_knows_every_package_that_is_shipped() -> None:
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(PACKAGES) == sorted(shipped)
    on_disk = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert on_disk == set(PACKAGES)


def test_metrics_and_spans_are_made_in_their_own_folders_only() -> None:
    makers = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "processes").rglob("*.py")
        if re.search(r"^\s*(from|import) (prometheus_client|opentelemetry)", file.read_text(), re.M)
    }
    assert makers
    assert {
        name for name in makers if not name.startswith(("processes/metrics/", "processes/tracing/"))
    } == {"processes/sight.py"}


def test_the_domain_and_what_the_worker_does_stay_apart_in_both_directions() -> None:
    forbidden: defaultdict[str, set[str]] = defaultdict(set)
    for contract in CONTRACTS:
        for source in contract["source_modules"]:
            forbidden[source] |= set(contract["forbidden_modules"])
    assert "gpu_consumers" in forbidden["domain"]
    assert {"domain", "eventsourcing"} <= forbidden["gpu_consumers"]
    assert {"domain", "eventsourcing"} <= forbidden["processes.wiring.worker"]
