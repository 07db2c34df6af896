"""Outputs: what passes every gate is signed; each gate that fails, lacks or breaks denies."""

import hashlib
import io
import json
import math
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import UUID

import c2pa
import msgspec
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from adapters.provenance.file_signer import FileSigner
from domain.checks import Check
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.screening.credentials import (
    GENERATION_LABEL,
    Credentials,
    CredentialsRefused,
    Generation,
)
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from gpu_consumers.screening.pdq import hash_text, pdq
from gpu_consumers.screening.signed_copies import StoreSilent
from tests.gpu_consumers.screening.ada import (
    ADA,
    ADA_FACE,
    GRACE_FACE,
    NOBODY,
    TEMPLATE_KEY,
    TWO_PEOPLE,
    StubAnalyser,
    StubReport,
    pixels,
    png,
    saved,
)
from tests.gpu_consumers.screening.output_desk import (
    ASSET,
    GALLERY_KEY,
    HOUR_S,
    JOB,
    NO_TWIN_CHECKS,
    NOW_S,
    TWIN_CHECKS,
    Screening,
    Signer,
    is_releasable,
    verdicts,
    work_for,
)
from topics.messages.bounds import ModelName
from topics.messages.results import OutputsScreened, WrittenRendition
from topics.messages.work import RenditionPlace, RenditionRole


@cache
def portrait() -> bytes:
    rng = np.random.default_rng(5)
    return png(render(random_identity(rng), random_scene(rng)))


@pytest.fixture(scope="module")
def file_signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    return FileSigner(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def screening(tmp_path: Path, file_signer: FileSigner) -> Screening:
    return Screening(tmp_path, Signer(file_signer))


def assert_denied(
    screening: Screening, screened: OutputsScreened, checks: tuple[str, ...] = TWIN_CHECKS
) -> None:
    """Nothing to release, and nothing in the gallery to be reached."""
    assert not is_releasable(screened, checks)
    assert screened.outputs[0].gallery_key is None
    assert screening.objects.head(GALLERY_KEY) is None


def test_a_picture_of_the_twin_passes_every_gate_and_is_signed(screening: Screening) -> None:
    screened = screening.screen(portrait())
    assert is_releasable(screened)
    assert list(verdicts(screened)) == list(TWIN_CHECKS)
    (output,) = screened.outputs
    signed = screening.objects.get(GALLERY_KEY)
    assert output.gallery_key == GALLERY_KEY
    assert output.sha256 == hashlib.sha256(signed).hexdigest()
    assert output.size_bytes == len(signed)
    assert np.array_equal(pixels(signed), pixels(portrait()))
    assert verdicts(screened)[Check.KNOWN_HASH].score == HOUR_S
    digest = hashlib.sha256(signed).hexdigest()
    master = WrittenRendition(RenditionRole.MASTER, digest, len(signed), "image/png", 64, 64)
    assert output.renditions == (master,)


def test_a_picture_has_no_files_but_itself(screening: Screening) -> None:
    work = work_for(portrait())
    gif = RenditionPlace(RenditionRole.GIF, f"gallery/ada/{ASSET}/gif")
    moving = msgspec.structs.replace(work.outputs[0], renditions=(gif,))
    screened = screening.screen(portrait(), msgspec.structs.replace(work, outputs=(moving,)))
    assert verdicts(screened)[Check.PROVENANCE].passed is None
    assert_denied(screening, screened)


def test_a_picture_of_nobody_known_passes_without_a_twin(screening: Screening) -> None:
    work = work_for(portrait(), checks=NO_TWIN_CHECKS)
    screened = screening.screen(portrait(), work)
    assert is_releasable(screened, NO_TWIN_CHECKS)
    screening.issue_lists(faces=(GRACE_FACE,))
    assert is_releasable(screening.screen(portrait(), work), NO_TWIN_CHECKS)


def test_a_picture_like_a_listed_person_is_denied_without_a_twin(screening: Screening) -> None:
    screening.issue_lists(faces=(GRACE_FACE, ADA_FACE))
    screened = screening.screen(portrait(), work_for(portrait(), checks=NO_TWIN_CHECKS))
    assert verdicts(screened)[Check.NO_ENROLLED_MATCH].passed is False
    assert_denied(screening, screened, NO_TWIN_CHECKS)


@pytest.mark.parametrize(
    ("report", "check", "passed"),
    [
        (NOBODY, Check.FACE_COUNT, False),
        (TWO_PEOPLE, Check.FACE_COUNT, False),
        (StubReport(("face",), GRACE_FACE), Check.IDENTITY, False),
        (StubReport(("face",), ADA_FACE, out_of_world=0.9), Check.IN_WORLD, False),
        (StubReport(("face",), ADA_FACE, out_of_world=0.9), Check.MINOR_VETO, None),
        (StubReport(("face",), ADA_FACE, out_of_world=math.nan), Check.IN_WORLD, None),
        (StubReport(("face",), ADA_FACE, out_of_world=math.nan), Check.MINOR_VETO, None),
        (StubReport(("face",), ADA_FACE, out_of_world=math.inf), Check.IN_WORLD, None),
        (StubReport(("face",), (math.nan, 0.0, 0.0)), Check.IDENTITY, None),
        (StubReport(("face",), (0.0, 0.0, 0.0)), Check.IDENTITY, None),
        (StubReport(("face",), (1.0, 0.0)), Check.IDENTITY, None),
        (StubReport(("face",), ()), Check.IDENTITY, None),
    ],
)
def test_whatever_speaks_against_the_face_denies(
    screening: Screening, report: StubReport, check: Check, *, passed: bool | None
) -> None:
    analyser = StubAnalyser()
    analyser.answers = lambda _: report
    screening.analyser = analyser
    screened = screening.screen(portrait())
    assert verdicts(screened)[check].passed is passed
    assert_denied(screening, screened)


class Failing(StubAnalyser):
    def analyse(self, rgb: object) -> StubReport:
        raise RuntimeError("out of memory")


class Stuck(StubAnalyser):
    """Answers when it is let go, which is after the test."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def analyse(self, rgb: object) -> StubReport:
        self.let_go.wait(30)
        return ADA


class Wordless(StubAnalyser):
    def analyse(self, rgb: object) -> StubReport:
        answer: StubReport = None  # type: ignore[assignment]
        return answer


@pytest.fixture(params=["missing", "failing", "stuck", "wordless"])
def broken(request: pytest.FixtureRequest, screening: Screening) -> Iterator[Screening]:
    stuck = Stuck()
    analysers = {"missing": None, "failing": Failing(), "stuck": stuck, "wordless": Wordless()}
    screening.analyser = analysers[request.param]
    screening.limit_s = 0.2
    yield screening
    stuck.let_go.set()


@pytest.mark.parametrize("checks", [TWIN_CHECKS, NO_TWIN_CHECKS])
def test_an_analyser_that_does_not_answer_denies(
    broken: Screening, checks: tuple[str, ...]
) -> None:
    screened = broken.screen(portrait(), work_for(portrait(), checks=checks))
    for name in checks:
        if name not in (Check.KNOWN_HASH, Check.PROVENANCE):
            assert verdicts(screened)[name].passed is None
    assert_denied(broken, screened, checks)


class Thresholdless(StubAnalyser):
    SAME_PERSON_COSINE_MIN = math.nan
    OUT_OF_WORLD_MAX = math.nan


def test_an_analyser_without_thresholds_denies(screening: Screening) -> None:
    screening.analyser = Thresholdless()
    screened = screening.screen(portrait())
    assert verdicts(screened)[Check.IDENTITY].passed is None
    assert verdicts(screened)[Check.IN_WORLD].passed is None
    assert_denied(screening, screened)


def test_a_known_picture_is_denied_in_every_orientation(screening: Screening) -> None:
    bits, _ = pdq(pixels(portrait()))
    screening.issue_lists(hashes=("0" * 64, hash_text(bits)))
    for turned in (0, 1, 2, 3):
        for picture in (pixels(portrait()), pixels(portrait())[:, ::-1]):
            seen = png(np.ascontiguousarray(np.rot90(picture, turned)))
            screened = screening.screen(seen)
            assert verdicts(screened)[Check.KNOWN_HASH].passed is False
            assert_denied(screening, screened)


def test_a_list_may_be_called_what_its_operator_likes(screening: Screening) -> None:
    issue_list(screening.hash_list, HashList('"März" \x00' + "x" * 200, NOW_S - HOUR_S, ()))
    verdict = verdicts(screening.screen(portrait()))[Check.KNOWN_HASH]
    assert verdict.passed is True
    assert verdict.model.startswith("pdq/?M?rz? ?xxx")
    assert msgspec.convert(verdict.model, ModelName) == verdict.model


def test_a_flat_picture_has_no_hash_and_is_not_cleared_by_that(screening: Screening) -> None:
    flat = png(np.full((64, 64, 3), 128, np.uint8))
    screened = screening.screen(flat)
    assert verdicts(screened)[Check.KNOWN_HASH].passed is None
    assert_denied(screening, screened)


@pytest.mark.parametrize(
    "broken_list",
    [
        None,
        b"",
        b"{}",
        b"[1, 2]",
        b"\xff\xfe",
        json.dumps({"type": "known-pictures", "name": "x", "issued_at_s": NOW_S}).encode(),
        json.dumps(
            {
                "type": "known-pictures",
                "name": "x",
                "issued_at_s": NOW_S - HOUR_S,
                "hashes": ["not a hash"],
            }
        ).encode(),
    ],
)
def test_a_list_that_is_missing_or_unreadable_denies(
    screening: Screening, broken_list: bytes | None
) -> None:
    screening.hash_list.unlink()
    if broken_list is not None:
        screening.hash_list.write_bytes(broken_list)
    screened = screening.screen(portrait())
    assert verdicts(screened)[Check.KNOWN_HASH].passed is None
    assert_denied(screening, screened)


@pytest.mark.parametrize("age_s", [24 * HOUR_S + 1, -1.0])
@pytest.mark.parametrize("checks", [TWIN_CHECKS, NO_TWIN_CHECKS])
def test_a_list_of_another_day_denies(
    screening: Screening, age_s: float, checks: tuple[str, ...]
) -> None:
    screening.issue_lists(age_s=age_s)
    screened = screening.screen(portrait(), work_for(portrait(), checks=checks))
    assert verdicts(screened)[Check.KNOWN_HASH].passed is None
    assert verdicts(screened)[Check.KNOWN_HASH].score == age_s
    assert_denied(screening, screened, checks)


def test_a_missing_list_of_people_denies(screening: Screening) -> None:
    screening.face_list.unlink()
    screened = screening.screen(portrait(), work_for(portrait(), checks=NO_TWIN_CHECKS))
    assert verdicts(screened)[Check.NO_ENROLLED_MATCH].passed is None
    assert_denied(screening, screened, NO_TWIN_CHECKS)


def test_a_list_of_people_made_by_another_model_denies(screening: Screening) -> None:
    issue_list(screening.face_list, FaceList("sandbox", NOW_S - HOUR_S, "other-2", ()))
    screened = screening.screen(portrait(), work_for(portrait(), checks=NO_TWIN_CHECKS))
    assert verdicts(screened)[Check.NO_ENROLLED_MATCH].passed is None
    assert_denied(screening, screened, NO_TWIN_CHECKS)


@pytest.mark.parametrize(
    "template", [None, b"{", msgspec.json.encode(FaceTemplate("other-2", ADA_FACE, ADA_FACE))]
)
def test_a_template_that_is_missing_broken_or_of_another_model_denies(
    screening: Screening, template: bytes | None
) -> None:
    screening.objects.delete([TEMPLATE_KEY])
    if template is not None:
        screening.objects.put(TEMPLATE_KEY, template, media_type="application/json")
    screened = screening.screen(portrait())
    assert verdicts(screened)[Check.IDENTITY].passed is None
    assert_denied(screening, screened)


def test_a_check_that_nobody_knows_denies(screening: Screening) -> None:
    checks = (*TWIN_CHECKS, "apparent_mood")
    screened = screening.screen(portrait(), work_for(portrait(), checks=checks))
    assert verdicts(screened)["apparent_mood"].passed is None
    assert_denied(screening, screened, checks)


def test_the_cartoon_world_is_no_basis_for_another_engine(screening: Screening) -> None:
    work = msgspec.structs.replace(work_for(portrait()), engine="stable-diffusion-xl")
    screened = screening.screen(portrait(), work)
    assert verdicts(screened)[Check.MINOR_VETO].passed is None
    assert_denied(screening, screened)


@pytest.mark.parametrize("what", ["absent", "other bytes", "no picture"])
def test_an_output_that_is_not_the_reported_picture_denies(screening: Screening, what: str) -> None:
    work = work_for(portrait())
    match what:
        case "absent":
            away = msgspec.structs.replace(work.outputs[0], quarantine_key="quarantine/none.png")
            screened = screening.screen(portrait(), msgspec.structs.replace(work, outputs=(away,)))
        case "other bytes":
            screened = screening.screen(png(np.zeros((64, 64, 3), np.uint8)), work)
        case _:
            screened = screening.screen(b"no picture at all")
    assert {check.passed for check in verdicts(screened).values()} == {None}
    assert_denied(screening, screened)


def test_a_key_service_that_does_not_answer_denies(screening: Screening) -> None:
    screening.signer.breaks = True
    screened = screening.screen(portrait())
    assert verdicts(screened)[Check.PROVENANCE].passed is None
    assert_denied(screening, screened)


def test_a_gallery_that_takes_nothing_refuses_no_picture_and_is_asked_again(
    screening: Screening,
) -> None:
    screening.objects.is_full = True
    with pytest.raises(StoreSilent):
        screening.screen(portrait())
    assert GALLERY_KEY not in list(screening.objects.keys("gallery/"))
    screening.objects.is_full = False
    assert verdicts(screening.screen(portrait()))[Check.PROVENANCE].passed is True


def test_a_copy_that_reads_back_differently_is_taken_away(screening: Screening) -> None:
    screening.objects.corrupts = True
    screened = screening.screen(portrait())
    assert verdicts(screened)[Check.PROVENANCE].passed is False
    assert_denied(screening, screened)


def test_screening_again_keeps_the_copy_whose_digest_was_reported(screening: Screening) -> None:
    first = screening.screen(portrait())
    assert screening.screen(portrait()) == first
    screening.issue_lists(age_s=48 * HOUR_S)
    screening.screen(portrait())
    assert hashlib.sha256(screening.objects.get(GALLERY_KEY)).hexdigest() == first.outputs[0].sha256


def test_a_copy_of_another_picture_under_the_same_key_is_replaced(screening: Screening) -> None:
    screening.screen(portrait())
    other = png(pixels(portrait())[:, ::-1].copy())
    screened = screening.screen(other)
    assert is_releasable(screened)
    assert np.array_equal(pixels(screening.objects.get(GALLERY_KEY)), pixels(other))


def test_the_signed_copy_says_the_generation_and_nothing_about_anyone(
    screening: Screening,
) -> None:
    told = PngInfo()
    told.add_text("prompt", "Ada, a lighthouse in fog")
    screening.screen(saved(Image.open(io.BytesIO(portrait())), "PNG", pnginfo=told))
    signed = screening.objects.get(GALLERY_KEY)
    assert b"lighthouse" not in signed
    assert b"trainedAlgorithmicMedia" in signed
    assert str(ASSET).encode() in signed
    assert b"thumbnail" not in signed


def test_a_key_service_that_is_away_is_not_asked_for_a_copy_that_lies_there(
    screening: Screening,
) -> None:
    first = screening.screen(portrait())
    screening.signer.breaks = True
    assert screening.screen(portrait()) == first


def test_credentials_of_another_generation_or_signer_are_refused(
    screening: Screening, tmp_path: Path
) -> None:
    credentials = Credentials(screening.signer)
    signed = credentials.sign(portrait(), Generation(ASSET), media_type="image/png")
    credentials.verify(signed, Generation(ASSET), media_type="image/png")
    for broken in (signed[:-30] + bytes(30), portrait(), png(pixels(signed)), b""):
        with pytest.raises(CredentialsRefused):
            credentials.verify(broken, Generation(ASSET), media_type="image/png")
    with pytest.raises(CredentialsRefused, match="assertions"):
        credentials.verify(signed, Generation(JOB), media_type="image/png")
    stranger = Credentials(FileSigner(tmp_path / "stranger"))
    with pytest.raises(CredentialsRefused, match="Valid"):
        stranger.verify(signed, Generation(ASSET), media_type="image/png")


SOURCE = UUID("d0000000-0000-4000-8000-000000000003")
"""The generation that a remix was made of."""


def test_a_remix_says_what_it_was_made_of_and_no_more(screening: Screening) -> None:
    work = work_for(portrait())
    [output] = work.outputs
    remix = msgspec.structs.replace(output, source=SOURCE)
    screened = screening.screen(portrait(), msgspec.structs.replace(work, outputs=(remix,)))
    assert screened.outputs[0].gallery_key == GALLERY_KEY
    signed, credentials = screening.objects.get(GALLERY_KEY), Credentials(screening.signer)
    credentials.verify(signed, Generation(ASSET, SOURCE), media_type="image/png")
    for other in (Generation(ASSET), Generation(ASSET, JOB), Generation(SOURCE, ASSET)):
        with pytest.raises(CredentialsRefused, match="assertions"):
            credentials.verify(signed, other, media_type="image/png")
    with c2pa.Reader("image/png", io.BytesIO(signed)) as reader:
        told = json.loads(reader.json())
    [manifest] = told["manifests"].values()
    assert "ingredients" not in manifest
    said = {one["label"]: one["data"] for one in manifest["assertions"]}
    assert said[GENERATION_LABEL] == {
        "generation_id": str(ASSET),
        "source": {"relationship": "parentOf", "generation_id": str(SOURCE)},
    }
