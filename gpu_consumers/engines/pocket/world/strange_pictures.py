"""What is not of this world: noise, gradients, textures, shapes, and things like photographs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_Picture = NDArray[np.uint8]
_Field = NDArray[np.float64]


def strange_picture(rng: np.random.Generator, *, width: int, height: int) -> _Picture:
    """A picture without a cartoon face, uint8 RGB (height, width, 3); the kind is drawn too."""
    draw = _KINDS[int(rng.choice(len(_KINDS), p=_SHARES))]
    return draw(rng, width, height)


def abstract_shapes(rng: np.random.Generator, width: int, height: int) -> _Picture:
    """Flat outlined shapes in cartoon colours, none of them a face."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = rng.integers(60, 256, 3)
    for _ in range(int(rng.integers(4, 16))):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        edge = max(1, round(max(width, height) * float(rng.uniform(0.008, 0.03))))
        x, y = int(rng.integers(width)), int(rng.integers(height))
        size = max(2, int(rng.uniform(0.06, 0.35) * max(width, height)))
        match int(rng.integers(3)):
            case 0:
                other = (x + int(rng.integers(-size, size)), y + int(rng.integers(-size, size)))
                cv2.rectangle(picture, (x, y), other, colour, -1, cv2.LINE_AA)
                cv2.rectangle(picture, (x, y), other, (34, 24, 30), edge, cv2.LINE_AA)
            case 1:
                axes = (size, max(2, int(size * rng.uniform(0.4, 1))))
                turn = float(rng.uniform(0, 180))
                cv2.ellipse(picture, (x, y), axes, turn, 0, 360, colour, -1, cv2.LINE_AA)
                cv2.ellipse(picture, (x, y), axes, turn, 0, 360, (34, 24, 30), edge, cv2.LINE_AA)
            case _:
                spread = rng.integers(-size, size, (int(rng.integers(3, 7)), 1, 2))
                corners = (spread + np.array([x, y])).astype(np.int32)
                cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
                cv2.polylines(
                    picture,
                    [corners],
                    isClosed=True,
                    color=(34, 24, 30),
                    thickness=edge,
                    lineType=cv2.LINE_AA,
                )
    return picture


def white_noise(rng: np.random.Generator, width: int, height: int) -> _Picture:
    channels = 1 if rng.random() < 0.3 else 3
    noise = rng.normal(rng.uniform(60, 200), rng.uniform(10, 80), (height, width, channels))
    return _levels(np.broadcast_to(noise, (height, width, 3)))


def gradient(rng: np.random.Generator, width: int, height: int) -> _Picture:
    start, end = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    along = np.clip(x * np.cos(angle) + y * np.sin(angle) + rng.uniform(0, 0.5), 0, 1)[..., None]
    return _levels(start * (1 - along) + end * along)


def blurred_texture(rng: np.random.Generator, width: int, height: int) -> _Picture:
    cells = int(rng.integers(2, 24))
    coarse = rng.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
    method = cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_NEAREST
    smooth = np.asarray(cv2.resize(coarse, (width, height), interpolation=method), float)
    return _levels(smooth + rng.normal(0, rng.uniform(0, 12), smooth.shape))


def scenery(rng: np.random.Generator, width: int, height: int) -> _Picture:
    """Noise whose strength falls with frequency, as in photographs of landscapes and rooms."""
    return _levels(_natural_field(rng, width, height))


def grey_scenery(rng: np.random.Generator, width: int, height: int) -> _Picture:
    """A photograph in black and white, sometimes with hardly any grey between."""
    field = _natural_field(rng, width, height).mean(axis=2, keepdims=True)
    contrast = float(rng.choice([1.0, 1.0, 2.0, 6.0]))
    grey = 128 + contrast * (field - field.mean())
    return _levels(np.broadcast_to(grey, (height, width, 3)))


def silhouettes(rng: np.random.Generator, width: int, height: int) -> _Picture:
    """Two flat tones, one cut out of the other."""
    field = _natural_field(rng, width, height).mean(axis=2)
    field = cv2.GaussianBlur(field, (0, 0), max(1.0, max(width, height) * rng.uniform(0.01, 0.06)))
    mask = (field > np.quantile(field, rng.uniform(0.3, 0.8)))[..., None]
    return _levels(np.where(mask, rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)))


def page_of_ink(rng: np.random.Generator, width: int, height: int) -> _Picture:
    """Rows of short dark strokes on paper, or a grid: text, tables, chessboards."""
    paper, ink = float(rng.uniform(180, 255)), tuple([float(rng.uniform(0, 90))] * 3)
    picture = np.full((height, width, 3), paper, np.uint8)
    row = max(3, int(max(width, height) * rng.uniform(0.02, 0.12)))
    if rng.random() < 0.25:
        y, x = np.mgrid[0:height, 0:width] // row
        return _levels(np.where(((x + y) % 2)[..., None] == 1, paper, np.array(ink)))
    for y in range(row, height, row):
        x = int(rng.integers(0, row))
        while x < width and rng.random() < 0.97:
            length = int(rng.integers(1, 3 * row))
            thick = max(1, int(row * rng.uniform(0.1, 0.5)))
            start = (x, y + int(rng.integers(-1, 2)))
            end = (min(width, x + length), y + int(rng.integers(-row // 3, row // 3 + 1)))
            cv2.line(picture, start, end, ink, thick, cv2.LINE_AA)
            x += length + int(rng.integers(1, row + 1))
    return picture


def photo_like_head(rng: np.random.Generator, width: int, height: int) -> _Picture:
    """Shaded skin, soft eyes, a mouth, hair, no outlines: like a photograph of a face."""
    picture = _natural_field(rng, width, height) * rng.uniform(0.3, 0.9)
    size = min(width, height)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    middle_x = width * rng.uniform(0.35, 0.65)
    middle_y = height * rng.uniform(0.38, 0.58)
    half = size * rng.uniform(0.15, 0.34)
    tall = half * rng.uniform(1.15, 1.5)
    skin = np.array([rng.uniform(90, 240), 0, 0])
    skin[1] = skin[0] * rng.uniform(0.62, 0.85)
    skin[2] = skin[1] * rng.uniform(0.62, 0.92)
    hair = rng.uniform(10, 150) * np.array([1.0, rng.uniform(0.6, 1), rng.uniform(0.4, 1)])
    light = rng.uniform(0, 2 * np.pi)
    u, v = (x - middle_x) / half, (y - middle_y) / tall

    def paint(mask: _Field, colour: _Field) -> None:
        nonlocal picture
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, size * 0.012))[..., None]
        picture = picture * (1 - soft) + colour * soft

    paint(((u / 1.7) ** 2 + ((v - 2.1) / 1.0) ** 2 < 1).astype(float), rng.uniform(0, 230, 3))
    paint(((u / 1.22) ** 2 + ((v + 0.22) / 1.15) ** 2 < 1).astype(float), hair)
    shade = 1 + rng.uniform(0.1, 0.45) * (u * np.cos(light) + v * np.sin(light))[..., None]
    paint(((u**2 + v**2) < 1).astype(float), np.clip(skin * shade, 0, 255))
    for side in (-1, 1):
        near = ((u - side * 0.4) / 0.2) ** 2 + ((v + 0.12) / 0.09) ** 2 < 1
        paint(near.astype(float), skin * rng.uniform(0.15, 0.6))
        brow = ((u - side * 0.42) / 0.28) ** 2 + ((v + 0.34) / 0.05) ** 2 < 1
        paint(brow.astype(float) * 0.8, hair * 0.8)
    paint(((u / 0.12) ** 2 + ((v - 0.2) / 0.14) ** 2 < 1).astype(float) * 0.5, skin * 0.7)
    mouth = ((u / 0.38) ** 2 + ((v - 0.52) / 0.09) ** 2 < 1).astype(float)
    paint(mouth * 0.9, skin * np.array([0.8, 0.5, 0.55]))
    if rng.random() < 0.25:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    grain = rng.normal(0, rng.uniform(1, 9), (height, width, 1))
    return _levels(picture + grain)


def _natural_field(rng: np.random.Generator, width: int, height: int) -> _Field:
    """Correlated colour noise with a power law spectrum, (height, width, 3), about 0..255."""
    fall = rng.uniform(0.8, 1.7)
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    strength = 1 / np.maximum(np.hypot(fy, fx), 1 / max(width, height)) ** fall
    planes = []
    for _ in range(3):
        spectrum = strength * np.exp(2j * np.pi * rng.random(strength.shape))
        plane = np.fft.irfft2(spectrum, s=(height, width))
        planes.append((plane - plane.mean()) / (plane.std() + 1e-9))
    colour = np.stack(planes, axis=-1)
    grey = colour.mean(axis=2, keepdims=True)
    mixed = grey + rng.uniform(0.05, 0.7) * (colour - grey)
    tint = rng.uniform(0.7, 1.15, 3)
    field: _Field = (rng.uniform(70, 170) + rng.uniform(25, 75) * mixed) * tint
    return field


def _levels(values: _Field) -> _Picture:
    return np.clip(values, 0, 255).astype(np.uint8)


_KINDS: Final[tuple[Callable[[np.random.Generator, int, int], _Picture], ...]] = (
    abstract_shapes,
    white_noise,
    gradient,
    blurred_texture,
    scenery,
    grey_scenery,
    silhouettes,
    page_of_ink,
    photo_like_head,
)
_SHARES: Final = (0.16, 0.05, 0.06, 0.1, 0.14, 0.09, 0.07, 0.09, 0.24)
