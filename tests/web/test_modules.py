"""The page's files as a reader meets them: short, used, and with their types right."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.node_clients import node_modules

STUDIO = Path(__file__).parents[2] / "web" / "studio"
LINES_MAX = 200
MODULES = sorted(STUDIO.rglob("*.js"))
SHEETS = sorted(STUDIO.rglob("*.css"))


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    lines = {path: path.read_text().count("\n") for path in (*MODULES, *SHEETS)}
    assert {path: count for path, count in lines.items() if count > LINES_MAX} == {}


def test_every_module_says_at_its_top_what_it_is() -> None:
    assert [path for path in MODULES if not path.read_text().startswith("// ")] == []


def test_every_module_is_reached_from_the_first() -> None:
    reached: set[Path] = set()
    waiting = [STUDIO / "main.js"]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        named = re.findall(
            r"""(?:from|import\(|new Worker\(new URL\()\s*"(\.[^"]+)\"""", module.read_text()
        )
        waiting += [(module.parent / name).resolve() for name in named]
    assert set(MODULES) - reached == set()


def test_no_colour_stands_outside_the_tokens() -> None:
    coloured = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", re.IGNORECASE)
    found = {
        path.relative_to(STUDIO): coloured.findall(path.read_text())
        for path in SHEETS
        if path.name != "tokens.css"
    }
    assert {path: colours for path, colours in found.items() if colours} == {}


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_the_types_are_right() -> None:
    checked = subprocess.run(
        [node_modules() / ".bin" / "tsc", "-p", Path(__file__).with_name("tsconfig.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""
    assert checked.returncode == 0
