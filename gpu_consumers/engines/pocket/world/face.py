"""How a face is drawn: ears, beard, mouth, nose, marks, eyes, brows, glasses."""

from __future__ import annotations

import numpy as np

from gpu_consumers.engines.pocket.world.anatomy import (
    HEAD_HEIGHT,
    Anatomy,
    eye_share,
    eye_x,
    iris_x,
    mixed,
)
from gpu_consumers.engines.pocket.world.canvas import Canvas
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.palette import (
    EYE,
    EYE_WHITE,
    FRAME,
    LASH,
    LIP,
    MOLE,
    MOUTH,
    PUPIL,
    beard_colour,
    brow_colour,
    freckle_colour,
    nose_colour,
    shaded,
    skin_colour,
)
from gpu_consumers.engines.pocket.world.scene import Scene
from gpu_consumers.engines.pocket.world.styles import blended

_FRECKLE_PLACES = (
    (-0.52, 0.20),
    (-0.36, 0.36),
    (-0.66, 0.38),
    (0.52, 0.20),
    (0.36, 0.36),
    (0.66, 0.38),
)
# Below this a speaking mouth still looks closed.
_LIPS_PART_AT = 0.15
# An eye is open or shut: one that is half closed is a smear in 64 pixels.
_LIDS_SHUT_AT = 0.5
_LEARNT_LIDS_SHUT_AT = 0.25
_BROW_LIFT = {"smile": -3.0, "frown": 7.0, "open": -2.0}
# Skin between a brow and the glasses below it: a pixel at 64.
_BROW_CLEARANCE = 4.0
_SLANT_ABOVE_GLASSES = 0.5
_LENS_SHARE = 1.4
_RIM_UNITS = 8.0


def draw_head(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    skin = skin_colour(identity)
    ear = 15 + 5 * identity.trait("ear_size")
    hidden = body.profile
    for side in (-1, 1):
        # The far ear goes behind the head as it turns, and is gone in profile.
        if not body.in_profile or (body.far(side) and hidden < 1):
            x = side * (body.half_width - 2 - 30 * hidden)
            canvas.ellipse(x, 8, ear, ear * 1.35, skin, outline=7)
    canvas.polygon(*body.outline(), skin)
    if body.in_profile:
        x = -body.facing * mixed(body.half_width - 2, body.half_width * 0.74, hidden)
        y, wide, tall = mixed(8, 10, hidden), mixed(1.0, 1.05, hidden), mixed(1.35, 1.4, hidden)
        canvas.ellipse(x, y, ear * wide, ear * tall, skin, outline=7)


def draw_beard(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    """A band along the jaw that leaves the mouth on bare skin, so both stay readable."""
    if not identity.beard:
        return
    x, y = body.outline()
    jaw = y > 0.24 * HEAD_HEIGHT
    x, y = x[jaw], y[jaw]
    order = np.argsort(-x)
    x, y = x[order], y[order]
    arc = np.linspace(0, np.pi, 17)
    reach = 46 + 6 * identity.trait("mouth_width")
    inner_x = body.slide * 0.92 - np.cos(arc) * reach
    inner_y = body.mouth_y - 20 + np.sin(arc) * 38
    canvas.polygon(np.r_[x, inner_x], np.r_[y, inner_y], beard_colour(identity), outline=6)


def draw_mouth(canvas: Canvas, identity: Identity, scene: Scene, body: Anatomy) -> None:
    width = 29 + 8 * identity.trait("mouth_width")
    height = 1 + 0.26 * identity.trait("mouth_height")
    x, y, vowel = body.slide * 0.86, body.mouth_y, body.speaking
    u = np.linspace(-1, 1, 15)
    arch = 1 - u**2
    if scene.expression == "smile":
        # Speaking, a row of teeth becomes a dark and narrower opening.
        width, depth = width * (1 - 0.45 * vowel), 27 * height + 9 * vowel
        top, bottom = y - 12 + 5 * arch, (y - 12 + depth * arch)[::-1]
        canvas.polygon(
            np.r_[x + u * width, x + u[::-1] * width],
            np.r_[top, bottom],
            blended(EYE_WHITE, MOUTH, min(1.0, 1.6 * vowel)),
            outline=7,
        )
    elif scene.expression == "frown" and vowel > _LIPS_PART_AT:
        canvas.ellipse(x, y + 1, width * 0.55, 6 + 15 * height * vowel, MOUTH, outline=8)
    elif scene.expression == "frown":
        curve = y + 9 - 19 * height * arch
        canvas.stroke(x + u * width * 0.85, curve, (34, 24, 30), width=14)
        canvas.stroke(x + u * width * 0.72, curve, LIP, width=6)
    else:
        # An open mouth speaks by closing.
        tall = 20 * height * (1 - 0.75 * vowel)
        canvas.ellipse(x, y, width * 0.58, tall, MOUTH, outline=8)


def draw_nose(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    length = 22 + 8 * identity.trait("nose_length")
    width = 10 + 4.5 * identity.trait("nose_width")
    x, colour = body.slide * 1.12, nose_colour(identity)
    if body.in_profile:
        way = body.facing
        across = x + way * np.array([-2, width * 1.5, -2])
        canvas.stroke(across, np.array([-0.35, 0.85, 1]) * length - 9, colour, width=8)
    else:
        across = x + np.array([-1, -0.5, 0.5, 1]) * width
        canvas.stroke(across, np.array([0.7, 1, 1, 0.7]) * length - 9, colour, width=8)


def draw_marks(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    blush = identity.trait("blush")
    if blush > 0.2:
        tint = skin_colour(identity)
        rosy = (min(255.0, tint[0] * 1.02 + 8), tint[1] * 0.78, tint[2] * 0.8)
        for side in (-1, 1):
            canvas.ellipse(body.slide * 0.8 + side * 0.56 * body.half_width, 26, 15, 10, rosy)
    if identity.freckles:
        for across, down in _FRECKLE_PLACES:
            x = body.slide * 0.8 + across * body.half_width * 0.95
            canvas.ellipse(x, down * HEAD_HEIGHT, 7, 7, freckle_colour(identity))
    if identity.mole:
        cheek = float(np.sign(identity.trait("mole_x"))) or 1.0
        # On the cheekbone: lower down the mouth's corners and a beard would hide it.
        across = 0.54 * cheek + 0.08 * identity.trait("mole_x")
        x = body.slide * 0.9 + across * body.half_width
        y = (0.33 + 0.06 * identity.trait("mole_y")) * HEAD_HEIGHT
        canvas.ellipse(x, y, 10, 10, MOLE)


def draw_eyes(canvas: Canvas, identity: Identity, scene: Scene, body: Anatomy) -> None:
    iris = body.iris
    surprised = 4.0 if scene.expression == "open" else 0.0
    for side in (-1, 1):
        x, share = eye_x(identity, body, side), eye_share(body, side)
        if body.lids < (_LEARNT_LIDS_SHUT_AT if body.as_learnt else _LIDS_SHUT_AT):
            _draw_closed_eye(canvas, identity, body, x, share)
        else:
            gap = body.eye_ry * (body.lids if body.as_learnt else 1.0)
            canvas.ellipse(x, body.eye_y, body.eye_rx * share, gap, EYE_WHITE, outline=6)
            look = iris_x(identity, body, side)
            tall = min(iris, gap * 0.9)
            canvas.ellipse(look, body.eye_y + 1, iris * share, tall, EYE[identity.eye_colour])
            tall = min(iris * 0.42, gap * 0.6)
            canvas.ellipse(look, body.eye_y + 1, iris * 0.42 * share, tall, PUPIL)
        y = body.eye_y - body.eye_ry - 9 - surprised + 5 * (1 - body.lids)
        slant = 6 * identity.trait("brow_tilt") + _BROW_LIFT[scene.expression]
        width = 10 + 3.5 * identity.trait("brow_thickness")
        if identity.glasses != "none" and not body.as_learnt:
            # Above the frames, and flatter, since there is less room: what touches is one blot.
            slant *= _SLANT_ABOVE_GLASSES
            lowest = glasses_top(identity, body) - _BROW_CLEARANCE - width / 2
            y = min(y, lowest - abs(slant))
        half = body.eye_rx * 1.08 * share
        canvas.stroke(
            [x - side * half, x, x + side * half],
            [y + slant, y - 3, y - slant],
            brow_colour(identity),
            width=width,
        )


def _draw_closed_eye(
    canvas: Canvas, identity: Identity, body: Anatomy, x: float, share: float
) -> None:
    """A lid with its lashes below."""
    lid = shaded(skin_colour(identity), 0.88)
    canvas.ellipse(x, body.eye_y, body.eye_rx * share, body.eye_ry * 0.8, lid)
    u = np.linspace(-1, 1, 9)
    lashes = body.eye_y + 3 + 7 * (1 - u**2)
    canvas.stroke(x + u * body.eye_rx * share, lashes, LASH, width=8)


def glasses_top(identity: Identity, body: Anatomy) -> float:
    """The upper edge of the frames of who wears glasses."""
    reach = body.eye_rx * _LENS_SHARE * (0.98 if identity.glasses == "round" else 0.86)
    return body.eye_y + 2 - reach - _RIM_UNITS / 2


def draw_glasses(canvas: Canvas, identity: Identity, body: Anatomy) -> None:
    if identity.glasses == "none":
        return
    y = body.eye_y + 2
    reach = body.eye_rx * _LENS_SHARE
    gap = abs(eye_x(identity, body, 1) - eye_x(identity, body, -1)) / 2 - 2
    rims = {}
    for side in (-1, 1):
        x, share = eye_x(identity, body, side), eye_share(body, side)
        rx = min(reach * share, gap * mixed(1.0, 0.95, body.profile if body.far(side) else 0.0))
        rims[side] = (x, rx)
        if identity.glasses == "round":
            canvas.ring(x, y, rx, reach * 0.98, FRAME, width=7)
        else:
            up, down = y - reach * 0.86, y + reach * 0.92
            corners_x = [x - rx, x + rx, x + rx, x - rx]
            canvas.stroke(corners_x, [up, up, down, down], FRAME, width=_RIM_UNITS, closed=True)
        if not body.far(side):
            canvas.stroke(
                [x + side * rx, side * body.half_width * 0.95], [y - 2, y - 5], FRAME, width=7
            )
    bridge = [rims[-1][0] + rims[-1][1], rims[1][0] - rims[1][1]]
    canvas.stroke(bridge, [y, y], FRAME, width=7)


def draw_neck(canvas: Canvas, identity: Identity) -> None:
    canvas.polygon([-28, 28, 30, -30], [60, 60, 130, 130], shaded(skin_colour(identity), 0.74))
