"""Clips with the pocket model's own analyser: a twin that stays, one that drifts, and company."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.world.bad_photos import like_a_photograph, two_faces
from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE
from gpu_consumers.engines.pocket.world.motion import Motion
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set
from gpu_consumers.screening.clip_judging import ClipJudge, JudgedClip
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.lists import HashList, issue_list
from gpu_consumers.screening.output_checks import (
    FACE_COUNT,
    IDENTITY,
    IN_WORLD,
    KNOWN_HASH,
    MINOR_VETO,
    Lists,
    OutputChecks,
)
from gpu_consumers.screening.photo_gate import PhotoGate
from tests.gpu_consumers.screening.ada import CLAIM, TEMPLATE_KEY, pixels, store, uploaded
from tests.gpu_consumers.screening.clips import FRAME_RATE
from topics.messages.work import ClipToScreen

pytestmark = pytest.mark.engine
SEED, SOMEBODY_ELSE = 203, 205
NAMES = (KNOWN_HASH, FACE_COUNT, IDENTITY, IN_WORLD, MINOR_VETO)


@cache
def analyser() -> TimedAnalyser:
    import torch

    torch.set_num_threads(1)
    return TimedAnalyser(PocketFaceAnalyser.load(LOADER.weights_dir(None)))


@cache
def template() -> FaceTemplate:
    objects = store()
    photos = [photo.jpeg for photo in described_photo_set(SEED, 12).photos]
    PhotoGate(objects, analyser()).judge(uploaded(objects, photos), CLAIM)
    return msgspec.json.decode(objects.get(TEMPLATE_KEY), type=FaceTemplate)


@cache
def talking(seed: int = SEED) -> NDArray[np.uint8]:
    """Four seconds of the person whom `seed` names, as large as they are delivered."""
    person = described_photo_set(seed, 12)
    drawn = render_clip(
        person.identity,
        person.photos[0].scene,
        Motion("talk"),
        4 * FRAME_RATE,
        frame=SQUARE.scaled(DRAWN_SCALE),
    )
    scale = LOADER.delivery_scale
    return drawn.repeat(scale, axis=1).repeat(scale, axis=2)


def judged(frames: NDArray[np.uint8], folder: Path) -> JudgedClip:
    known = folder / "known-pictures.json"
    issue_list(known, HashList("sandbox", time.time() - 60, ()))
    judge = ClipJudge(analyser(), OutputChecks(analyser(), Lists(known, None)))
    clip = ClipToScreen(len(frames), FRAME_RATE, 3 * FRAME_RATE)
    return judge.judge(frames, clip, NAMES, engine="pocket", template=template(), has_twin=True)


def test_a_clip_of_the_twin_is_like_it_all_the_time(tmp_path: Path) -> None:
    result = judged(talking(), tmp_path)
    assert {check.check: check.passed for check in result.checks} == dict.fromkeys(NAMES, True)
    assert result.frames == 32
    assert len(result.likeness) == 4
    assert min(result.likeness) >= PocketFaceAnalyser.SAME_PERSON_COSINE_MIN


def test_a_clip_that_ends_as_somebody_else_ends_before(tmp_path: Path) -> None:
    frames = np.concatenate([talking()[:28], talking(SOMEBODY_ELSE)[28:]])
    result = judged(frames, tmp_path)
    assert all(check.passed for check in result.checks)
    assert result.frames == 28


@pytest.mark.parametrize(
    ("flaw", "check"), [(two_faces, FACE_COUNT), (like_a_photograph, IN_WORLD)]
)
def test_one_frame_of_something_else_denies_the_clip(
    flaw: Callable[[int], bytes], check: str, tmp_path: Path
) -> None:
    frames = talking().copy()
    frames[17] = pixels(flaw(SEED))
    verdicts = {result.check: result.passed for result in judged(frames, tmp_path).checks}
    assert verdicts[check] is False
