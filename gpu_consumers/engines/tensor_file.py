"""A file of safetensors as the arrays that lie in it: looked at where they are, and not copied.

The format's own library copies every tensor out of the file. It is the same format, read by the
same rules: each byte of the file is the header's or of exactly one tensor.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES_MAX: Final = 100 * 1024 * 1024
"""What the format itself allows."""

_LENGTH_BYTES: Final = 8
_FLOATS: Final[Mapping[str, np.dtype[Any]]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


class NotTensors(Exception):
    """The bytes are no file of safetensors, or hold other numbers than floats."""


def tensors_in(data: bytes) -> Mapping[str, NDArray[Any]]:
    """Every tensor by its name: float16 or float32, read-only, in `data` itself.

    Raises NotTensors.
    """
    header_size = int.from_bytes(data[:_LENGTH_BYTES], "little")
    begin = _LENGTH_BYTES + header_size
    if len(data) < _LENGTH_BYTES or header_size > HEADER_BYTES_MAX or begin > len(data):
        raise NotTensors("no header")
    try:
        header = json.loads(data[_LENGTH_BYTES:begin])
        entries = {key: header[key] for key in header if key != "__metadata__"}
        spans = sorted((*map(int, each["data_offsets"]), key) for key, each in entries.items())
        found = {}
        end = 0
        for first, last, key in spans:
            dtype, shape = _FLOATS[entries[key]["dtype"]], tuple(map(int, entries[key]["shape"]))
            count = math.prod(shape)
            if first != end or min(shape, default=0) < 0 or last - first != count * dtype.itemsize:
                raise NotTensors("a tensor is not where the header says")
            found[key] = np.frombuffer(data, dtype, count, begin + first).reshape(shape)
            end = last
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise NotTensors("a header that cannot be read") from error
    if begin + end != len(data):
        raise NotTensors("bytes that are no tensor's")
    return found
