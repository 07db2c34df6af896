"""The page for developers tells the truth: its programs run, its numbers are those in force."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from html import unescape
from pathlib import Path

import pytest

from api import limits
from api.caps import Caps
from api.error_codes import ErrorCode
from domain.wallet import JOBS_OPEN_MAX
from tests.api.creator import PASSWORD, Creator, Visitor
from tests.api.live_studio import ROOT
from tests.api.node_clients import programs

PAGE = (ROOT / "web" / "developers.html").read_text()
SNIPPETS = {
    name: unescape(text)
    for name, text in re.findall(r'<pre data-snippet="([^"]+)">(.*?)</pre>', PAGE, re.DOTALL)
}
SAYS = {
    "sign-in.sh": '"token":',
    "ask.sh": "@example.org",
    "ask.py": "@example.org",
    "ask-urql.mjs": "@example.org",
    "ask-apollo.mjs": "@example.org",
    "change.sh": "CreateTwinSuccess",
    "follow.sh": "id: ",
    "follow-sse.mjs": "WalletSnapshot",
    "follow-ws.mjs": "JobsSnapshot",
    "follow.py": "WalletSnapshot",
}
RUN_MAX_S = 60


@pytest.mark.parametrize("name", SAYS)
def test_a_program_of_the_page_runs_as_it_stands(ada: Creator, tmp_path: Path, name: str) -> None:
    ada.live.project()
    kind = name.rsplit(".")[-1]
    folder = programs(tmp_path) if kind == "mjs" else tmp_path
    if kind == "sh" and shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    program = folder / f"snippet-{name}"
    program.write_text(SNIPPETS[name])
    said = subprocess.run(
        [{"sh": "bash", "py": sys.executable, "mjs": "node"}[kind], program],
        cwd=folder,
        env={
            **os.environ,
            "STUDIO": ada.live.url,
            "TOKEN": ada.token or "",
            "EMAIL": ada.email,
            "PASSWORD": PASSWORD,
        },
        capture_output=True,
        timeout=RUN_MAX_S,
        check=False,
    )
    assert said.returncode == 0, said.stderr.decode()
    assert SAYS[name] in said.stdout.decode()


def test_every_program_of_the_page_is_run() -> None:
    assert SNIPPETS.keys() == SAYS.keys()


def test_the_page_names_every_limit_and_every_code() -> None:
    found = dict(re.findall(r'data-limit="(\w+)">(\d+)<', PAGE))
    assert found == {name: str(getattr(limits, name)) for name in found}
    caps = dict(re.findall(r'data-cap="(\w+)">(\d+)<', PAGE))
    assert caps == {
        name: str(most) for name, most in {**asdict(Caps()), "JOBS_OPEN_MAX": JOBS_OPEN_MAX}.items()
    }
    assert len(found) == 12
    codes = re.findall(r"<tr><td>([A-Z_]{4,})</td>", PAGE)
    assert codes == [code.value for code in ErrorCode]


def test_page_and_contract_are_served_to_anybody(visitor: Visitor) -> None:
    page = visitor.http.get("/developers")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text == PAGE
    contract = visitor.http.get("/schema.graphql")
    assert contract.headers["content-type"] == "text/plain; charset=utf-8"
    assert contract.text == (ROOT / "graphql" / "schema.graphql").read_text()
