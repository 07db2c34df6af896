"""An S3 server of one's own, versitygw, started as a child process on a free port.

For tests and for trying the studio on S3 without a container engine. Needs Go, until the program
lies in its folder: `python -m adapters.parts.s3 FOLDER` builds it, which takes a minute or two.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from adapters.parts.ended import is_ended
from adapters.parts.kafka import PartUnavailable, free_ports
from adapters.parts.only_one import only_one

VERSION = "v1.8.0"
MODULE = "github.com/versity/versitygw/cmd/versitygw"
ROOT = "root"
"""The access key that may do everything; users have the rights that a bucket's policy gives."""

BUILD_TIMEOUT_S = 900
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 15
LOOK_AGAIN_S = 0.05


class S3Failed(Exception):
    """The server did not start or stop in time. Says where its log lies."""


def build_server(folder: Path) -> Path:
    """The server's program; built on the first call, by one process at a time.

    Raises `PartUnavailable` where there is no Go and no program yet, or where it cannot be built.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"versitygw-{VERSION}"
    with only_one(folder / "build.lock"):
        if not program.exists():
            _build(folder, program)
    return program


def _build(folder: Path, program: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise PartUnavailable("no go on the path: the S3 server is built from its source")
    partial = folder / "partial"
    building = subprocess.run(
        [go, "install", f"{MODULE}@{VERSION}"],
        env={**os.environ, "GOBIN": str(partial.resolve()), "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    built = partial / "versitygw"
    if building.returncode != 0 or not built.exists():
        raise PartUnavailable(f"go could not build the S3 server: {building.stderr[-500:]}")
    # It gets its name last, so a broken build is never taken for a whole one.
    built.rename(program)


class S3Server:
    """One server. Its data and log lie in `folder`; stopped or killed, it finds them again.

    `users`: by access key, the secret. They and `ROOT`, whose secret is `root_secret`, may sign in.
    Buckets may be told to keep versions where it `can_keep_versions`.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        root_secret: str,
        users: Mapping[str, str],
        *,
        can_keep_versions: bool = False,
    ) -> None:
        self._can_keep_versions = can_keep_versions
        self._folder = folder.resolve()
        self._program = program.resolve()
        self._root_secret = root_secret
        (self._port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.log = self._folder / "server.log"
        for name in ("data", "users", "versions"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        write_users(self._folder / "users", users)

    @property
    def endpoint(self) -> str:
        """Its address, the same after every start."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Its process id. Raises `S3Failed` where it does not run."""
        if self._process is None:
            raise S3Failed(f"the S3 server does not run: {self.log}")
        return self._process.pid

    def start(self) -> None:
        """Start, and return when it serves. Raises `S3Failed`."""
        versions = ["--versioning-dir", str(self._folder / "versions")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._program),
                    *("--port", f"127.0.0.1:{self._port}", "--health", "/health", "--quiet"),
                    *("--keep-alive", "--iam-dir", str(self._folder / "users")),
                    "posix",
                    *(versions if self._can_keep_versions else ()),
                    str(self._folder / "data"),
                ],
                env={"ROOT_ACCESS_KEY_ID": ROOT, "ROOT_SECRET_ACCESS_KEY": self._root_secret},
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._is_well():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise S3Failed(f"the S3 server did not start: {self.log}")
            time.sleep(LOOK_AGAIN_S)

    def stop(self) -> None:
        """SIGTERM, and wait. May be called twice. Raises `S3Failed`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and wait: what a crash looks like. May be called twice."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and not is_ended(process, how, within_s=STOP_TIMEOUT_S):
            raise S3Failed(f"the S3 server did not stop: {self.log}")

    def _is_well(self) -> bool:
        try:
            with urlopen(f"{self.endpoint}/health", timeout=1.0) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


def write_users(folder: Path, users: Mapping[str, str]) -> None:
    """The file in which the server looks its users up, by access key. Readable by its owner."""
    accounts = {
        key: {
            "access": key,
            "secret": secret,
            "role": "user",
            "userID": 0,
            "groupID": 0,
            "projectID": 0,
        }
        for key, secret in users.items()
    }
    file = folder / "users.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"accessAccounts": accounts}), encoding="utf-8")


if __name__ == "__main__":
    print(build_server(Path(sys.argv[1])))
