"""Judges a photo set: every photo alone, then all of them as one person.

The clean copies of a good set are written once all of it is judged; so is the face template that
outputs are compared with. Flaws are the values of the domain's photo flaws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.screening.face_analyser import (
    NotAnalysed,
    TimedAnalyser,
    cosine,
)
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.pdq import (
    PDQ_DISTANCE_MAX,
    PdqHash,
    pdq,
    pdq_distance,
)
from gpu_consumers.screening.photo_decoding import (
    DecodedPhoto,
    PhotoDecoder,
    UndecodedPhoto,
    clean_png,
)
from gpu_consumers.screening.photo_vetoes import PhotoVetoes
from gpu_consumers.screening.picture_measures import (
    Rgb,
    colour_cells,
    colour_distance,
    light_range,
    sharpness,
)
from topics.messages.results import CheckResult, JudgedPhoto, PhotosJudged
from topics.messages.work import PhotoSetWork, PhotoToJudge

SIDE_MIN_PX: Final = 256
"""The shorter side of a photo as it was taken. Below it a face is too small to learn."""

SHARPNESS_MIN: Final = 60.0
"""Good photos of our world measure 330 and more, one blurred by 1/36 of its width 2."""

DARK_BELOW: Final = 60.0
"""A photo whose brightest twentieth is no brighter than this, of 255, shows nothing."""

BRIGHT_ABOVE: Final = 215.0
"""A photo whose darkest twentieth is brighter than this is washed out."""

COLOUR_DISTANCE_ALONE_MAX: Final = 6.5
COLOUR_DISTANCE_WITH_PDQ_MAX: Final = 9.0
"""PDQ sees grey and coarse shapes only: on flat cartoons it puts 2.6 % of different photos of one
person within 31 bits and a few true duplicates beyond 100. So the colours of 32 × 32 cells are the
second measure: alone where they all but agree, and as confirmation where PDQ says *same*. Of 7,600
pairs of different photos none was within either limit; slightly moved copies measure 4 to 5.6."""

SAME_PERSON: Final = "same_person"
NOT_JUDGED: Final = "not-judged"


@dataclass
class _Candidate:
    """A photo on its way through the gate. `flaws` collects names; pixels only where there are."""

    photo: PhotoToJudge
    flaws: list[str] = field(default_factory=list)
    rgb: Rgb | None = None
    identity: tuple[float, ...] = ()
    pdq_hash: PdqHash | None = None
    cells: NDArray[np.float64] | None = None


class PhotoGate:
    """Judges sets, one at a time. May be asked twice for one set: it writes the same objects.

    `vetoes` look at photographs; the analyser of a world of cartoons knows one from the other.
    """

    def __init__(
        self,
        objects: ScreenerObjects,
        analyser: TimedAnalyser,
        vetoes: PhotoVetoes | None = None,
    ) -> None:
        self._objects = objects
        self._analyser = analyser
        self._vetoes = vetoes

    def judge(self, work: PhotoSetWork, claim_id: UUID) -> PhotosJudged:
        """Verdicts on the set. Raises only where the object store does not answer."""
        vetoes = None if self._vetoes is None else self._vetoes.of_one_set(work.engine)
        with PhotoDecoder() as decoder:
            candidates = [self._look_at(photo, decoder, vetoes) for photo in work.photos]
        _mark_near_duplicates(candidates)
        same_person, template = self._compare_people(candidates)
        if template is not None and not any(candidate.flaws for candidate in candidates):
            self._write(work, candidates, template)
        return PhotosJudged(
            submission=work.submission,
            claim_id=claim_id,
            twin=work.twin,
            photos=tuple(
                JudgedPhoto(candidate.photo.photo_id, tuple(candidate.flaws))
                for candidate in candidates
            ),
            analyser=self._analyser.name,
            same_person=same_person,
        )

    def _look_at(
        self, photo: PhotoToJudge, decoder: PhotoDecoder, vetoes: PhotoVetoes | None
    ) -> _Candidate:
        if self._objects.head(photo.object_key) is None:
            return _Candidate(photo, ["not-uploaded"])
        match decoder.decode(self._objects.get(photo.object_key)):
            case UndecodedPhoto(flaw):
                return _Candidate(photo, [flaw])
            case DecodedPhoto() as decoded:
                return self._measure(photo, decoded, vetoes)

    def _measure(
        self, photo: PhotoToJudge, decoded: DecodedPhoto, vetoes: PhotoVetoes | None
    ) -> _Candidate:
        candidate = _Candidate(photo, rgb=decoded.rgb)
        if min(decoded.original_width, decoded.original_height) < SIDE_MIN_PX:
            candidate.flaws.append("too-small")
            return candidate
        candidate.flaws += _exposure_flaws(decoded.rgb)
        if not candidate.flaws and not sharpness(decoded.rgb) >= SHARPNESS_MIN:
            candidate.flaws.append("blurred")
        candidate.pdq_hash, _ = pdq(decoded.rgb)
        candidate.cells = colour_cells(decoded.rgb)
        if not candidate.flaws:
            self._look_for_a_face(candidate, decoded.rgb, vetoes)
        return candidate

    def _look_for_a_face(self, candidate: _Candidate, rgb: Rgb, vetoes: PhotoVetoes | None) -> None:
        try:
            report = self._analyser.analyse(rgb)
            faces, strangeness = len(report.faces), float(report.out_of_world)
            identity = tuple(float(value) for value in report.identity)
        except (NotAnalysed, TypeError, ValueError):
            candidate.flaws.append(NOT_JUDGED)
            return
        if math.isnan(strangeness) != math.isnan(self._analyser.out_of_world_max):
            candidate.flaws.append(NOT_JUDGED)
            return
        if strangeness > self._analyser.out_of_world_max:
            # Said besides what faces it has: an analyser of cartoons may see none in a photograph.
            candidate.flaws.append("real-photograph")
        if faces != 1:
            candidate.flaws.append("no-face" if faces == 0 else "several-faces")
        if vetoes is not None:
            candidate.flaws += vetoes.flaws(rgb, report)
        if candidate.flaws:
            return
        if math.isnan(cosine(identity, identity)):
            candidate.flaws.append(NOT_JUDGED)
        else:
            candidate.identity = identity

    def _compare_people(
        self, candidates: Sequence[_Candidate]
    ) -> tuple[CheckResult, FaceTemplate | None]:
        """Mark whoever is not the medoid's person. The score is the least cosine to that person.

        The medoid says who the set is of: the photo most like all others. The person is then the
        mean of the photos like the medoid, because the analyser's threshold was measured on means.
        """
        comparable = [candidate for candidate in candidates if candidate.identity]
        model, limit = self._analyser.name, self._analyser.same_person_cosine_min
        if len({len(candidate.identity) for candidate in comparable}) != 1 or len(comparable) < 2:
            return CheckResult(SAME_PERSON, None, model), None
        units = _unit(np.asarray([candidate.identity for candidate in comparable], np.float64))
        cosines = units @ units.T
        medoid = int(np.argmax(np.median(cosines, axis=1)))
        around = cosines[medoid] >= limit
        person = _unit(units[around].mean(axis=0)) if around.any() else units[medoid]
        to_person = units @ person
        if math.isnan(limit) or not np.isfinite(to_person).all():
            return CheckResult(SAME_PERSON, None, model), None
        alike = to_person >= limit
        for candidate, is_alike in zip(comparable, alike, strict=True):
            if not is_alike:
                candidate.flaws.append("another-person")
        template = FaceTemplate(
            model=model,
            identity=tuple(float(value) for value in person),
            medoid=tuple(float(value) for value in units[medoid]),
        )
        verdict = CheckResult(SAME_PERSON, bool(alike.all()), model, float(to_person.min()))
        return verdict, template

    def _write(
        self, work: PhotoSetWork, candidates: Sequence[_Candidate], template: FaceTemplate
    ) -> None:
        for candidate in candidates:
            if candidate.rgb is not None:
                self._objects.put(
                    candidate.photo.clean_key, clean_png(candidate.rgb), media_type="image/png"
                )
        self._objects.put(
            work.template_key, msgspec.json.encode(template), media_type="application/json"
        )


def _exposure_flaws(rgb: Rgb) -> list[str]:
    low, high = light_range(rgb)
    if high < DARK_BELOW:
        return ["too-dark"]
    return ["too-bright"] if low > BRIGHT_ABOVE else []


def _mark_near_duplicates(candidates: Sequence[_Candidate]) -> None:
    """The later of two photos that are nearly the same is the duplicate."""
    for index, later in enumerate(candidates):
        if any(_nearly_the_same(earlier, later) for earlier in candidates[:index]):
            later.flaws.append("near-duplicate")


def _nearly_the_same(one: _Candidate, other: _Candidate) -> bool:
    if one.cells is None or other.cells is None:
        return False
    apart = colour_distance(one.cells, other.cells)
    if apart <= COLOUR_DISTANCE_ALONE_MAX:
        return True
    if one.pdq_hash is None or other.pdq_hash is None:
        return False
    is_same = pdq_distance(one.pdq_hash, other.pdq_hash) <= PDQ_DISTANCE_MAX
    return is_same and apart <= COLOUR_DISTANCE_WITH_PDQ_MAX


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float64)
