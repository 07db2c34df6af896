"""A photo to begin with passes what outputs pass; whatever else the file holds stays behind."""

import hashlib
import io
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from PIL import Image

from adapters.objects.in_memory import InMemoryObjectStore
from domain.checks import CheckVerdict
from domain.policy import DEFAULT_ROWS
from domain.rating import Rating
from domain.screening_profile import ScreeningProfile
from domain.source_photo import SourceFlaw, flaws_of_source
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.pdq import hash_text, pdq
from gpu_consumers.screening.source_photo_gate import SourcePhotoGate
from tests.gpu_consumers.screening.ada import (
    A_PHOTOGRAPH,
    ADA_FACE,
    CLAIM,
    GRACE,
    GRACE_FACE,
    NOBODY,
    TEMPLATE_KEY,
    TWIN,
    TWO_PEOPLE,
    StubAnalyser,
    StubReport,
    photos_of_ada,
    pixels,
    saved,
    store,
)
from tests.gpu_consumers.screening.output_desk import NOW_S
from topics.messages.results import SourcePhotoJudged
from topics.messages.work import PhotoToJudge, SourcePhotoWork

PHOTO = UUID(int=0xF0F0, version=4)
UPLOAD = f"uploads/ada/{TWIN}/1/{PHOTO}/source"
CLEAN = f"photos/{TWIN}/1/{PHOTO}/{CLAIM}.png"
ROW = next(
    row
    for row in DEFAULT_ROWS
    if (row.engine, row.rating, row.screening)
    == ("pocket", Rating.GENERAL, ScreeningProfile.PICTURES)
)


def work() -> SourcePhotoWork:
    checks = [tuple(c for c in ROW.checks_for(who) if c != "provenance") for who in (TWIN, None)]
    return SourcePhotoWork(
        TWIN, "pocket", PhotoToJudge(PHOTO, UPLOAD, CLEAN), TEMPLATE_KEY, checks[0], checks[1]
    )


class Desk:
    """A gate over a store, with lists and a template in place."""

    def __init__(self, folder: Path) -> None:
        self.objects: InMemoryObjectStore = store()
        self.analyser = StubAnalyser()
        self._folder = folder
        self.issue(hashes=(), faces=(GRACE_FACE,))
        template = FaceTemplate("stub-1", ADA_FACE, ADA_FACE)
        self.objects.put(TEMPLATE_KEY, msgspec.json.encode(template), media_type="application/json")

    def issue(self, *, hashes: tuple[str, ...], faces: tuple[tuple[float, ...], ...] = ()) -> None:
        """Lists as an operator has them."""
        issue_list(self._folder / "pictures.json", HashList("sandbox", NOW_S - 60, hashes))
        issue_list(self._folder / "people.json", FaceList("sandbox", NOW_S - 60, "stub-1", faces))

    def judge(self, photo: bytes | None, report: StubReport | None = None) -> SourcePhotoJudged:
        """What is said of this file, in which the analyser sees that."""
        if photo is not None:
            self.objects.put(UPLOAD, photo, media_type="image/jpeg")
        if photo is not None and report is not None:
            self.analyser.knows(photo, report)
        lists = Lists(self._folder / "pictures.json", self._folder / "people.json")
        analyser = TimedAnalyser(self.analyser)
        checks = OutputChecks(analyser, lists, now_s=lambda: NOW_S)
        return SourcePhotoGate(self.objects, analyser, checks).judge(work(), CLAIM)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def flaws(judged: SourcePhotoJudged) -> tuple[SourceFlaw, ...]:
    """What the domain makes of it."""
    checks = tuple(
        CheckVerdict(one.check, one.passed, one.model, one.score) for one in judged.checks
    )
    return flaws_of_source(ROW, TWIN, checks)


def test_ones_own_face_is_accepted_and_copied_from_pixels_alone(desk: Desk) -> None:
    portrait = Image.fromarray(pixels(photos_of_ada()[0]))
    exif = Image.Exif()
    exif[0x010E] = "where Ada lives"
    judged = desk.judge(saved(portrait, "JPEG", quality=95, exif=exif.tobytes()))
    assert flaws(judged) == ()
    assert judged.copy is not None
    clean = desk.objects.get(CLEAN)
    assert hashlib.sha256(clean).hexdigest() == judged.copy.sha256
    assert (judged.copy.width, judged.copy.height) == portrait.size
    with Image.open(io.BytesIO(clean)) as copy:
        assert copy.format == "PNG"
        assert not copy.getexif()
    assert b"Ada lives" not in clean


def test_a_photo_of_nobody_is_accepted(desk: Desk) -> None:
    judged = desk.judge(photos_of_ada()[1], NOBODY)
    assert flaws(judged) == ()
    assert "no_enrolled_match" in {check.check for check in judged.checks}
    assert judged.copy is not None


@pytest.mark.parametrize(
    ("report", "flaw"),
    [
        (GRACE, SourceFlaw.ANOTHER_PERSON),
        (TWO_PEOPLE, SourceFlaw.SEVERAL_FACES),
        (A_PHOTOGRAPH, SourceFlaw.REAL_PHOTOGRAPH),
    ],
)
def test_who_or_what_it_must_not_show_is_refused_and_never_copied(
    desk: Desk, report: StubReport, flaw: SourceFlaw
) -> None:
    judged = desk.judge(photos_of_ada()[2], report)
    assert flaw in flaws(judged)
    assert judged.copy is None
    assert desk.objects.head(CLEAN) is None


def test_a_known_picture_is_refused(desk: Desk) -> None:
    photo = photos_of_ada()[3]
    desk.issue(hashes=(hash_text(pdq(pixels(photo))[0]),))
    assert flaws(desk.judge(photo)) == (SourceFlaw.NOT_ALLOWED,)


def test_without_a_template_nobody_knows_whose_face_it_is(desk: Desk) -> None:
    desk.objects.delete([TEMPLATE_KEY])
    judged = desk.judge(photos_of_ada()[4])
    assert flaws(judged) == (SourceFlaw.NOT_JUDGED,)
    assert judged.copy is None


def test_an_analyser_that_breaks_lets_nothing_through(desk: Desk) -> None:
    def breaks(report: StubReport) -> StubReport:
        raise RuntimeError

    desk.analyser.answers = breaks
    judged = desk.judge(photos_of_ada()[4])
    assert SourceFlaw.NOT_JUDGED in flaws(judged)
    assert judged.copy is None


@pytest.mark.parametrize(
    ("photo", "flaw"),
    [
        (None, SourceFlaw.NOT_UPLOADED),
        (b"no photo at all", SourceFlaw.UNREADABLE),
        (photos_of_ada()[0][:9_000], SourceFlaw.TRUNCATED),
        (saved(Image.new("RGB", (200, 400), "navy"), "PNG"), SourceFlaw.TOO_SMALL),
    ],
)
def test_what_cannot_be_looked_at_is_said(
    desk: Desk, photo: bytes | None, flaw: SourceFlaw
) -> None:
    judged = desk.judge(photo)
    assert (judged.flaw, judged.checks, judged.copy) == (flaw, (), None)
