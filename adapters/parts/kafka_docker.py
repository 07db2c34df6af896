"""Apache Kafka in a container: the image of `docker/compose.yaml`, one node, gone when it ends."""

import shutil
import subprocess
import threading
from collections import deque
from types import TracebackType
from typing import Self
from uuid import uuid4

from adapters.parts.kafka import (
    HEAP_MAX,
    KAFKA,
    STARTED,
    STOP_TIMEOUT_S,
    BrokerFailed,
    PartUnavailable,
    free_ports,
    shared_settings,
)

IMAGE = f"apache/kafka:{KAFKA.rpartition(':')[2]}"
CONTROLLER_PORT = 9093
"""Inside the container only."""

INFO_TIMEOUT_S = 20
START_TIMEOUT_S = 600
"""The image may have to be pulled first."""

COULD_NOT_RUN = 125
"""What `docker run` exits with where it made no container, such as for want of the image."""

_LINES_KEPT = 20


def check_docker() -> None:
    """Raises `PartUnavailable` where there is no docker, or its engine does not answer."""
    if shutil.which("docker") is None:
        raise PartUnavailable("no docker on the path")
    try:
        asking = subprocess.run(
            ["docker", "info"], capture_output=True, text=True, timeout=INFO_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise PartUnavailable(f"docker info did not answer within {INFO_TIMEOUT_S} s") from None
    if asking.returncode != 0:
        said = (asking.stderr.strip() or asking.stdout.strip()).splitlines()
        raise PartUnavailable(f"docker info failed: {said[-1] if said else asking.returncode}")


class KafkaContainer:
    """A broker in a container. Its port is free on this machine and the same inside."""

    def __init__(self) -> None:
        (self._port,) = free_ports(1)
        self._name = f"suite-kafka-{uuid4()}"
        self._process: subprocess.Popen[str] | None = None
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)

    @property
    def bootstrap(self) -> str:
        """Its address."""
        return f"localhost:{self._port}"

    @property
    def command(self) -> list[str]:
        """What runs it, in the foreground: what it prints is its log."""
        variables = {
            f"KAFKA_{name.upper().replace('.', '_')}": value
            for name, value in self._properties().items()
        } | {"KAFKA_HEAP_OPTS": f"-Xmx{HEAP_MAX}"}
        options = [word for pair in variables.items() for word in ("--env", "=".join(pair))]
        ports = f"127.0.0.1:{self._port}:{self._port}"
        named = ["docker", "run", "--rm", "--name", self._name, "--publish", ports]
        return [*named, *options, IMAGE]

    def start(self) -> None:
        """Run it, and return when the broker serves.

        Raises `PartUnavailable` where docker makes no container, and `BrokerFailed`.
        """
        check_docker()
        process = self._process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        told = threading.Event()
        threading.Thread(target=self._listen, args=(process, told), daemon=True).start()
        is_told = told.wait(START_TIMEOUT_S)
        code = process.poll()
        if is_told and code is None:
            return
        said = "".join(self._said).strip()
        if code == COULD_NOT_RUN:
            raise PartUnavailable(f"docker run failed: {said.splitlines()[-1] if said else code}")
        raise BrokerFailed(f"the container did not start: {said}")

    def stop(self) -> None:
        """End the container, which then removes itself. May be called twice."""
        if self._process is None:
            return
        process, self._process = self._process, None
        subprocess.run(
            ["docker", "kill", self._name], capture_output=True, timeout=STOP_TIMEOUT_S, check=False
        )
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise BrokerFailed(f"the container {self._name} did not end") from error

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _properties(self) -> dict[str, str]:
        # All of them: one that is given in a variable makes the image forget its own file.
        return {
            **shared_settings(1),
            "node.id": "1",
            "controller.quorum.voters": f"1@localhost:{CONTROLLER_PORT}",
            "listeners": f"PLAINTEXT://:{self._port},CONTROLLER://localhost:{CONTROLLER_PORT}",
            "advertised.listeners": f"PLAINTEXT://localhost:{self._port}",
            "log.dirs": "/tmp/kafka",
        }

    def _listen(self, process: "subprocess.Popen[str]", told: threading.Event) -> None:
        for line in process.stdout or ():
            self._said.append(line)
            if STARTED in line:
                told.set()
        process.wait()
        told.set()
