"""Ada's photo set, an analyser that knows the pictures it was shown, and a screener's store."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from gpu_consumers.engines.pocket.world.photo_set import photo_set
from topics.messages.work import PhotoSetWork, PhotoToJudge

TWIN = UUID("a0000000-0000-4000-8000-000000000001")
SUBMISSION = UUID("a0000000-0000-4000-8000-000000000002")
CLAIM = UUID("a0000000-0000-4000-8000-000000000003")
ADA_SEED = 11
GRACE_SEED = 12
ADA_FACE = (1.0, 0.0, 0.0)
GRACE_FACE = (0.0, 1.0, 0.0)
TEMPLATE_KEY = f"templates/{TWIN}/{SUBMISSION}.json"


@dataclass(frozen=True)
class StubReport:
    faces: tuple[object, ...]
    identity: tuple[float, ...]
    out_of_world: float = 0.1


ADA = StubReport(("face",), ADA_FACE)
GRACE = StubReport(("face",), GRACE_FACE)
NOBODY = StubReport((), ())
TWO_PEOPLE = StubReport(("face", "face"), ADA_FACE)
A_PHOTOGRAPH = StubReport(("face",), ADA_FACE, out_of_world=0.9)


class StubAnalyser:
    """Answers what it was told of the picture most like the one it is shown; Ada otherwise."""

    MODEL_ID = "stub-1"
    SAME_PERSON_COSINE_MIN = 0.5
    OUT_OF_WORLD_MAX = 0.5

    def __init__(self) -> None:
        self._known: list[tuple[NDArray[np.float64], StubReport]] = []
        self.answers: Callable[[StubReport], StubReport] = lambda report: report

    def knows(self, picture: bytes, report: StubReport) -> None:
        self._known.append((_looks(pixels(picture)), report))

    def analyse(self, rgb: NDArray[np.uint8]) -> StubReport:
        looks = _looks(rgb)
        near = [r for known, r in self._known if float(np.abs(known - looks).mean()) < 4.0]
        return self.answers(near[0] if near else ADA)


def _looks(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(cv2.resize(rgb, (16, 16), interpolation=cv2.INTER_AREA), np.float64)


def pixels(picture: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def png(rgb: NDArray[np.uint8]) -> bytes:
    return saved(Image.fromarray(rgb), "PNG")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


@cache
def photos_of_ada() -> tuple[bytes, ...]:
    return tuple(photo_set(ADA_SEED, 12))


def store() -> InMemoryObjectStore:
    return InMemoryObjectStore(Presigner("http://studio.test", b"k" * 32))


def photo_id(index: int) -> UUID:
    return UUID(int=0xF000 + index, version=4)


def uploaded(objects: InMemoryObjectStore, photos: Sequence[bytes | None]) -> PhotoSetWork:
    """A submission of these photos; None stands for one that was never uploaded."""
    entries = []
    for index, photo in enumerate(photos):
        key = f"uploads/ada/{TWIN}/{SUBMISSION}/{photo_id(index)}"
        clean_key = f"photos/{TWIN}/{SUBMISSION}/{photo_id(index)}.png"
        entries.append(PhotoToJudge(photo_id(index), key, clean_key))
        if photo is not None:
            objects.put(key, photo, media_type="image/jpeg")
    return PhotoSetWork(TWIN, SUBMISSION, "pocket", tuple(entries), TEMPLATE_KEY)
