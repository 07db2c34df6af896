"""Where the demo on S3 keeps its objects: a server of its own, prepared as an operator would."""

import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.objects.s3_place import ADMIN, S3User
from adapters.parts.s3 import ROOT, S3Server, build_server
from processes.objects_prepare import prepare_objects
from processes.settings import PREFIX, load_settings

SERVER_FOLDER = Path("var/parts/s3")
BUCKET = "demo"
MIDDLE = 0.6
AWAY_S = 5.0
"""How long the server stays away once it was killed."""


class StoreAccident:
    """kill -9 of the S3 server in the middle of a job, once, and a start a little later.

    `may_strike` answers whether it is time. `progressed` may be called from many threads.
    """

    def __init__(self, server: S3Server, may_strike: Callable[[], bool]) -> None:
        self._server = server
        self._may_strike = may_strike
        self._lock = threading.Lock()
        self._back: threading.Thread | None = None

    def progressed(self, step: int, steps_total: int) -> None:
        """A job came to a step."""
        if step < MIDDLE * steps_total or step >= steps_total:
            return
        with self._lock:
            if self._back is None and self._may_strike():
                self._server.kill()
                self._back = threading.Thread(target=self._come_back)
                self._back.start()

    def has_passed(self) -> bool:
        """Whether it was killed; the server is there again when this returns."""
        if self._back is not None:
            self._back.join()
        return self._back is not None

    def _come_back(self) -> None:
        threading.Event().wait(AWAY_S)
        self._server.start()


@contextmanager
def home_on_s3(on_step: Callable[[str], None]) -> Iterator[tuple[Path, S3Server]]:
    """A home for the demo, and the server. Inside the block the settings name a bucket of it.

    Raises `PartUnavailable` and `S3Failed`.
    """
    on_step("building an S3 server (versitygw), unless it is here")
    program = build_server(SERVER_FOLDER)
    known = {who: secrets.token_hex(16) for who in (ROOT, *(user.value for user in S3User))}
    on_step("starting the S3 server")
    with (
        tempfile.TemporaryDirectory(prefix="suite-") as folder,
        S3Server(
            program,
            Path(folder) / "s3",
            known[ROOT],
            {user.value: known[user.value] for user in S3User},
        ) as server,
    ):
        given = {
            f"{PREFIX}OBJECT_STORE": f"s3://{BUCKET}/suite",
            f"{PREFIX}S3_ENDPOINT": server.endpoint,
            f"{PREFIX}S3_CREDENTIALS": str(_written(Path(folder) / "credentials", known)),
        }
        os.environ.update(given)
        try:
            prepare_objects(load_settings(), ADMIN, {}, [], lambda step: on_step(f"S3: {step}"))
            yield Path(folder) / "suite", server
        finally:
            for name in given:
                del os.environ[name]


def _written(file: Path, known: dict[str, str]) -> Path:
    file.touch(mode=0o600)
    file.write_text(
        "".join(
            f"[{ADMIN if who == ROOT else who}]\n"
            f"aws_access_key_id = {who}\naws_secret_access_key = {secret}\n"
            for who, secret in known.items()
        ),
        encoding="utf-8",
    )
    return file
