"""ONNX files of a few hundred bytes, written by hand: they know colours, and nothing of people.

Enough of the format to make OpenCV load and run what an operator's files would be: messages of
protocol buffers with the field numbers of `onnx.proto`.
"""

import struct
from collections.abc import Sequence

import numpy as np

FLOAT, INT64 = 1, 7


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _tensor(name: str, values: np.ndarray) -> bytes:
    kind = INT64 if values.dtype == np.int64 else FLOAT
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, kind) + _text(8, name) + _message(9, values.tobytes())


def _described(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_message(1, _number(1, size)) for size in shape)
    tensor = _number(1, FLOAT) + _message(2, dims)
    return _text(1, name) + _message(2, _message(1, tensor))


def _attribute(name: str, value: int | float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def _node(
    kind: str,
    inputs: Sequence[str],
    output: str,
    **attributes: int | float | Sequence[int],
) -> bytes:
    ends = b"".join(_text(1, name) for name in inputs) + _text(2, output)
    made = b"".join(_message(5, _attribute(*one)) for one in attributes.items())
    return ends + _text(3, output) + _text(4, kind) + made


def _model(
    nodes: Sequence[bytes],
    tensors: dict[str, np.ndarray],
    given: tuple[str, Sequence[int]],
    answers: dict[str, Sequence[int]],
) -> bytes:
    graph = (
        b"".join(_message(1, node) for node in nodes)
        + _text(2, "tiny")
        + b"".join(_message(5, _tensor(*one)) for one in tensors.items())
        + _message(11, _described(*given))
        + b"".join(_message(12, _described(*one)) for one in answers.items())
    )
    opset = _text(1, "") + _number(2, 13)
    return _number(1, 8) + _message(7, graph) + _message(8, opset)


def colour_classifier(
    weights: Sequence[Sequence[float]], *, side_px: int = 32, layout: str = "NCHW"
) -> bytes:
    """Logits of one class a row: the mean of each channel times the row's weights."""
    matrix = np.asarray(weights, np.float32)
    shape = (1, 3, side_px, side_px) if layout == "NCHW" else (1, side_px, side_px, 3)
    first = [] if layout == "NCHW" else [_node("Transpose", ["in"], "planes", perm=(0, 3, 1, 2))]
    planes = "planes" if first else "in"
    nodes = [
        *first,
        _node("GlobalAveragePool", [planes], "means"),
        _node("Flatten", ["means"], "flat", axis=1),
        _node("Gemm", ["flat", "matrix", "bias"], "out", transB=1),
    ]
    tensors = {"matrix": matrix, "bias": np.zeros(len(matrix), np.float32)}
    return _model(nodes, tensors, ("in", shape), {"out": (1, len(matrix))})


def finder_of_red_squares(side_px: int = 320) -> bytes:
    """As YuNet answers: a face of 64 pixels wherever a cell of 32 is red and not green."""
    nodes: list[bytes] = []
    answers: dict[str, Sequence[int]] = {}
    tensors: dict[str, np.ndarray] = {}
    # Of blue, green and red, as OpenCV hands them in, 0..255.
    redness = np.asarray([-0.2, -0.2, 0.2], np.float32).reshape(1, 3, 1, 1)
    landmarks = np.asarray([-0.4, -0.3, 0.4, -0.3, 0, 0.1, -0.3, 0.5, 0.3, 0.5], np.float32)
    boxes = np.asarray([0, 0, np.log(2), np.log(2)], np.float32)
    biases = {
        "cls": np.asarray([-10], np.float32),
        "obj": np.asarray([-10], np.float32),
        "bbox": boxes,
        "kps": landmarks,
    }
    for stride in (8, 16, 32):
        cells = f"cells_{stride}"
        pool = {"kernel_shape": (stride, stride), "strides": (stride, stride)}
        nodes.append(_node("AveragePool", ["in"], cells, **pool))
        for name, bias in biases.items():
            out, width = f"{name}_{stride}", len(bias)
            kernel = np.zeros((width, 3, 1, 1), np.float32)
            # Only the coarsest cells find anything: each square is found once.
            if width == 1 and stride == 32:
                kernel[:] = redness
            tensors |= {
                f"{out}_kernel": kernel,
                f"{out}_bias": bias,
                f"{out}_shape": np.asarray([1, -1, width], np.int64),
            }
            nodes += [
                _node("Conv", [cells, f"{out}_kernel", f"{out}_bias"], f"{out}_map"),
                _node("Transpose", [f"{out}_map"], f"{out}_last", perm=(0, 2, 3, 1)),
            ]
            before = f"{out}_last"
            if width == 1:
                nodes.append(_node("Sigmoid", [before], f"{out}_sure"))
                before = f"{out}_sure"
            nodes.append(_node("Reshape", [before, f"{out}_shape"], out))
            answers[out] = (1, (side_px // stride) ** 2, width)
    return _model(nodes, tensors, ("in", (1, 3, side_px, side_px)), answers)


def teller_of_colours() -> bytes:
    """As SFace answers: a vector of 128 numbers for a crop of 112 pixels, here of its colours."""
    matrix = np.zeros((128, 3), np.float32)
    matrix[0], matrix[1], matrix[2] = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    nodes = [
        _node("GlobalAveragePool", ["data"], "means"),
        _node("Flatten", ["means"], "flat", axis=1),
        _node("Gemm", ["flat", "matrix", "bias"], "fc1", transB=1),
    ]
    tensors = {"matrix": matrix, "bias": np.zeros(128, np.float32)}
    return _model(nodes, tensors, ("data", (1, 3, 112, 112)), {"fc1": (1, 128)})
