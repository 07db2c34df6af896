"""Why a gate is closed, where what it needs belongs, and what it is for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gpu_consumers.screening.gate_models import MANIFEST

_PURPOSES: Final = {
    MANIFEST: "it names the files of all other gates and pins their digests",
    "face detector": "it finds the faces in photos and pictures",
    "face recogniser": "it tells whether a face is the twin's",
    "age classifier": "it refuses whoever may be a minor; it can permit nobody",
    "content rater": "it refuses what shows more than was asked for",
    "known pictures": "what is on this list is never shown",
    "listed people": "nobody is drawn like them",
}


@dataclass(frozen=True)
class GateFault:
    """Why a gate is closed. `sha256` is the digest that is expected at `path`, where one is."""

    gate: str
    path: Path
    trouble: str
    sha256: str | None = None

    @property
    def purpose(self) -> str:
        """What the gate is for, in words."""
        return _PURPOSES[self.gate]
