"""A studio as it is deployed: two API processes behind nginx, with the README's configuration."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
from pydantic import SecretStr

from adapters.parts.ended import is_ended
from commands.studio import Studio
from commands.wallet.grant_promotion import GrantPromotion
from processes.prepare import publish_defaults
from processes.secrets import ensure_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from processes.wiring.studio import open_studio
from processes.wiring.transport import open_transport
from tests.containers.rehearsal import free_port
from tests.faults.oracle import until
from tests.parts.nginx import nginx

ROOT = Path(__file__).parents[2]
STOP_TIMEOUT_S = 30.0
START_PATIENCE_S = 90.0
PROXY = "127.0.0.1"
SERVED_BY = "x-served-by"
_SHOWS_WHO = f"add_header {SERVED_BY} $upstream_addr always;"


class Server:
    """One process of the suite, which may be ended and started again."""

    def __init__(self, name: str, log: Path, environment: dict[str, str]) -> None:
        self._name = name
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin. Whoever needs an answer waits for one."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "processes.cli", "run", self._name],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it has ended. May be repeated."""
        if self._process is not None:
            process, self._process = self._process, None
            ended = is_ended(process, how, within_s=STOP_TIMEOUT_S)
            process.wait()
            assert ended, self._log.read_text()[-2_000:]


class Deployment:
    """Where the studio is met, its servers by their addresses, and what an operator can do."""

    def __init__(self, url: str, servers: dict[str, Server], studio: Studio, admin_url: str):
        self.url = url
        self.servers = servers
        self._studio = studio
        self._admin_url = admin_url

    def serving(self) -> set[str]:
        """Which servers answer, asked often enough for nginx to come to each. None before it is
        there itself.
        """
        try:
            answers = [httpx.get(f"{self.url}/readyz", verify=False) for _ in range(8)]
        except httpx.TransportError:
            return set()
        return {found.headers[SERVED_BY] for found in answers if found.status_code == 200}

    def until_all_serve(self) -> None:
        """Wait until nginx hands requests to every server."""
        until(
            lambda: self.serving() == set(self.servers),
            "all servers serve",
            patience_s=START_PATIENCE_S,
        )

    def restart(self, address: str) -> None:
        """Start a server that has ended, and wait until it serves."""
        self.servers[address].start()
        self.until_all_serve()

    def grant(self, person: UUID) -> int:
        """Give somebody a credit; answers at which position their wallet changes by it."""
        until_then = system_clock() + timedelta(days=30)
        command = GrantPromotion(millicredits=1_000, expires_at=until_then)
        return self._studio.execute(command, owner_id=person, key=uuid4()).position

    def wallet_positions(self, person: UUID, *, after: int) -> list[int]:
        """Where the log has changes of a wallet."""
        with psycopg.connect(self._admin_url) as connection:
            rows = connection.execute(
                "SELECT position FROM views.feed WHERE owner_id = %s AND topic = 'wallet' "
                "AND position > %s ORDER BY position",
                [person, after],
            ).fetchall()
        return [position for (position,) in rows]


@contextmanager
def deployment(program: str, url: str, admin_url: str, folder: Path) -> Iterator[Deployment]:
    """Serve until the block ends. Relay and projector run beside the API processes."""
    port, ports = free_port(), (free_port(), free_port())
    settings = Settings(
        home=folder,
        database_url=SecretStr(url),
        public_url=f"http://{PROXY}:{port}",
    )
    secrets = ensure_secrets(settings.secrets)
    with ExitStack() as stack:
        with open_transport(settings) as transport:
            transport.create_topics()
        studio = stack.enter_context(open_studio(settings, secrets, "test")).studio
        publish_defaults(studio)

        def server(name: str, place: str, **variables: str) -> Server:
            environment = {
                **{key: value for key, value in os.environ.items() if not key.startswith("SUITE_")},
                "PYTHONPATH": str(ROOT),
                "SUITE_HOME": str(folder),
                "SUITE_RUN_DIR": str(folder / "run" / place),
                "SUITE_DATABASE_URL": url,
                "SUITE_PUBLIC_URL": settings.address,
                "SUITE_TRUSTED_PROXIES": PROXY,
                "SUITE_METRICS_PORT": "0",
                **variables,
            }
            found = Server(name, folder / f"{place}.log", environment)
            stack.callback(found.end)
            return found

        for name in ("relay", "projector"):
            server(name, name)
        servers = {
            f"{PROXY}:{own}": server("api", f"api-{own}", SUITE_PORT=str(own)) for own in ports
        }
        stack.enter_context(nginx(program, folder / "nginx", _configuration(port, ports)))
        found = Deployment(settings.address, servers, studio, admin_url)
        found.until_all_serve()
        yield found


def _configuration(port: int, ports: tuple[int, int]) -> str:
    """The README's, with these ports, without TLS, and with a header that says who answers."""
    text = (ROOT / "README.md").read_text()
    block = re.search(r"```nginx\n(.*?)```", text, re.DOTALL)
    assert block is not None
    shown = block.group(1)
    for written, meant in (
        ("listen 443 ssl http2;", f"listen {PROXY}:{port}; {_SHOWS_WHO}"),
        ("127.0.0.1:8080 ", f"{PROXY}:{ports[0]} "),
        ("127.0.0.1:8081 ", f"{PROXY}:{ports[1]} "),
    ):
        assert written in shown
        shown = shown.replace(written, meant)
    return shown
