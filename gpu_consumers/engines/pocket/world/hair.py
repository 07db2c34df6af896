"""How hair is drawn: what lies behind the head, and what lies on the forehead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.anatomy import HEAD_HEIGHT, Anatomy
from gpu_consumers.engines.pocket.world.canvas import Canvas
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.palette import hair_colour

_Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def draw_back_hair(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    colour = hair_colour(identity)
    volume = 1 + 0.1 * identity.trait("hair_volume")
    width, height = body.half_width, HEAD_HEIGHT
    if identity.hair_style == "long":
        a = (width + 20) * volume
        x = np.array([-a - 6, -a, -a * 0.8, -a * 0.35, a * 0.35, a * 0.8, a, a + 6]) + body.back
        canvas.polygon(x, [134, -20, -70, -98, -98, -70, -20, 134], colour)
    elif identity.hair_style == "afro":
        angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        radius = 1 + 0.07 * np.cos(11 * angle)
        canvas.polygon(
            np.cos(angle) * (width + 26) * volume * radius + body.back,
            np.sin(angle) * (height + 10) * volume * radius - 28,
            colour,
        )
    elif identity.hair_style == "bun":
        canvas.ellipse(body.back * 1.4, -height - 16, 36 * volume, 29 * volume, colour, outline=8)


def draw_front_hair(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    draw = _FRONT.get(identity.hair_style)
    if draw is not None:
        draw(canvas, identity, body)


def _lift(identity: Identity) -> float:
    """The hairline's own height, as a share of the head's; higher is a higher forehead."""
    return 0.07 * identity.trait("hairline")


def _cap(
    canvas: Canvas,
    identity: Identity,
    body: Anatomy,
    hairline: _Curve,
    *,
    overhang: float = 1.06,
    top: float = 1.14,
    base: float = -8.0,
) -> None:
    """Hair from ear to ear over the crown; `hairline` gives its lower edge for u in -1..1."""
    swell = (1 + 0.1 * identity.trait("hair_volume")) ** 0.5
    arc = np.linspace(0, np.pi, 25)
    u = np.linspace(-1, 1, 15)
    x = np.cos(arc) * body.half_width * overhang * swell + body.back * 0.4
    y = -np.sin(arc) * HEAD_HEIGHT * top * swell + base
    canvas.polygon(
        np.r_[x, u * body.half_width * 0.98],
        np.r_[y, -HEAD_HEIGHT * hairline(u)],
        hair_colour(identity),
    )


def _short(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    lift = _lift(identity)

    def parted(u: NDArray[np.float64]) -> NDArray[np.float64]:
        # A side parting: high on one side, swept down on the other, sideburns at both ends.
        swept = 0.74 + lift + 0.11 * np.cos(2.4 * (u - 0.35))
        return np.where(np.abs(u) > 0.9, 0.08, np.where(np.abs(u) > 0.8, 0.5, swept))

    _cap(canvas, identity, body, parted, top=1.17)


def _long(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    lift = _lift(identity)
    _cap(
        canvas,
        identity,
        body,
        lambda u: 0.88 + lift - 0.62 * np.abs(u) ** 2.4,
        overhang=1.12,
        top=1.16,
        base=0.0,
    )
    colour = hair_colour(identity)
    for side in (-1, 1):
        middle = side * (body.half_width + 7) + body.back * 0.5
        middle += 12 * side * body.profile if body.far(side) else 0
        x = [middle - 14, middle + 14, middle + 16, middle - 16]
        canvas.polygon(x, [-30, -30, 132, 132], colour)


def _bun(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    lift = _lift(identity)
    _cap(
        canvas,
        identity,
        body,
        lambda u: 0.84 + lift - 0.44 * np.abs(u) ** 3,
        overhang=1.04,
        top=1.10,
    )


def _afro(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    u = np.linspace(-1, 1, 25)
    width, height, lift = body.half_width, HEAD_HEIGHT, _lift(identity)
    edge = -height * (0.80 + lift - 0.40 * np.abs(u) ** 3) + 4 * np.cos(u * 14)
    canvas.polygon(
        np.r_[u * width * 1.02 + body.back * 0.3, u[::-1] * width * 1.02],
        np.r_[-height * (1.06 - 0.42 * u * u), edge[::-1]],
        hair_colour(identity),
        outline=0,
    )


def _spiky(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    width, height, lift = body.half_width, HEAD_HEIGHT, _lift(identity)
    volume = 1 + 0.1 * identity.trait("hair_volume")
    u = np.linspace(-1.12, 1.12, 11)
    tips = (1.38 - 0.3 * u * u) * volume
    valleys = 0.96 - 0.46 * u * u
    y = -height * np.where(np.arange(11) % 2 == 1, tips, valleys)
    fringe_x = np.array([0.95, 0.45, 0, -0.45, -0.95]) * width
    fringe_y = -height * (np.array([0.28, 0.82, 0.70, 0.82, 0.28]) + lift)
    canvas.polygon(
        np.r_[u * width * 1.08 + body.back * 0.4, fringe_x],
        np.r_[y, fringe_y],
        hair_colour(identity),
    )


_FRONT: dict[str, Callable[[Canvas, Identity, Anatomy], None]] = {
    "short": _short,
    "long": _long,
    "bun": _bun,
    "afro": _afro,
    "spiky": _spiky,
}
