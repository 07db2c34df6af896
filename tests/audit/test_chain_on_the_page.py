"""The chain as the page checks it finds what `verify.py` finds, in the same places."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from processes.audit.verify import verify
from tests.audit.ledger_file import lines_of
from tests.audit.test_older_ledgers import begun_before
from tests.audit.test_tampered_files import MUTATIONS
from tests.projections.studio_history import StudioHistory

MODULES = Path("web/studio/pages/auditor").resolve().as_uri() + "/"
NODE = shutil.which("node")
CHAIN_RULES = {"order", "chain", "digest", "withheld", "class", "owner", "format"}
"""Rules of the file itself. Whoever keeps those and breaks one of accounting meets `verify.py`."""

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node to run the page's modules")


def checked(folder: Path, files: Sequence[tuple[Sequence[bytes], str]]) -> list[Any]:
    """What the page finds in each of these files, with a noted head or without."""
    assert NODE is not None
    names = []
    for number, (lines, noted) in enumerate(files):
        path = folder / f"{number}.jsonl"
        path.write_bytes(b"".join(lines))
        names.append(f"{path} {noted}".strip())
    ran = subprocess.run(
        [NODE, str(Path(__file__).with_name("chain.mjs"))],
        input="\n".join(names),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"MODULES": MODULES},
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_an_honest_ledger_is_whole_and_comes_to_the_same(
    history: StudioHistory,
    exported: tuple[bytes, ...],
    tmp_path: Path,
) -> None:
    migrated = lines_of(*begun_before(history.rows))
    for lines, found in zip(
        (exported, migrated), checked(tmp_path, [(exported, ""), (migrated, "")]), strict=True
    ):
        report = verify(lines)
        assert found["findings"] == []
        assert (found["rows"], found["ledgerRows"]) == (report.rows, report.ledger_rows)
        assert (found["position"], found["link"]) == (report.head_position, report.head_link)
        balances = report.balances.values()
        for part in ("available", "reserved", "spent"):
            assert found["sums"][part] == sum(getattr(one, part) for one in balances)


def test_a_changed_file_is_noticed_in_the_same_place(
    exported: tuple[bytes, ...],
    tmp_path: Path,
) -> None:
    files = {name: mutate(exported) for name, (_, mutate) in MUTATIONS.items()}
    checks = checked(tmp_path, [(lines, "") for lines in files.values()])
    missed, elsewhere = [], []
    for name, one in zip(files, checks, strict=True):
        [*findings] = verify(files[name]).findings
        if not any(finding.rule in CHAIN_RULES for finding in findings):
            continue
        if not one["findings"]:
            missed.append(name)
            continue
        first = one["findings"][0]
        # That a file is of a form which the page does not check is said before its first row.
        if first["code"] != "form" and first["line"] not in {found.line for found in findings}:
            elsewhere.append((name, first, findings[0]))
    assert (missed, elsewhere) == ([], [])


def test_a_head_that_was_noted_is_found_or_missed(
    exported: tuple[bytes, ...],
    tmp_path: Path,
) -> None:
    heads = [json.loads(exported[40])["link"], "ab" * 32, "00" * 32]
    there, gone, beginning = checked(tmp_path, [(exported, head) for head in heads])
    assert (there["findings"], there["notedAt"]) == ([], 40)
    assert [one["code"] for one in gone["findings"]] == ["noted"]
    assert beginning["notedAt"] == 0
