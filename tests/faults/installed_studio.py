"""A whole installation in a folder of its own: eight operating-system processes, supervised."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from adapters.objects.s3_place import S3User
from processes.child_health import ailment_of
from processes.embedded import Installation, installed
from processes.secrets import load_secrets
from processes.settings import PROCESS_NAMES, Settings
from processes.supervisor import Health, Supervisor, own_command
from processes.up import wait_until_ready
from processes.wiring.objects import open_objects
from tests.faults.oracle import until
from tests.faults.stage import Stage, stage_of
from tests.faults.staged_process import STAGED
from tests.flow.studio_desk import StudioDesk

ROOT = Path(__file__).parents[2]
LEASE_S = 3.0
LIVENESS_S = 0.5
STOP_PATIENCE_S = 60.0
UNWELL_GRACE_S = 0.5


class InstalledStudio(StudioDesk):
    """The installation as somebody with shell access sees it."""

    def __init__(self, installation: Installation, stack: ExitStack) -> None:
        settings = installation.settings
        secrets = load_secrets(settings.secrets)
        assert installation.admin_url is not None
        super().__init__(
            settings.require_database_url(),
            installation.admin_url,
            open_objects(settings, secrets, S3User.KEEPER),
            stack.enter_context(httpx.Client(timeout=30.0)),
            stack,
            kek=secrets.key_encryption,
            args_secret=secrets.command_args,
        )
        self.home = settings.home
        self.address = settings.address
        self.stage: Stage = stage_of(settings.home)
        self._environment = {**installation.environment, "PYTHONPATH": str(ROOT)}
        self._health = Health(
            partial(ailment_of, settings), settings.turn_max_s, grace_s=UNWELL_GRACE_S
        )
        self.start()

    def start(self) -> None:
        """Start all eight, for the first time or after `stop`."""
        self._stop = threading.Event()
        self.supervisor = Supervisor(
            PROCESS_NAMES, _command, self._environment, health=self._health
        )
        self._thread = threading.Thread(target=self.supervisor.run, args=(self._stop,))
        self._thread.start()

    def is_ready(self) -> bool:
        """Wait until the API answers."""
        return wait_until_ready(self.address, self._stop)

    def stop(self) -> None:
        """Stop all eight, as Ctrl-C does. May be called twice."""
        self._stop.set()
        self._thread.join(STOP_PATIENCE_S)
        assert not self._thread.is_alive()

    def kill(self, name: str) -> int:
        """kill -9. Answers the process id that it had."""
        pid = self.supervisor.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def freeze(self, name: str) -> int:
        """SIGSTOP: it neither works nor hears anything. Answers its process id."""
        pid = self.supervisor.pid(name)
        os.kill(pid, signal.SIGSTOP)
        return pid

    def child_of_worker(self) -> int:
        """The process id of the worker's own child, once there is one."""
        worker = self.supervisor.pid("worker")
        children = Path(f"/proc/{worker}/task/{worker}/children")
        found: int = until(
            lambda: next(
                (
                    int(pid)
                    for pid in children.read_text().split()
                    if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
                ),
                None,
            ),
            "the worker has a child",
        )
        return found

    def comes_back(self, name: str, old_pid: int) -> None:
        """Wait until the supervisor has started it again."""
        until(lambda: self.supervisor.pid(name) != old_pid, f"{name} is started again")

    @contextmanager
    def flag(self, name: str) -> Iterator[None]:
        """A flag of the stage, up inside the block."""
        self.stage.raise_flag(name)
        try:
            yield
        finally:
            self.stage.lower_flag(name)


@contextmanager
def installed_studio(
    home: Path, *, turn_max_s: float = 60.0, **more: Any
) -> Iterator[InstalledStudio]:
    """Install, start all eight, and stop them again. None may be left behind.

    `more` are further settings.
    """
    settings = Settings(
        home=home,
        port=_free_port(),
        lease_s=LEASE_S,
        liveness_s=LIVENESS_S,
        turn_max_s=turn_max_s,
        log_level="warning",
        **more,
    )
    stage_of(home).raise_flag("installed")
    with ExitStack() as stack:
        installation = stack.enter_context(installed(settings, on_step=lambda step: None))
        studio = InstalledStudio(installation, stack)
        stack.callback(studio.stop)
        assert studio.is_ready()
        yield studio


def _command(name: str) -> list[str]:
    if name in STAGED:
        return [sys.executable, "-m", "tests.faults.staged_process", name]
    return own_command(name)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
