"""A Dockerfile as its instructions, without comments and with continued lines joined."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.containers.compose_file import DOCKER

DOCKERFILES = tuple(sorted(DOCKER.glob("*.Dockerfile")))


@dataclass(frozen=True)
class Instruction:
    """One instruction: `COPY` and what follows it."""

    name: str
    arguments: str


def instructions(path: Path) -> list[Instruction]:
    """Every instruction, in order."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    split = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [Instruction(name.upper(), arguments.strip()) for name, _, arguments in split]


def stages(path: Path) -> list[list[Instruction]]:
    """The instructions of each stage, its FROM first."""
    found: list[list[Instruction]] = []
    for one in instructions(path):
        if one.name == "FROM":
            found.append([])
        found[-1].append(one)
    return found


def copied_from_context(path: Path) -> list[str]:
    """The files and folders of the repository that the image is made of."""
    return [
        source
        for one in instructions(path)
        if one.name == "COPY" and not one.arguments.startswith("--")
        for source in one.arguments.split()[:-1]
    ]
