#!/usr/bin/env python3
"""An executable that takes the place of `docker` where none runs: info, run and kill.

`run` is strict about its options, as docker is. It starts the real broker, set up from the given
variables by the class that the image's own start script calls. The environment says where things
are: STAND_IN_FOLDER is what an engine remembers, STAND_IN_JARS Kafka, and STAND_IN_TROUBLE what is
wrong with this engine: `no-daemon`, `no-image` or `broken-image`.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ["STAND_IN_FOLDER"])
TROUBLE = os.environ.get("STAND_IN_TROUBLE", "")
CLUSTER_ID = "c3VpdGUhc3VpdGUhc3VpdA"

LOG4J = """<Configuration>
  <Appenders><Console name="out"><PatternLayout pattern="%m (%c)%n"/></Console></Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


def main(words: list[str]) -> int:
    """What docker does with these words; answers its exit status."""
    match words:
        case ["info"]:
            if TROUBLE == "no-daemon":
                print("Cannot connect to the Docker daemon. Is it running?", file=sys.stderr)
                return 1
            print("Server Version: 28.0.0")
            return 0
        case ["run", *options]:
            return _run(options)
        case ["kill", name]:
            return _kill(name)
    print(f"docker: unknown command: docker {' '.join(words)}", file=sys.stderr)
    return 125


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="docker run", allow_abbrev=False)
    parser.add_argument("--rm", action="store_true")
    parser.add_argument("--name", required=True)
    parser.add_argument("--publish", required=True)
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("image")
    try:
        asked = parser.parse_args(words)
    except SystemExit:
        return 125
    (FOLDER / "images").open("a").write(f"{asked.image}\n")
    if TROUBLE == "no-image":
        print(f"docker: pull access denied for {asked.image}.", file=sys.stderr)
        return 125
    if TROUBLE == "broken-image":
        print("exec /etc/kafka/docker/run: exec format error")
        return 1
    _, host_port, container_port = asked.publish.split(":")
    assert host_port == container_port, "this stand-in cannot map a port to another"
    container = FOLDER / "containers" / asked.name
    container.mkdir(parents=True)
    broker = _start_broker(container, dict(one.split("=", 1) for one in asked.env))
    (container / "pid").write_text(str(broker.pid))
    code = broker.wait()
    if asked.rm:
        subprocess.run(["/bin/rm", "-r", str(container)], check=True)
    return code if code >= 0 else 128 - code


def _start_broker(container: Path, variables: dict[str, str]) -> "subprocess.Popen[bytes]":
    # A container has a file system of its own.
    variables["KAFKA_LOG_DIRS"] = str(container / "data")
    for name in ("default", "mounted", "final"):
        (container / name).mkdir()
    log4j = container / "log4j2.xml"
    log4j.write_text(LOG4J)
    java = [os.environ["STAND_IN_JAVA"], f"-Dlog4j2.configurationFile={log4j}", "-Xmx512m"]
    java += ["-XX:TieredStopAtLevel=1", "-cp", f"{os.environ['STAND_IN_JARS']}/*"]
    folders = [
        word
        for name in ("default", "mounted", "final")
        for word in (f"--{name}-configs-dir", str(container / name))
    ]
    subprocess.run(
        [*java, "kafka.docker.KafkaDockerWrapper", "setup", *folders],
        env={"CLUSTER_ID": CLUSTER_ID, **variables},
        check=True,
    )
    properties = str(container / "final" / "server.properties")
    return subprocess.Popen([*java, "kafka.Kafka", properties])


def _kill(name: str) -> int:
    pid = FOLDER / "containers" / name / "pid"
    if not pid.exists():
        print(f"Error response from daemon: No such container: {name}", file=sys.stderr)
        return 1
    os.kill(int(pid.read_text()), signal.SIGKILL)
    print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
