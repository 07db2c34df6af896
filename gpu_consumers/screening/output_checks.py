"""The single checks of one output, by the names policy rows require.

A check that cannot be made, for whatever reason, says None. There is no other default, no switch.
"""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from gpu_consumers.screening.face_analyser import (
    FaceReport,
    PlacedFaces,
    TimedAnalyser,
    cosine,
)
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.lists import (
    LIST_AGE_MAX_S,
    SANDBOX_LIST,
    AnyList,
    FaceList,
    HashList,
    ListUnusable,
    read_list,
)
from gpu_consumers.screening.pdq import (
    PDQ_DISTANCE_MAX,
    PDQ_QUALITY_MIN,
    PdqHash,
    pdq_distance,
    pdq_orientations,
    unpacked_hash,
)
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.time_limit import NotAnalysed
from gpu_consumers.screening.vetoes import TimedVetoes
from topics.messages.bounds import MODEL_NAME_LENGTH_MAX
from topics.messages.results import CheckResult

KNOWN_HASH: Final = "known_hash"
FACE_COUNT: Final = "face_count"
IDENTITY: Final = "identity"
NO_ENROLLED_MATCH: Final = "no_enrolled_match"
IN_WORLD: Final = "in_world"
MINOR_VETO: Final = "minor_veto"
CONTENT_RATING: Final = "content_rating"

CARTOON_WORLD_ENGINES: Final = frozenset({"pocket"})
"""Engines that were taught nothing but a world in which every person is a cartoon of an adult."""

CARTOON_WORLD_BASIS: Final = "cartoon-world-basis"
ABSENT: Final = "absent"
MILDEST_RATING: Final = "general"
_NOT_IN_A_MODEL_NAME: Final = re.compile(r"[^ !#-\[\]-~]")


@dataclass(frozen=True)
class Examined:
    """One output as the checks see it. `report` is None where the analyser did not answer.

    `template` is None for a job without a twin, and where the twin's template could not be read:
    `has_twin` tells the two apart. `rating` is what was asked for; unsaid, it is the mildest.
    """

    rgb: Rgb
    report: FaceReport | None
    template: FaceTemplate | None
    engine: str
    has_twin: bool
    rating: str = MILDEST_RATING


@dataclass(frozen=True)
class Lists:
    """Where the lists lie. None where the operator has none, which denies what needs one."""

    known_pictures: Path | None
    listed_people: Path | None
    age_max_s: float = LIST_AGE_MAX_S


class OutputChecks:
    """Makes checks by name. Never raises: what breaks inside a check is a check not made."""

    def __init__(
        self,
        analyser: TimedAnalyser,
        lists: Lists,
        vetoes: TimedVetoes | None = None,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._analyser = analyser
        self._lists = lists
        self._vetoes = vetoes or TimedVetoes()
        self._now_s = now_s
        self._known_pictures: Callable[[], tuple[HashList, float]] = self._read_known_pictures
        self._listed_people: Callable[[], tuple[FaceList, float]] = self._read_listed_people
        self._by_name: dict[str, Callable[[Examined], CheckResult]] = {
            KNOWN_HASH: self._known_hash,
            FACE_COUNT: self._face_count,
            IDENTITY: self._identity,
            NO_ENROLLED_MATCH: self._no_enrolled_match,
            IN_WORLD: self._in_world,
            MINOR_VETO: self._minor_veto,
            CONTENT_RATING: self._content_rating,
        }

    def make(self, name: str, examined: Examined) -> CheckResult:
        """One check. A name that nobody here knows is a check that is not made."""
        check = self._by_name.get(name)
        if check is None:
            return CheckResult(name, None, ABSENT)
        try:
            return _without_nonsense(check(examined))
        except Exception:
            # Whatever went wrong, nobody has seen that this picture is all right.
            return CheckResult(name, None, self._analyser.name)

    def of_one_output(self) -> "OutputChecks":
        """The same checks for many frames of one output: each list is read once for all of them.

        A list that cannot be used is looked for again with the next frame, and denies each time.
        """
        once = OutputChecks(self._analyser, self._lists, self._vetoes, now_s=self._now_s)
        once._known_pictures = cache(self._read_known_pictures)
        once._listed_people = cache(self._read_listed_people)
        return once

    def _read_known_pictures(self) -> tuple[HashList, float]:
        return self._read(self._lists.known_pictures, HashList)

    def _read_listed_people(self) -> tuple[FaceList, float]:
        return self._read(self._lists.listed_people, FaceList)

    def _read(self, path: Path | None, kind: type[AnyList]) -> tuple[AnyList, float]:
        return read_list(path, kind, now_s=self._now_s(), age_max_s=self._lists.age_max_s)

    def _known_hash(self, examined: Examined) -> CheckResult:
        """Against the list of known pictures, in all eight orientations. Score: the list's age."""
        try:
            known, age_s = self._known_pictures()
        except ListUnusable as unusable:
            return CheckResult(KNOWN_HASH, None, ABSENT, unusable.age_s)
        model = _model_of_list(known.name)
        if known.name == SANDBOX_LIST and examined.engine not in CARTOON_WORLD_ENGINES:
            # Nobody has put on it what there is: it says nothing of photographs.
            return CheckResult(KNOWN_HASH, None, model, age_s)
        hashes, quality = pdq_orientations(examined.rgb)
        if quality < PDQ_QUALITY_MIN:
            return CheckResult(KNOWN_HASH, None, model, age_s)
        is_known = any(_is_near(hashes, unpacked_hash(text)) for text in known.hashes)
        return CheckResult(KNOWN_HASH, not is_known, model, age_s)

    def _face_count(self, examined: Examined) -> CheckResult:
        """Exactly the twin, or nobody besides one person without a name. Score: the faces."""
        if examined.report is None:
            return self._not_made(FACE_COUNT)
        count = len(examined.report.faces)
        passed = count == 1 if examined.has_twin else count <= 1
        return CheckResult(FACE_COUNT, passed, self._analyser.name, float(count))

    def _identity(self, examined: Examined) -> CheckResult:
        """The face is the twin's. Score: the cosine to the mean of the twin's photos."""
        report, template = examined.report, examined.template
        if report is None or template is None or template.model != self._analyser.name:
            return self._not_made(IDENTITY)
        alike = cosine(report.identity, template.identity)
        limit = self._analyser.same_person_cosine_min
        return self._compared(IDENTITY, alike, limit=limit, passed=alike >= limit)

    def _no_enrolled_match(self, examined: Examined) -> CheckResult:
        """The face is nobody's on the list. Score: the highest cosine to any of them."""
        report = examined.report
        if report is None or len(report.faces) > 1:
            # Only the largest face has a vector: of a second one nothing is known.
            return self._not_made(NO_ENROLLED_MATCH)
        try:
            listed, _ = self._listed_people()
        except ListUnusable:
            return CheckResult(NO_ENROLLED_MATCH, None, ABSENT)
        is_nobodys = listed.name == SANDBOX_LIST and examined.engine not in CARTOON_WORLD_ENGINES
        if is_nobodys or listed.model != self._analyser.name:
            return self._not_made(NO_ENROLLED_MATCH)
        if not report.faces:
            return CheckResult(NO_ENROLLED_MATCH, passed=True, model=self._analyser.name)
        # With itself first: a face without a usable vector is like nobody, and cleared by nothing.
        if math.isnan(cosine(report.identity, report.identity)):
            return self._not_made(NO_ENROLLED_MATCH)
        cosines = [cosine(report.identity, identity) for identity in listed.identities]
        if any(math.isnan(alike) for alike in cosines):
            return self._not_made(NO_ENROLLED_MATCH)
        highest = max(cosines, default=-1.0)
        limit = self._analyser.same_person_cosine_min
        return self._compared(NO_ENROLLED_MATCH, highest, limit=limit, passed=highest < limit)

    def _in_world(self, examined: Examined) -> CheckResult:
        """The picture is a cartoon of the engine's world. Score: how strange it is, 0..1."""
        if examined.report is None:
            return self._not_made(IN_WORLD)
        strangeness = float(examined.report.out_of_world)
        limit = self._analyser.out_of_world_max
        return self._compared(IN_WORLD, strangeness, limit=limit, passed=strangeness <= limit)

    def _minor_veto(self, examined: Examined) -> CheckResult:
        """Nobody in it may be a minor. What that rests on differs between the kinds of engines."""
        if examined.engine in CARTOON_WORLD_ENGINES:
            return self._minor_veto_of_a_cartoon(examined)
        return self._minor_veto_of_a_photograph(examined)

    def _minor_veto_of_a_cartoon(self, examined: Examined) -> CheckResult:
        """Passed on one recorded basis: a world of adult cartoons, and a picture that is of it."""
        in_world = self._in_world(examined)
        if in_world.passed is not True:
            return CheckResult(MINOR_VETO, None, CARTOON_WORLD_BASIS, in_world.score)
        return CheckResult(MINOR_VETO, passed=True, model=CARTOON_WORLD_BASIS, score=in_world.score)

    def _minor_veto_of_a_photograph(self, examined: Examined) -> CheckResult:
        """No veto, and nobody in it but the twin of whom a document says that they are an adult.

        Score: the highest likelihood of a minor, over the whole picture and every face.
        """
        model, limit = self._vetoes.age_model, self._vetoes.veto_from
        report = examined.report
        if not isinstance(report, PlacedFaces) or len(report.boxes) != len(report.faces):
            return CheckResult(MINOR_VETO, None, model)
        try:
            likelihood = self._vetoes.minor_likelihood(examined.rgb, report.boxes)
        except NotAnalysed:
            return CheckResult(MINOR_VETO, None, model)
        if likelihood >= limit:
            return CheckResult(MINOR_VETO, passed=False, model=model, score=likelihood)
        # Looking like an adult permits nothing: whoever is shown has to be somebody who is one.
        is_proved = not report.faces or (
            len(report.faces) == 1 and self._identity(examined).passed is True
        )
        passed = True if is_proved and likelihood < limit else None
        return CheckResult(MINOR_VETO, passed, model, likelihood)

    def _content_rating(self, examined: Examined) -> CheckResult:
        """The picture shows no more than was asked for. Score: how explicit it is, 0..1."""
        model, limit = self._vetoes.content_model, self._vetoes.explicit_above(examined.rating)
        try:
            explicitness = self._vetoes.explicitness(examined.rgb)
        except NotAnalysed:
            return CheckResult(CONTENT_RATING, None, model)
        if math.isnan(limit):
            return CheckResult(CONTENT_RATING, None, model, explicitness)
        return CheckResult(CONTENT_RATING, explicitness <= limit, model, explicitness)

    def _not_made(self, name: str) -> CheckResult:
        return CheckResult(name, None, self._analyser.name)

    def _compared(self, name: str, score: float, *, limit: float, passed: bool) -> CheckResult:
        if math.isnan(score) or math.isnan(limit):
            return self._not_made(name)
        return CheckResult(name, passed, self._analyser.name, score)


def _model_of_list(name: str) -> str:
    """What verdicts call a list. Its operator may have named it as they like."""
    return _NOT_IN_A_MODEL_NAME.sub("?", f"pdq/{name}")[:MODEL_NAME_LENGTH_MAX]


def _is_near(hashes: list[PdqHash], known: PdqHash) -> bool:
    return any(pdq_distance(bits, known) <= PDQ_DISTANCE_MAX for bits in hashes)


def _without_nonsense(result: CheckResult) -> CheckResult:
    """A score that is no finite number has decided nothing, whatever was made of it."""
    if result.score is None or math.isfinite(result.score):
        return result
    return CheckResult(result.check, None, result.model)
