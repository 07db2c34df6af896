"""PDQ, the published hash of what a picture looks like: 256 bits that survive small changes.

After Facebook's description of 2019, in NumPy: the original has to be compiled on installation.
Bit for bit the same, so that lists made with the original mean the same pictures here.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.screening.picture_measures import Rgb, fitted

PdqHash = NDArray[np.uint8]
_Floats = NDArray[np.float32]

PDQ_DISTANCE_MAX: Final = 31
"""Of 256 bits. The published threshold for *the same picture*."""

PDQ_QUALITY_MIN: Final = 1
"""A flat picture has quality 0: it has no hash, so it can match nothing and clears nothing."""

PDQ_SIDE_PX: Final = 512
"""Larger pictures are shrunk first: ten times as fast for at most four bits."""

_HASHABLE_SIDE_MIN_PX: Final = 5
_CELLS: Final = 64
_FREQUENCIES: Final = 16
_QUALITY_MAX: Final = 100
_GRADIENT_OF_FULL_QUALITY: Final = 90


def pdq(rgb: Rgb) -> tuple[PdqHash, int]:
    """The PDQ hash as 256 zeros and ones, and its quality, 0..100.

    The first bit is the highest frequency's, as the published hexadecimal form has it.
    """
    spectrum, quality = _spectrum(rgb)
    return _bits(spectrum), quality


def pdq_orientations(rgb: Rgb) -> tuple[list[PdqHash], int]:
    """The hashes of the picture turned and mirrored in all eight ways, and the quality.

    The first is the picture's own.
    """
    spectrum, quality = _spectrum(rgb)
    # A mirrored cosine changes its sign where its frequency is odd, and the first one here is 1.
    odd = np.where(np.arange(_FREQUENCIES) % 2, 1, -1).astype(np.float32)
    turned = [
        mirrored
        for side in (spectrum, spectrum.T)
        for flipped in (side, side * odd)
        for mirrored in (flipped, flipped * odd[:, None])
    ]
    return [_bits(each) for each in turned], quality


def hash_text(bits: PdqHash) -> str:
    """64 hexadecimal digits, as lists hold a hash."""
    return np.packbits(bits).tobytes().hex()


def unpacked_hash(text: str) -> PdqHash:
    """The bits of 64 hexadecimal digits. Raises ValueError for anything else."""
    data = bytes.fromhex(text)
    if len(data) != 32:
        raise ValueError("a PDQ hash has 256 bits")
    return np.unpackbits(np.frombuffer(data, np.uint8))


def pdq_distance(one: PdqHash, other: PdqHash) -> int:
    """In how many of 256 bits two hashes differ."""
    return int(np.count_nonzero(one != other))


def _spectrum(rgb: Rgb) -> tuple[_Floats, int]:
    """The lowest frequencies of the grey picture but for the mean, (16, 16), and the quality."""
    small = fitted(rgb, PDQ_SIDE_PX)
    if min(small.shape[:2]) < _HASHABLE_SIDE_MIN_PX:
        return np.zeros((_FREQUENCIES, _FREQUENCIES), np.float32), 0
    red, green, blue = np.moveaxis(small, 2, 0)
    luma = red * 0.299 + green * 0.587 + blue * 0.114
    cells = _cells(luma.astype(np.float32))
    waves = _waves()
    return _product(_product(waves, cells), waves.T), _quality(cells)


def _bits(spectrum: _Floats) -> PdqHash:
    values = spectrum.ravel()
    # Of an even number the lower middle one, as the original's search finds it.
    median = np.partition(values, values.size // 2 - 1)[values.size // 2 - 1]
    return np.asarray(values > median, np.uint8)[::-1]


def _quality(cells: _Floats) -> int:
    """How much happens from cell to cell, in whole hundredths of the range; little is flat."""
    steps = (np.diff(cells, axis=0), np.diff(cells, axis=1))
    gradient = sum(int(np.abs(np.trunc(step * 100 / 255)).sum()) for step in steps)
    return min(gradient // _GRADIENT_OF_FULL_QUALITY, _QUALITY_MAX)


def _cells(luma: _Floats) -> _Floats:
    """64 × 64 samples, however large the picture is, each of what lies around it.

    Two passes of a mean over half a cell, after Jarosz, weigh like a tent with feet a cell apart.
    """
    height, width = luma.shape
    for _ in range(2):
        luma = _running_mean(_running_mean(luma.T, _half_a_cell(width)).T, _half_a_cell(height))
    return luma[np.ix_(_middles(height), _middles(width))]


def _half_a_cell(length: int) -> int:
    return -(-length // (2 * _CELLS))


def _middles(length: int) -> NDArray[np.intp]:
    return ((np.arange(_CELLS) + 0.5) * length / _CELLS).astype(np.intp)


def _running_mean(rows: _Floats, window: int) -> _Floats:
    """The mean of `window` rows around each: half of them before it, at the ends fewer."""
    count = len(rows)
    ahead = (window + 2) // 2
    # One memory layout for both directions; the sum goes over whole rows.
    rows = np.ascontiguousarray(rows)
    means = np.empty_like(rows)
    # Added and taken away one by one in single precision, as the original does. Where a picture is
    # so regular that most of its frequencies vanish, the last bit decides what its hash is.
    total = rows[: ahead - 1].sum(axis=0, initial=0.0)
    for row in range(count):
        first, last = row + ahead - window, row + ahead
        if last <= count:
            total += rows[last - 1]
        if first > 0:
            total -= rows[first - 1]
        np.divide(total, np.float32(min(last, count) - max(first, 0)), out=means[row])
    return means


def _product(one: _Floats, other: _Floats) -> _Floats:
    """The matrix product, summed up from the first term to the last: a BLAS takes any order."""
    total = np.zeros((one.shape[0], other.shape[1]), np.float32)
    for column, row in zip(one.T, other, strict=True):
        total += column[:, None] * row
    return total


@cache
def _waves() -> _Floats:
    """The cosines of the frequencies 1 to 16 over 64 cells: (16, 64)."""
    frequencies = np.arange(1, _FREQUENCIES + 1)[:, None]
    places = 2 * np.arange(_CELLS)[None, :] + 1
    scale = float(np.float32(np.sqrt(2 / _CELLS)))
    waves = scale * np.cos(np.pi / (2 * _CELLS) * frequencies * places)
    return np.asarray(waves, np.float32)
