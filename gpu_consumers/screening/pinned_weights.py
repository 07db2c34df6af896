"""Weights that an operator brings: a file counts only as the one whose digest was pinned."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WEIGHTS_BYTES_MAX: Final = 1024 * 1024 * 1024
"""Ten times the largest model that a gate was ever made of."""


class WeightsRefused(Exception):
    """A weights file is absent, or is not the one that was pinned."""


@dataclass(frozen=True)
class PinnedWeights:
    """One file and the SHA-256 it must have, in lower-case hex."""

    path: Path
    sha256: str

    def read(self) -> bytes:
        """The bytes that were checked: whoever loads these loads no others. Raises WeightsRefused.

        Never a path: between a look at a file and its loading it could become another one.
        """
        try:
            if self.path.stat().st_size > WEIGHTS_BYTES_MAX:
                raise WeightsRefused(f"{self.path.name} is larger than any weights")
            data = self.path.read_bytes()
        except OSError as absent:
            raise WeightsRefused(f"{self.path.name} cannot be read") from absent
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise WeightsRefused(f"{self.path.name} is not the pinned file")
        return data
