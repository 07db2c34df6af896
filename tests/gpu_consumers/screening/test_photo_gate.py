"""Photo sets: every way in which one is refused says which photo, and why."""

import math
from collections.abc import Sequence

import cv2
import msgspec
import numpy as np
import pytest
from PIL import Image

from adapters.objects.in_memory import InMemoryObjectStore
from domain.photo_set import PhotoFlaw
from gpu_consumers.engines.pocket.world import bad_photos
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set, photo_set
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.photo_gate import PhotoGate
from tests.gpu_consumers.screening.ada import (
    A_PHOTOGRAPH,
    ADA_SEED,
    CLAIM,
    GRACE,
    GRACE_SEED,
    NOBODY,
    TEMPLATE_KEY,
    TWO_PEOPLE,
    StubAnalyser,
    StubReport,
    photo_id,
    photos_of_ada,
    pixels,
    png,
    saved,
    store,
    uploaded,
)
from topics.messages.results import PhotosJudged


@pytest.fixture
def objects() -> InMemoryObjectStore:
    return store()


@pytest.fixture
def analyser() -> StubAnalyser:
    return StubAnalyser()


def judge(
    objects: InMemoryObjectStore, analyser: StubAnalyser | None, photos: Sequence[bytes | None]
) -> PhotosJudged:
    gate = PhotoGate(objects, TimedAnalyser(analyser))
    return gate.judge(uploaded(objects, photos), CLAIM)


def flaws(judged: PhotosJudged) -> dict[int, tuple[PhotoFlaw, ...]]:
    """By the photo's number; good photos are left out."""
    assert [photo.photo_id for photo in judged.photos] == [
        photo_id(index) for index in range(len(judged.photos))
    ]
    return {
        index: tuple(PhotoFlaw(flaw) for flaw in photo.flaws)
        for index, photo in enumerate(judged.photos)
        if photo.flaws
    }


def test_a_good_set_leaves_clean_copies_and_a_template(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    judged = judge(objects, analyser, photos_of_ada())
    assert flaws(judged) == {}
    assert judged.same_person.passed is True
    assert judged.analyser == "stub-1"
    clean = list(objects.keys("photos/"))
    assert len(clean) == 12
    assert pixels(objects.get(clean[0])).shape == (512, 512, 3)
    template = msgspec.json.decode(objects.get(TEMPLATE_KEY), type=FaceTemplate)
    assert template.model == "stub-1"
    assert template.identity == pytest.approx((1.0, 0.0, 0.0))


def test_judging_twice_writes_the_same(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    first = judge(objects, analyser, photos_of_ada())
    before = {key: objects.get(key) for key in objects.keys("")}
    assert judge(objects, analyser, photos_of_ada()) == first
    assert {key: objects.get(key) for key in objects.keys("")} == before


def test_many_good_sets_have_no_flaw_that_pixels_show(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    for seed in range(20, 26):
        assert flaws(judge(objects, analyser, photo_set(seed, 20))) == {}


def bad_photo(name: str) -> bytes:
    portrait = pixels(photos_of_ada()[0])
    match name:
        case "text":
            return b"this is not a photo"
        case "truncated":
            return photos_of_ada()[0][:9_000]
        case "tiny":
            return bad_photos.tiny(ADA_SEED)
        case "blurred":
            return bad_photos.blurred(ADA_SEED)
        case "dark":
            return bad_photos.dark(ADA_SEED)
        case "bright":
            return png((255 - (255 - portrait) * 0.08).astype(np.uint8))
        case "narrow":
            return png(np.ascontiguousarray(portrait[:, :200]))
        case _:
            frames = [Image.fromarray(portrait), Image.fromarray(portrait[::-1].copy())]
            return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("text", PhotoFlaw.UNREADABLE),
        ("truncated", PhotoFlaw.TRUNCATED),
        ("tiny", PhotoFlaw.TOO_SMALL),
        ("narrow", PhotoFlaw.TOO_SMALL),
        ("blurred", PhotoFlaw.BLURRED),
        ("dark", PhotoFlaw.TOO_DARK),
        ("bright", PhotoFlaw.TOO_BRIGHT),
        ("animated", PhotoFlaw.ANIMATED),
    ],
)
def test_one_bad_photo_is_named_and_nothing_is_kept(
    objects: InMemoryObjectStore, analyser: StubAnalyser, name: str, flaw: PhotoFlaw
) -> None:
    photos = [*photos_of_ada()[1:], bad_photo(name)]
    assert flaws(judge(objects, analyser, photos)) == {11: (flaw,)}
    assert list(objects.keys("photos/")) == []
    assert objects.head(TEMPLATE_KEY) is None


def test_a_photo_that_never_arrived_is_named(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    judged = judge(objects, analyser, [*photos_of_ada()[:11], None])
    assert flaws(judged) == {11: (PhotoFlaw.NOT_UPLOADED,)}


@pytest.mark.parametrize(
    ("report", "flaw"),
    [
        (NOBODY, PhotoFlaw.NO_FACE),
        (TWO_PEOPLE, PhotoFlaw.SEVERAL_FACES),
        (A_PHOTOGRAPH, PhotoFlaw.REAL_PHOTOGRAPH),
        (GRACE, PhotoFlaw.ANOTHER_PERSON),
    ],
)
def test_what_the_analyser_sees_in_one_photo_is_its_flaw(
    objects: InMemoryObjectStore, analyser: StubAnalyser, report: StubReport, flaw: PhotoFlaw
) -> None:
    stranger = photo_set(GRACE_SEED, 1)[0]
    analyser.knows(stranger, report)
    judged = judge(objects, analyser, [*photos_of_ada()[:11], stranger])
    assert flaws(judged) == {11: (flaw,)}
    assert objects.head(TEMPLATE_KEY) is None


def test_another_person_among_the_photos_fails_the_set(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    stranger = photo_set(GRACE_SEED, 1)[0]
    analyser.knows(stranger, GRACE)
    judged = judge(objects, analyser, [stranger, *photos_of_ada()[1:]])
    assert judged.same_person.passed is False
    assert judged.same_person.score == pytest.approx(0.0)


@pytest.mark.parametrize("index", range(4))
def test_a_photo_moved_by_a_hair_is_a_near_duplicate(
    objects: InMemoryObjectStore, analyser: StubAnalyser, index: int
) -> None:
    copy = bad_photos.near_duplicate(described_photo_set(ADA_SEED, 12), index)
    judged = judge(objects, analyser, [*photos_of_ada()[:11], copy])
    assert flaws(judged) == {11: (PhotoFlaw.NEAR_DUPLICATE,)}


def test_the_same_photo_shrunk_and_coded_again_is_a_near_duplicate(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    small = cv2.resize(pixels(photos_of_ada()[3]), (300, 300), interpolation=cv2.INTER_AREA)
    copy = saved(Image.fromarray(small), "JPEG", quality=50)
    judged = judge(objects, analyser, [*photos_of_ada()[:11], copy])
    assert flaws(judged) == {11: (PhotoFlaw.NEAR_DUPLICATE,)}


class Failing(StubAnalyser):
    def analyse(self, rgb: object) -> StubReport:
        raise RuntimeError("no model")


@pytest.mark.parametrize(
    "broken",
    [
        StubReport(("face",), (math.nan, 0.0, 0.0)),
        StubReport(("face",), ()),
        StubReport(("face",), (0.0, 0.0, 0.0)),
        StubReport(("face",), (1.0, 0.0, 0.0), out_of_world=math.nan),
    ],
)
def test_an_analyser_that_talks_nonsense_judges_nothing(
    objects: InMemoryObjectStore, analyser: StubAnalyser, broken: StubReport
) -> None:
    analyser.answers = lambda report: broken
    judged = judge(objects, analyser, photos_of_ada())
    assert set(flaws(judged).values()) == {(PhotoFlaw.NOT_JUDGED,)}
    assert judged.same_person.passed is None
    assert list(objects.keys("photos/")) == []


@pytest.mark.parametrize("analyser_or_none", [None, Failing()])
def test_without_an_analyser_nothing_is_judged(
    objects: InMemoryObjectStore, analyser_or_none: StubAnalyser | None
) -> None:
    judged = judge(objects, analyser_or_none, photos_of_ada())
    assert len(flaws(judged)) == 12
    assert judged.same_person.passed is None


def test_vectors_of_different_lengths_are_compared_with_nobody(
    objects: InMemoryObjectStore, analyser: StubAnalyser
) -> None:
    odd = photo_set(GRACE_SEED, 1)[0]
    analyser.knows(odd, StubReport(("face",), (1.0, 0.0)))
    judged = judge(objects, analyser, [*photos_of_ada()[:11], odd])
    assert judged.same_person.passed is None
    assert list(objects.keys("photos/")) == []
