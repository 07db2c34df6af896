"""The gates with the pocket model's own analyser: what it lets through and what it stops."""

from functools import cache

import pytest

from domain.photo_set import PhotoFlaw
from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.world import bad_photos
from gpu_consumers.engines.pocket.world.photo_set import photo_set
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.photo_gate import PhotoGate
from tests.gpu_consumers.screening.ada import CLAIM, TEMPLATE_KEY, store, uploaded
from topics.messages.results import PhotosJudged

pytestmark = pytest.mark.engine
SEEDS = (203, 205, 206)


@cache
def gate_analyser() -> TimedAnalyser:
    import torch

    torch.set_num_threads(1)
    return TimedAnalyser(PocketFaceAnalyser.load(LOADER.weights_dir(None)))


def judge(photos: list[bytes]) -> tuple[PhotosJudged, bool]:
    """The verdicts, and whether a template was left."""
    objects = store()
    judged = PhotoGate(objects, gate_analyser()).judge(uploaded(objects, photos), CLAIM)
    return judged, objects.head(TEMPLATE_KEY) is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sample_set_is_accepted(seed: int) -> None:
    judged, has_template = judge(photo_set(seed, 12))
    assert [photo.flaws for photo in judged.photos] == [()] * 12
    assert judged.same_person.passed is True
    assert has_template


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("two_faces", PhotoFlaw.SEVERAL_FACES),
        ("no_face", PhotoFlaw.NO_FACE),
        ("another_person", PhotoFlaw.ANOTHER_PERSON),
    ],
)
def test_one_photo_that_does_not_belong_is_named(seed: int, name: str, flaw: PhotoFlaw) -> None:
    bad: bytes = getattr(bad_photos, name)(seed)
    judged, has_template = judge([*photo_set(seed, 12)[:11], bad])
    assert [photo.flaws for photo in judged.photos[:11]] == [()] * 11
    assert flaw in judged.photos[11].flaws
    assert not has_template


def test_a_set_of_photographs_is_told_that_it_is_one() -> None:
    judged, has_template = judge([bad_photos.like_a_photograph(seed) for seed in range(12)])
    assert all("real-photograph" in photo.flaws for photo in judged.photos)
    assert not has_template
