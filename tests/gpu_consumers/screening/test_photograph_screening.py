"""Photographs pass every gate or none: coloured shapes stand for all that is shown."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.provenance.file_signer import FileSigner
from domain.checks import Check, CheckVerdict
from domain.policy import DEFAULT_ROWS, HASH_LIST_AGE_MAX_S
from domain.release import refusals_of_checks
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.engine_gates import (
    OutputsByEngine,
    PhotosByEngine,
    SourcePhotosByEngine,
)
from gpu_consumers.screening.face_analyser import Box, FaceReport, TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.output_checks import (
    Examined,
    Lists,
    OutputChecks,
)
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.time_limit import NotAnalysed
from gpu_consumers.screening.vetoes import FACES_LOOKED_AT_MAX, TimedVetoes
from processes.wiring.screener import gates_by_engine
from tests.gpu_consumers.screening.ada import (
    CLAIM,
    TEMPLATE_KEY,
    TWIN,
    StubAnalyser,
    photo_id,
    png,
    store,
    uploaded,
)
from tests.gpu_consumers.screening.gate_folder import (
    BLUISH,
    GREENISH,
    NOW_S,
    GateFolder,
    shapes,
)
from tests.gpu_consumers.screening.output_desk import (
    GALLERY_KEY,
    JOB,
    QUARANTINE_KEY,
    verdicts,
    work_for,
)
from topics.messages.results import CheckResult, OutputsScreened, SourcePhotoJudged
from topics.messages.work import PhotoToJudge, SourcePhotoWork

XL = "stable-diffusion-xl"
ROW = msgspec.structs.replace(
    DEFAULT_ROWS[0],
    engine=XL,
    checks=tuple(check for check in DEFAULT_ROWS[0].checks if check != Check.IN_WORLD),
)
TWIN_CHECKS = ROW.checks_for(JOB)
NOBODYS_CHECKS = ROW.checks_for(None)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    return FileSigner(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def folder(tmp_path: Path) -> GateFolder:
    return GateFolder(tmp_path / "gates")


class Desk:
    """The gates as a screener has them, of which those of cartoons have no analyser."""

    def __init__(self, folder: GateFolder, signer: FileSigner) -> None:
        self.folder = folder
        self.objects: InMemoryObjectStore = store()
        self._gates = folder.gates()
        self.by_engine = gates_by_engine(
            TimedAnalyser(None),
            Lists(None, None),
            self._gates,
            self.objects,
            Credentials(signer),
            now_s=lambda: NOW_S,
        )

    def knows(self, rgb: Rgb) -> None:
        """The twin's template is of this picture's face."""
        analyser = self._gates.at_hand().analyser
        identity = tuple(float(one) for one in analyser.analyse(rgb).identity)
        template = FaceTemplate(analyser.name, identity)
        self.objects.put(TEMPLATE_KEY, msgspec.json.encode(template), media_type="application/json")

    def screen(
        self, rgb: Rgb, checks: tuple[str, ...] = TWIN_CHECKS, **changes: Any
    ) -> OutputsScreened:
        picture = png(rgb)
        self.objects.put(QUARANTINE_KEY, picture, media_type="image/png")
        work = msgspec.structs.replace(
            work_for(picture, checks=checks), **({"engine": XL, "rating": "general"} | changes)
        )
        return OutputsByEngine(self.by_engine).screen(work, job=JOB, attempt=1, claim_id=CLAIM)


@pytest.fixture
def desk(folder: GateFolder, signer: FileSigner) -> Desk:
    made = Desk(folder, signer)
    made.knows(shapes(1))
    return made


def why_not(screened: OutputsScreened, checks: tuple[str, ...] = TWIN_CHECKS) -> list[str]:
    """What the domain's release has against it."""
    told = [
        CheckVerdict(check.check, check.passed, check.model, check.score)
        for check in verdicts(screened).values()
    ]
    reasons = refusals_of_checks(checks, told, hash_list_age_max_s=HASH_LIST_AGE_MAX_S)
    return [reason.check for reason in reasons]


def assert_denied(desk: Desk, screened: OutputsScreened, *because: str) -> None:
    assert set(because) <= set(why_not(screened, tuple(verdicts(screened))))
    assert screened.outputs[0].gallery_key is None
    assert desk.objects.head(GALLERY_KEY) is None


def test_a_photograph_of_the_twin_passes_every_gate_and_is_signed(desk: Desk) -> None:
    screened = desk.screen(shapes(2))
    assert why_not(screened) == []
    assert desk.objects.head(GALLERY_KEY) is not None


def test_every_verdict_names_the_model_and_the_digest_of_its_file(desk: Desk) -> None:
    made = verdicts(desk.screen(shapes(2)))
    digest = {name: desk.folder.pin(f"{name}.onnx")["sha256"] for name in ("age", "content")}
    assert made[Check.MINOR_VETO].model == f"blues@{digest['age']}"
    assert made[Check.CONTENT_RATING].model == f"greens@{digest['content']}"
    assert made[Check.IDENTITY].model.startswith("yunet-sface@")
    assert made[Check.KNOWN_HASH].model == "pdq/ours"


def test_whoever_looks_young_is_refused_whoever_it_is(desk: Desk) -> None:
    screened = desk.screen(shapes(2, tint=BLUISH))
    veto = verdicts(screened)[Check.MINOR_VETO]
    assert veto.passed is False
    # Everything else was all right, but for the signature that it therefore never got.
    assert why_not(screened) == [Check.MINOR_VETO, Check.PROVENANCE]
    assert veto.score is not None
    assert veto.score > 0.9
    assert_denied(desk, screened, Check.MINOR_VETO)


def test_looking_like_an_adult_permits_nobody_who_is_not_the_twin(desk: Desk) -> None:
    desk.objects.delete([TEMPLATE_KEY])
    screened = desk.screen(shapes(2))
    veto = verdicts(screened)[Check.MINOR_VETO]
    assert veto.passed is None
    assert veto.score is not None
    assert veto.score < 0.1
    assert_denied(desk, screened, Check.MINOR_VETO, Check.IDENTITY)


def test_a_second_person_has_no_document_behind_them(desk: Desk) -> None:
    screened = desk.screen(shapes(2, faces=2))
    assert verdicts(screened)[Check.MINOR_VETO].passed is None
    assert_denied(desk, screened, Check.MINOR_VETO, Check.FACE_COUNT)


def test_a_picture_of_nobody_passes_without_a_twin(desk: Desk) -> None:
    screened = desk.screen(shapes(2, faces=0), NOBODYS_CHECKS)
    assert why_not(screened, NOBODYS_CHECKS) == []


def test_a_person_in_a_picture_without_a_twin_has_no_document(desk: Desk) -> None:
    screened = desk.screen(shapes(2), NOBODYS_CHECKS)
    assert verdicts(screened)[Check.NO_ENROLLED_MATCH].passed is True
    assert_denied(desk, screened, Check.MINOR_VETO)


def test_what_shows_more_than_was_asked_for_is_refused(desk: Desk) -> None:
    screened = desk.screen(shapes(2, tint=GREENISH))
    assert verdicts(screened)[Check.CONTENT_RATING].passed is False
    assert_denied(desk, screened, Check.CONTENT_RATING)


@pytest.mark.parametrize("rating", ["", "GENERAL", "anything"])
def test_a_rating_that_nobody_knows_has_no_limit_to_be_within(desk: Desk, rating: str) -> None:
    screened = desk.screen(shapes(2), rating=rating)
    assert verdicts(screened)[Check.CONTENT_RATING].passed is None
    assert_denied(desk, screened, Check.CONTENT_RATING)


@pytest.mark.parametrize("name", ["detector", "recogniser", "age", "content"])
def test_a_file_that_goes_while_the_screener_runs_denies_the_next_picture(
    desk: Desk, name: str
) -> None:
    assert why_not(desk.screen(shapes(2))) == []
    desk.objects.delete([GALLERY_KEY])
    (desk.folder.path / f"{name}.onnx").unlink()
    assert_denied(desk, desk.screen(shapes(2)), *_NEEDED_FOR[name])


_NEEDED_FOR = {
    "detector": (Check.FACE_COUNT, Check.IDENTITY, Check.MINOR_VETO),
    "recogniser": (Check.FACE_COUNT, Check.IDENTITY, Check.MINOR_VETO),
    "age": (Check.MINOR_VETO,),
    "content": (Check.CONTENT_RATING,),
}


def test_the_sandbox_list_clears_no_photograph(desk: Desk) -> None:
    desk.folder.issue_lists(name="sandbox")
    assert_denied(desk, desk.screen(shapes(2)), Check.KNOWN_HASH)
    screened = desk.screen(shapes(2, faces=0), NOBODYS_CHECKS)
    assert_denied(desk, screened, Check.NO_ENROLLED_MATCH)


def test_a_template_of_other_weights_proves_nobody(desk: Desk) -> None:
    template = FaceTemplate("yunet-sface@of-last-year", (1.0, 0.0, 0.0))
    desk.objects.put(TEMPLATE_KEY, msgspec.json.encode(template), media_type="application/json")
    assert_denied(desk, desk.screen(shapes(2)), Check.IDENTITY, Check.MINOR_VETO)


def test_a_cartoon_is_not_judged_by_the_models_of_photographs(desk: Desk) -> None:
    screened = desk.screen(shapes(2), engine="pocket")
    assert verdicts(screened)[Check.FACE_COUNT].model == "absent"
    assert_denied(desk, screened, Check.FACE_COUNT)


def test_an_engine_that_nobody_knows_is_judged_as_one_of_photographs(desk: Desk) -> None:
    assert verdicts(desk.screen(shapes(2), engine="new"))[Check.MINOR_VETO].model.startswith(
        "blues"
    )


def judged(desk: Desk, photos: Sequence[Rgb]) -> list[tuple[str, ...]]:
    work = msgspec.structs.replace(uploaded(desk.objects, [png(one) for one in photos]), engine=XL)
    verdict = PhotosByEngine(desk.by_engine).judge(work, CLAIM)
    return [photo.flaws for photo in verdict.photos]


def test_photos_of_one_person_make_a_template_of_the_pinned_models(desk: Desk) -> None:
    desk.objects.delete([TEMPLATE_KEY])
    assert judged(desk, [shapes(seed) for seed in (11, 12, 13)]) == [(), (), ()]
    template = msgspec.json.decode(desk.objects.get(TEMPLATE_KEY), type=FaceTemplate)
    assert template.model == desk.folder.gates().at_hand().analyser.name


@pytest.mark.parametrize("tint", [BLUISH, GREENISH])
def test_a_vetoed_photo_is_refused_and_with_it_the_set(
    desk: Desk, tint: tuple[int, int, int]
) -> None:
    desk.objects.delete([TEMPLATE_KEY])
    photos = [shapes(11), shapes(12, tint=tint), shapes(13)]
    assert judged(desk, photos) == [(), ("not-judged",), ()]
    assert desk.objects.head(TEMPLATE_KEY) is None


@pytest.mark.parametrize("name", ["age", "content"])
def test_without_a_veto_no_photo_is_taken(desk: Desk, name: str) -> None:
    (desk.folder.path / f"{name}.onnx").unlink()
    assert judged(desk, [shapes(11), shapes(12)]) == [("not-judged",)] * 2


def began_with(desk: Desk, rgb: Rgb) -> SourcePhotoJudged:
    place = PhotoToJudge(photo_id(1), "uploads/begun", "photos/begun.png")
    desk.objects.delete([place.clean_key])
    desk.objects.put(place.object_key, png(rgb), media_type="image/png")
    checks = [
        tuple(name for name in names if name != Check.PROVENANCE)
        for names in (TWIN_CHECKS, NOBODYS_CHECKS)
    ]
    work = SourcePhotoWork(TWIN, XL, place, TEMPLATE_KEY, *checks)
    return SourcePhotosByEngine(desk.by_engine).judge(work, CLAIM)


@pytest.mark.parametrize("faces", [0, 1])
def test_a_photo_to_begin_with_passes_as_what_it_shows(desk: Desk, faces: int) -> None:
    verdict = began_with(desk, shapes(2, faces=faces))
    assert all(check.passed for check in verdict.checks)
    assert verdict.copy is not None


@pytest.mark.parametrize(
    ("shown", "check"),
    [
        (shapes(2, tint=BLUISH), Check.MINOR_VETO),
        (shapes(2, faces=0, tint=BLUISH), Check.MINOR_VETO),
        (shapes(2, faces=2), Check.FACE_COUNT),
        (shapes(2, tint=GREENISH), Check.CONTENT_RATING),
    ],
)
def test_a_photo_to_begin_with_meets_the_same_vetoes(desk: Desk, shown: Rgb, check: Check) -> None:
    verdict = began_with(desk, shown)
    assert {one.check: one.passed for one in verdict.checks}[check] is False
    assert verdict.copy is None


class Placed:
    """A report of one face, somewhere."""

    def __init__(self, *boxes: Box, faces: int = 1) -> None:
        self.faces: tuple[object, ...] = ("face",) * faces
        self.identity = (1.0, 0.0)
        self.out_of_world = math.nan
        self.boxes = boxes


class Aged:
    """Answers what it was told, whatever it is shown."""

    MODEL_ID = "stub-age@0"
    VETO_FROM = 0.3

    def __init__(self, answer: Callable[[Rgb], float]) -> None:
        self.minor_likelihood = answer


def raises(rgb: Rgb) -> float:
    raise RuntimeError


def answers(value: float) -> Callable[[Rgb], float]:
    return lambda rgb: value


def vetoed(answer: Callable[[Rgb], float] | None, report: FaceReport | None) -> CheckResult:
    """What is said of a picture that shows the twin, by everything but their age."""
    age = None if answer is None else Aged(answer)
    analyser = TimedAnalyser(StubAnalyser())
    checks = OutputChecks(analyser, Lists(None, None), TimedVetoes(age))
    grey = np.full((100, 100, 3), 90, np.uint8)
    template = FaceTemplate(analyser.name, Placed().identity)
    return checks.make(Check.MINOR_VETO, Examined(grey, report, template, XL, has_twin=True))


MIDDLE = (0.4, 0.4, 0.6, 0.6)


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (None, Placed(MIDDLE)),
        (raises, Placed(MIDDLE)),
        (answers(math.nan), Placed(MIDDLE)),
        (answers(-0.1), Placed(MIDDLE)),
        (answers(1.1), Placed(MIDDLE)),
        (answers(math.inf), Placed(MIDDLE)),
        (answers(0.0), None),
        (answers(0.0), Placed()),
        (answers(0.0), Placed(MIDDLE, MIDDLE)),
        (answers(0.0), Placed((0.6, 0.4, 0.4, 0.6))),
        (answers(0.0), Placed((math.nan, 0.0, 1.0, 1.0))),
        (answers(0.0), Placed((1.5, 1.5, 1.6, 1.6))),
        (answers(0.0), Placed((0.1, 0.1, math.inf, 0.9))),
        (answers(0.0), Placed((-math.inf, 0.1, 0.5, 0.9))),
    ],
)
def test_an_age_that_cannot_be_asked_is_no_verdict(
    answer: Callable[[Rgb], float] | None, report: FaceReport | None
) -> None:
    assert vetoed(answers(0.0), Placed(MIDDLE)).passed is True
    assert vetoed(answer, report).passed is None


def test_one_young_face_is_enough() -> None:
    def of_the_smaller(rgb: Rgb) -> float:
        return 0.9 if rgb.shape[0] < 50 else 0.0

    assert vetoed(of_the_smaller, Placed(MIDDLE)).passed is False
    assert vetoed(of_the_smaller, Placed((0.0, 0.0, 1.0, 1.0))).passed is True


def test_of_a_crowd_no_age_is_told() -> None:
    grey, vetoes = np.full((100, 100, 3), 90, np.uint8), TimedVetoes(Aged(answers(0.0)))
    assert vetoes.minor_likelihood(grey, [MIDDLE] * FACES_LOOKED_AT_MAX) == 0.0
    with pytest.raises(NotAnalysed):
        vetoes.minor_likelihood(grey, [MIDDLE] * (FACES_LOOKED_AT_MAX + 1))


@pytest.mark.parametrize("box", [(0.1, 0.1, math.inf, 0.9), (0.6, 0.4, 0.4, 0.6), (2, 2, 3, 3)])
def test_of_a_face_that_is_nowhere_no_age_is_told(box: Box) -> None:
    grey, vetoes = np.full((100, 100, 3), 90, np.uint8), TimedVetoes(Aged(answers(0.0)))
    with pytest.raises(NotAnalysed):
        vetoes.minor_likelihood(grey, [box])


def test_the_veto_begins_at_its_limit() -> None:
    assert vetoed(answers(Aged.VETO_FROM), Placed(MIDDLE)).passed is False
    assert vetoed(answers(0.299), Placed(MIDDLE)).passed is True
