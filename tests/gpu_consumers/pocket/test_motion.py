"""What moves in the procedural world: five motions, each its own part of the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpu_consumers.engines.pocket.recipe.motion_measures import flicker, visible_motion
from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.frame import FRAMES
from gpu_consumers.engines.pocket.world.identity import Identity, random_identity
from gpu_consumers.engines.pocket.world.motion import MOTIONS, Motion, random_motion
from gpu_consumers.engines.pocket.world.portrait import face_box, render
from gpu_consumers.engines.pocket.world.pose import NEUTRAL, Pose
from gpu_consumers.engines.pocket.world.scene import EXPRESSIONS, VIEWS, Scene, random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES

pytestmark = pytest.mark.engine

TWO_SECONDS, FOUR_SECONDS = 16, 32
AT_HOME = Scene(view="front", expression="smile", top="blue", background="yellow")


def ada() -> Identity:
    return replace(
        random_identity(np.random.default_rng(1)),
        hair_style="short",
        glasses="none",
        beard=False,
    )


def changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which pixels differ clearly, (height, width)."""
    return np.asarray(np.abs(one.astype(int) - other).max(axis=2) > 40)


def most_changed(clip: np.ndarray) -> np.ndarray:
    """Which pixels differ clearly in the frame that is furthest from the first."""
    return max((changed(frame, clip[0]) for frame in clip), key=lambda pixels: int(pixels.sum()))


def rows_of(pixels: np.ndarray) -> np.ndarray:
    """In which share of the picture's height the changed pixels lie."""
    return np.asarray(np.nonzero(pixels)[0] / pixels.shape[0])


def test_a_neutral_pose_draws_the_still_picture() -> None:
    rng = np.random.default_rng(3)
    for index in range(30):
        identity, scene = random_identity(rng), random_scene(rng)
        style = list(STYLES.values())[index % len(STYLES)]
        frame = list(FRAMES.values())[index % len(FRAMES)]
        still = render(identity, scene, style=style, frame=frame)
        posed = render(identity, scene, style=style, frame=frame, pose=Pose())
        assert (still == posed).all()


@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_every_motion_starts_from_the_still_picture(name: str, view: str) -> None:
    scene = replace(AT_HOME, view=view)
    motion = random_motion(name, np.random.default_rng(5))
    assert motion.pose(scene, 0.0) == NEUTRAL
    (first,) = render_clip(ada(), scene, motion, 1)
    assert (first == render(ada(), scene)).all()


def test_the_same_clip_is_drawn_every_time() -> None:
    clips = [
        render_clip(ada(), AT_HOME, random_motion("talk", np.random.default_rng(9)), 6)
        for _ in range(2)
    ]
    assert (clips[0] == clips[1]).all()


@pytest.mark.parametrize(
    ("name", "expression"),
    [(name, "smile") for name in MOTIONS] + [("talk", other) for other in EXPRESSIONS[1:]],
)
def test_every_motion_is_seen_and_is_smooth(name: str, expression: str) -> None:
    scene = replace(AT_HOME, expression=expression)
    clip = render_clip(ada(), scene, Motion(name), FOUR_SECONDS)
    assert most_changed(clip).mean() > 0.015
    assert visible_motion(clip) > 3
    # Frames in any other order would jump about.
    order = np.random.default_rng(1).permutation(len(clip))
    assert flicker(clip) < flicker(clip[order])


def test_a_blink_shuts_the_eyes_and_moves_nothing_else() -> None:
    clip = render_clip(ada(), AT_HOME, Motion("blink"), TWO_SECONDS)
    _, top, _, bottom = face_box(ada(), AT_HOME)
    rows = rows_of(most_changed(clip))
    assert rows.min() > top
    assert rows.max() < (top + bottom) / 2 + 0.08
    shut = min(Motion("blink").pose(AT_HOME, index / 8).lids for index in range(FOUR_SECONDS))
    assert shut < 0.1


def test_talking_moves_the_mouth_and_nothing_else() -> None:
    clip = render_clip(ada(), AT_HOME, Motion("talk"), TWO_SECONDS)
    _, top, _, bottom = face_box(ada(), AT_HOME)
    rows = rows_of(most_changed(clip))
    assert rows.min() > (top + bottom) / 2
    assert rows.max() < bottom + 0.05


def test_a_nod_lowers_the_head_but_not_the_shoulders() -> None:
    clip = render_clip(ada(), AT_HOME, Motion("nod"), TWO_SECONDS)
    pixels = most_changed(clip)
    assert pixels.mean() > 0.1
    # The bottom corners show the top, which keeps still.
    assert not pixels[-4:, :8].any()
    assert not pixels[-4:, -8:].any()
    lowest = max(Motion("nod").pose(AT_HOME, index / 8).drop for index in range(FOUR_SECONDS))
    assert lowest * FRAMES["1:1"].pixels_per_unit > 4


@pytest.mark.parametrize(("view", "reached"), [("left", "right"), ("right", "left")])
def test_a_turning_head_reaches_the_other_side(view: str, reached: str) -> None:
    scene = replace(AT_HOME, view=view)
    clip = render_clip(ada(), scene, Motion("turn"), FOUR_SECONDS)
    other_side = render(ada(), replace(scene, view=reached))
    distances = [float(changed(frame, other_side).mean()) for frame in clip]
    assert min(distances) < 0.05 < distances[0]


def test_a_push_makes_the_face_larger_and_never_smaller() -> None:
    zooms = [Motion("push").pose(AT_HOME, index / 8).zoom for index in range(FOUR_SECONDS)]
    assert zooms == sorted(zooms)
    assert zooms[-1] > 1.2
    clip = render_clip(ada(), AT_HOME, Motion("push"), FOUR_SECONDS)
    background = np.abs(clip.astype(int) - clip[0, 1, 1]).max(axis=3) < 12
    assert background[-1].mean() < 0.7 * background[0].mean()


@pytest.mark.parametrize("ratio", FRAMES)
def test_a_clip_has_the_frame_and_style_asked_for(ratio: str) -> None:
    frame = FRAMES[ratio]
    motion = Motion("nod")
    clip = render_clip(ada(), AT_HOME, motion, 2, style=STYLES["neon"], frame=frame)
    assert clip.shape == (2, frame.height, frame.width, 3)
    assert (clip[0] == render(ada(), AT_HOME, style=STYLES["neon"], frame=frame)).all()
