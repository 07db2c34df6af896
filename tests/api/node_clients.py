"""The official JavaScript clients, driven from a test: installed once, each run as a process."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest

CLIENTS = Path(__file__).parents[1] / "clients"
STUDIO = Path(__file__).parents[2] / "web" / "studio"
INSTALL_MAX_S = 300
ANSWER_WAIT_S = 20.0
QUIET_S = 0.6


def node_modules() -> Path:
    """Where the packages of `tests/clients/package.json` lie: outside the project, one folder for
    each set of versions. Skips the test where they cannot be had; under CI that is a failure.
    """
    manifest = CLIENTS / "package.json"
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"suite-clients-{os.getuid()}-{digest}"
    if not folder.exists():
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            _without("there is no Node here")
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            shutil.copy(manifest, made)
            flags = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
            installed = subprocess.run(
                [str(npm), "install", *flags],
                cwd=made,
                capture_output=True,
                timeout=INSTALL_MAX_S,
                check=False,
            )
            if installed.returncode != 0:
                _without("npm could not install them")
            if not folder.exists():
                Path(made).rename(folder)
                Path(made).mkdir()
    return folder / "node_modules"


def _without(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"the official clients are not here: {reason}")
    pytest.skip(f"the official clients are not here: {reason}")


def programs(folder: Path) -> Path:
    """A folder with the programs of `tests/clients`, whose imports find the packages."""
    modules = node_modules()
    for program in CLIENTS.glob("*.mjs"):
        shutil.copy(program, folder)
    shutil.copytree(STUDIO, folder / "studio", dirs_exist_ok=True)
    shutil.copy(CLIENTS / "package.json", folder)
    link = folder / "node_modules"
    if not link.exists():
        link.symlink_to(modules)
    return folder


class NodeClient:
    """One client in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: Queue[Any] = Queue()
        Thread(target=self._read, daemon=True).start()

    def run(self, document: str, **variables: Any) -> Any:
        """What the client got for a query or mutation."""
        self._say(run=document, variables=variables)
        return self.next()

    def follow(self, document: str, **variables: Any) -> None:
        """Subscribe. What comes is asked for with `next`."""
        self._say(follow=document, variables=variables)

    def next(self) -> Any:
        """The next thing that the client says. Fails the test where nothing comes."""
        found = self._lines.get(timeout=ANSWER_WAIT_S)
        assert found is not None, "the client has ended"
        return found

    def value(self) -> Any:
        """The root value of the next event of a subscription."""
        found = self.next()
        assert found.get("value") is not None, found
        return found["value"]

    def rest(self) -> list[Any]:
        """All that comes until it is quiet for a moment."""
        found: list[Any] = []
        while True:
            try:
                found.append(self._lines.get(timeout=QUIET_S))
            except Empty:
                return found

    def _say(self, **line: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(line)}\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)


@contextmanager
def node_client(folder: Path, name: str, url: str, token: str | None) -> Iterator[NodeClient]:
    """A client of this name, for the length of a `with` block."""
    studio = json.dumps({"url": f"{url}/graphql", "token": token})
    with subprocess.Popen(
        ["node", "drive.mjs", name, studio],
        cwd=programs(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield NodeClient(process)
        finally:
            process.kill()
