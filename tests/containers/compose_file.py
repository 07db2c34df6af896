"""`docker/compose.yaml` as the tests read it: merged, with the defaults of its variables."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE_FILE = DOCKER / "compose.yaml"

PROCESS_PROFILES = frozenset({"gpu"})
"""Profiles whose services run processes of ours."""

_DEFAULT = re.compile(r"\$\{[A-Z0-9_]+(?::?-((?:[^${}]|\$\{[^${}]*\})*))?\}")


def compose() -> dict[str, Any]:
    """The file as YAML has it: anchors merged, variables as written."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Every service, those of profiles too."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services that run an image of this repository."""
    return {name: service for name, service in services().items() if "build" in service}


def process_of(service: Mapping[str, Any]) -> str | None:
    """The process that a service runs, None where it runs something else."""
    match service.get("command"):
        case ["suite", "run", str(process)]:
            return process
    return None


def settings_of(service: Mapping[str, Any]) -> dict[str, str]:
    """The service's environment where the user sets no variable."""
    return {name: with_defaults(str(value)) for name, value in service["environment"].items()}


def with_defaults(text: str) -> str:
    """`${NAME:-default}` replaced by the default, inner ones first."""
    while (replaced := _DEFAULT.sub(lambda match: match[1] or "", text)) != text:
        text = replaced
    return text


def mounts(service: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """What is mounted: (source, target, writable)."""
    for mount in service.get("volumes", ()):
        if isinstance(mount, str):
            source, target, *mode = mount.split(":")
            yield source, target, mode != ["ro"]
        else:
            yield mount["source"], mount["target"], not mount.get("read_only", False)


def after(service: Mapping[str, Any], option: str) -> str:
    """The argument that follows `option` in the service's command."""
    command = service["command"]
    argument: str = command[command.index(option) + 1]
    return argument
