"""ICC profiles of displays and cameras, written from their primaries, and what they look like.

ICC.1:2022 (matrix profiles); Bradford's adaptation from D65 to D50, as the profiles of phones have.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = np.array([0.95047, 1.0, 1.08883])
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True)
class ColourSpace:
    """Chromaticities (x, y) of red, green and blue under D65, and a gamma."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    gamma: float = 2.2

    def to_d50(self) -> NDArray[np.float64]:
        """Linear RGB to XYZ under D50, (3, 3)."""
        primaries = np.array(
            [[x / y, 1.0, (1 - x - y) / y] for x, y in (self.red, self.green, self.blue)]
        ).T
        to_d65 = primaries * np.linalg.solve(primaries, D65)
        scale = np.diag((BRADFORD @ D50) / (BRADFORD @ D65))
        adapted: NDArray[np.float64] = np.linalg.inv(BRADFORD) @ scale @ BRADFORD @ to_d65
        return adapted

    def profile(self) -> bytes:
        """The profile that a file of this space carries."""
        columns = self.to_d50().T
        curve = b"curv" + struct.pack(">II", 0, 1) + struct.pack(">H", round(self.gamma * 256))
        tags = {
            b"desc": b"desc" + struct.pack(">II", 0, 6) + b"shape\0" + bytes(78),
            b"cprt": b"text" + bytes(4) + b"none\0",
            b"wtpt": _xyz(D50),
            b"rXYZ": _xyz(columns[0]),
            b"gXYZ": _xyz(columns[1]),
            b"bXYZ": _xyz(columns[2]),
            b"rTRC": curve,
            b"gTRC": curve,
            b"bTRC": curve,
        }
        table, body = struct.pack(">I", len(tags)), b""
        start = 128 + 4 + 12 * len(tags)
        for name, data in tags.items():
            table += name + struct.pack(">II", start + len(body), len(data))
            body += data + bytes(-len(data) % 4)
        header = struct.pack(
            ">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ "
        )
        header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _fixed(D50)
        return header.ljust(128, b"\0") + table + body

    def holding(self, srgb: tuple[int, int, int]) -> tuple[int, int, int]:
        """The numbers that this space writes for a colour of sRGB within it."""
        linear = _linear(np.array(srgb) / 255)
        own = np.linalg.solve(self.to_d50(), SRGB.to_d50() @ linear)
        red, green, blue = (round(255 * float(one) ** (1 / self.gamma)) for one in own.clip(0, 1))
        return red, green, blue


SRGB = ColourSpace((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ColourSpace((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE_RGB = ColourSpace((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), 563 / 256)
SWAPPED = ColourSpace((0.30, 0.60), (0.15, 0.06), (0.64, 0.33))
"""Its red is green, its green blue: nobody overlooks a reader that ignores it."""


def _linear(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _fixed(numbers: NDArray[np.float64]) -> bytes:
    return b"".join(struct.pack(">i", round(float(one) * 65536)) for one in numbers)


def _xyz(numbers: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(numbers)
