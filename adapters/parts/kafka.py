"""Apache Kafka from Maven Central, started as child processes: brokers in KRaft mode on free ports.

For tests and for trying the studio on Kafka without a container engine. Needs JDK 17 and Maven,
the latter only until the jars lie in their folder: `python -m adapters.parts.kafka FOLDER` fetches
them.
"""

import base64
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from adapters.parts.ended import is_ended
from adapters.parts.only_one import only_one

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.2"
"""The binding that Kafka's own archive adds: without it a broker runs, and says nothing."""

HEAP_MAX = "512m"
FETCH_TIMEOUT_S = 600
FORMAT_TIMEOUT_S = 60
START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 30
STARTED = "Kafka Server started"

_DEPENDENCY = """    <dependency>
      <groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version>
    </dependency>
"""
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>suite</groupId><artifactId>kafka-broker</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}  </dependencies>
</project>
"""
_LOG4J = """<Configuration status="WARN">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


class PartUnavailable(Exception):
    """The part cannot be had on this machine. Says what is missing."""


class BrokerFailed(Exception):
    """A broker did not start or stop in time. Says where its log lies."""


def fetch_jars(folder: Path) -> Path:
    """The folder with the jars; fetched on the first call, by one process at a time.

    Raises `PartUnavailable` where there is no JDK 17, or no Maven and no jars yet.
    """
    if shutil.which("java") is None:
        raise PartUnavailable("no java on the path: a broker needs JDK 17 or newer")
    folder.mkdir(parents=True, exist_ok=True)
    jars = folder / "jars"
    with only_one(folder / "fetch.lock"):
        # The folder gets its name last, so a broken fetch is never taken for a whole one.
        if not jars.exists():
            _fetch(folder, jars)
    return jars


def _fetch(folder: Path, jars: Path) -> None:
    if shutil.which("mvn") is None:
        raise PartUnavailable("no mvn on the path: the jars come from Maven Central")
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    dependencies = "".join(_DEPENDENCY.format(*one.split(":")) for one in (KAFKA, LOGGING))
    pom = folder / "pom.xml"
    pom.write_text(_POM.format(dependencies=dependencies), encoding="utf-8")
    options = ["-q", "-B", "-DincludeScope=runtime", f"-DoutputDirectory={partial.resolve()}"]
    fetching = subprocess.run(
        ["mvn", *options, "-f", str(pom), "dependency:copy-dependencies"],
        capture_output=True,
        text=True,
        timeout=FETCH_TIMEOUT_S,
        check=False,
    )
    if fetching.returncode != 0 or not partial.exists():
        raise PartUnavailable(f"mvn could not fetch the jars: {fetching.stdout[-500:]}")
    partial.rename(jars)


class KafkaBroker:
    """One node, broker and controller at once. Its data and log lie in `folder`.

    `ports` by the listener's name: `PLAINTEXT`, `CONTROLLER`, and others that `settings` describe.
    """

    def __init__(
        self,
        jars: Path,
        folder: Path,
        node: int,
        ports: Mapping[str, int],
        settings: Mapping[str, str],
    ) -> None:
        self.node = node
        self.bootstrap = f"localhost:{ports['PLAINTEXT']}"
        self.ports = ports
        self.log = folder / "server.log"
        self._jars = jars
        self._folder = folder
        self._properties = folder / "server.properties"
        self._process: subprocess.Popen[str] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        listeners = ",".join(f"{name}://localhost:{port}" for name, port in ports.items())
        own = {
            "node.id": str(node),
            "listeners": listeners,
            "advertised.listeners": listeners,
            "log.dirs": str(folder / "data"),
        }
        lines = [f"{name}={value}\n" for name, value in {**settings, **own}.items()]
        self._properties.write_text("".join(lines), encoding="utf-8")
        (folder / "log4j2.xml").write_text(_LOG4J, encoding="utf-8")

    def format(self, cluster_id: str) -> None:
        """Prepare the data folder. Raises `BrokerFailed`."""
        tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties)]
        formatting = subprocess.run(
            [*self._java(), *tool, "--ignore-formatted"],
            capture_output=True,
            text=True,
            timeout=FORMAT_TIMEOUT_S,
            check=False,
        )
        if formatting.returncode != 0:
            raise BrokerFailed(f"format of node {self.node}: {formatting.stdout[-500:]}")

    def launch(self) -> threading.Event:
        """Start the process. The event is set once it says that it has started, or has ended."""
        told = threading.Event()
        process = subprocess.Popen(
            [*self._java(), "kafka.Kafka", str(self._properties)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._process = process
        threading.Thread(target=self._copy_log, args=(process, told), daemon=True).start()
        return told

    def start(self) -> None:
        """Start, and return when the broker serves. Raises `BrokerFailed`."""
        self.await_started(self.launch())

    def await_started(self, told: threading.Event) -> None:
        """Wait for what `launch` answered. Raises `BrokerFailed`."""
        if (
            not told.wait(START_TIMEOUT_S)
            or self._process is None
            or self._process.poll() is not None
        ):
            raise BrokerFailed(f"node {self.node} did not start: {self.log}")

    def stop(self) -> None:
        """SIGTERM, and wait. May be called twice. Raises `BrokerFailed`."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and wait: what a crash looks like. May be called twice."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and not is_ended(process, how, within_s=STOP_TIMEOUT_S):
            raise BrokerFailed(f"node {self.node} did not stop: {self.log}")

    def _java(self) -> list[str]:
        # The cheap compiler and collector: a broker of a few minutes spends its time starting.
        tuning = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Xmx{HEAP_MAX}"]
        logging = [f"-Dlog4j2.configurationFile={self._folder / 'log4j2.xml'}"]
        return ["java", *tuning, *logging, "-cp", f"{self._jars}/*"]

    def _copy_log(self, process: "subprocess.Popen[str]", told: threading.Event) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            for line in process.stdout or ():
                log.write(line)
                log.flush()
                if STARTED in line:
                    told.set()
        process.wait()
        told.set()


class KafkaCluster:
    """A cluster of one or more nodes on free ports of this machine, gone when it is stopped.

    `settings` are properties of every broker, beyond and above the ones needed here; they describe
    the further `listeners`, which clients find at `bootstrap_at`.
    """

    def __init__(
        self,
        jars: Path,
        folder: Path,
        *,
        nodes: int = 1,
        settings: Mapping[str, str] | None = None,
        listeners: Sequence[str] = (),
    ) -> None:
        names = ("PLAINTEXT", "CONTROLLER", *listeners)
        free = iter(free_ports(len(names) * nodes))
        ports = [dict(zip(names, free, strict=False)) for _ in range(nodes)]
        voters = ",".join(f"{n}@localhost:{one['CONTROLLER']}" for n, one in enumerate(ports, 1))
        shared = {**shared_settings(nodes), "controller.quorum.voters": voters, **(settings or {})}
        self.brokers = [
            KafkaBroker(jars.resolve(), folder.resolve() / f"node-{n}", n, one, shared)
            for n, one in enumerate(ports, 1)
        ]

    @property
    def bootstrap(self) -> str:
        """Every broker's address, in plain text."""
        return self.bootstrap_at("PLAINTEXT")

    def bootstrap_at(self, listener: str) -> str:
        """Every broker's address at one of its listeners."""
        return ",".join(f"localhost:{broker.ports[listener]}" for broker in self.brokers)

    def start(self) -> None:
        """Format and start all nodes, and return when all of them serve. Raises `BrokerFailed`."""
        cluster_id = base64.urlsafe_b64encode(b"suite!" + uuid4().bytes[:10]).decode().rstrip("=")
        for broker in self.brokers:
            broker.format(cluster_id)
        # All at once: the first one serves only when a majority of the controllers is there.
        launched = [(broker, broker.launch()) for broker in self.brokers]
        for broker, told in launched:
            broker.await_started(told)

    def stop(self) -> None:
        """Stop all nodes. What they held is of no use to a later cluster, so it may be hasty."""
        for broker in self.brokers:
            broker.kill()

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


def shared_settings(nodes: int) -> dict[str, str]:
    """What every broker of ours is told, wherever it runs."""
    replication = str(min(3, nodes))
    in_sync = str(min(2, nodes))
    return {
        "process.roles": "broker,controller",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "3",
        "offsets.topic.replication.factor": replication,
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": replication,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": replication,
        "share.coordinator.state.topic.min.isr": in_sync,
        "group.initial.rebalance.delay.ms": "0",
        # Tests use leases of a second or two.
        "group.min.session.timeout.ms": "500",
    }


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("localhost", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


if __name__ == "__main__":
    print(fetch_jars(Path(sys.argv[1])))
