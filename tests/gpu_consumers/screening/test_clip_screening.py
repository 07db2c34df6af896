"""Clips: every judged frame counts, an end may be cut, and all files are written or none."""

import hashlib
import io
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from adapters.provenance.file_signer import FileSigner
from domain.checks import Check
from gpu_consumers.screening import credentials as credentials_module
from gpu_consumers.screening.clip_judging import judged_frames
from gpu_consumers.screening.credentials import Credentials, CredentialsRefused, Generation
from gpu_consumers.screening.pdq import hash_text, pdq
from gpu_consumers.screening.released_files import mp4
from gpu_consumers.screening.signed_copies import StoreSilent
from tests.gpu_consumers.screening.ada import (
    ADA,
    ADA_FACE,
    GRACE,
    GRACE_FACE,
    NOBODY,
    TWO_PEOPLE,
    StubAnalyser,
    StubReport,
    png,
)
from tests.gpu_consumers.screening.clip_work import KEYS, MEDIA_TYPES, clip_work
from tests.gpu_consumers.screening.clips import FRAME_RATE, matroska, portrait_clip
from tests.gpu_consumers.screening.output_desk import (
    ASSET,
    HOUR_S,
    JOB,
    NO_TWIN_CHECKS,
    TWIN_CHECKS,
    Screening,
    Signer,
    is_releasable,
    verdicts,
)
from topics.codec import require_bounds
from topics.messages.results import OutputsScreened, WrittenRendition
from topics.messages.work import OutputsWork, RenditionPlace, RenditionRole

MADE_OF_FACES = (Check.FACE_COUNT, Check.IDENTITY, Check.IN_WORLD, Check.MINOR_VETO)


@pytest.fixture(scope="module")
def file_signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    return FileSigner(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def screening(tmp_path: Path, file_signer: FileSigner) -> Screening:
    return Screening(tmp_path, Signer(file_signer), analyser=ByFrame())


class ByFrame(StubAnalyser):
    """Answers by the number of the frame it is asked for; of all others it says Ada."""

    def __init__(self, reports: dict[int, StubReport] | None = None) -> None:
        super().__init__()
        self.reports = reports or {}
        self.asked = 0

    def analyse(self, rgb: NDArray[np.uint8]) -> StubReport:
        self.asked += 1
        return self.reports.get(self.asked - 1, ADA)


def ada_from(first: int, last: int) -> dict[int, StubReport]:
    """Somebody else in all frames outside of these."""
    return {number: GRACE for number in range(40) if not first <= number <= last}


def assert_denied(
    screening: Screening, screened: OutputsScreened, checks: tuple[str, ...] = TWIN_CHECKS
) -> None:
    assert not is_releasable(screened, checks)
    (output,) = screened.outputs
    assert output.gallery_key is None
    assert output.renditions is msgspec.UNSET
    assert output.likeness is msgspec.UNSET
    assert [key for key in KEYS.values() if screening.objects.head(key) is not None] == []


def written(screened: OutputsScreened) -> dict[RenditionRole, WrittenRendition]:
    (output,) = screened.outputs
    assert output.renditions is not msgspec.UNSET
    return {rendition.role: rendition for rendition in output.renditions}


def screen(
    screening: Screening, clip: NDArray[np.uint8], work: OutputsWork | None = None
) -> OutputsScreened:
    data = matroska(clip)
    return screening.screen(data, work or clip_work(data, frames=len(clip)))


def test_a_clip_of_the_twin_passes_every_gate_and_becomes_four_files(
    screening: Screening,
) -> None:
    screened = screen(screening, portrait_clip(side=512))
    assert is_releasable(screened)
    assert list(verdicts(screened)) == list(TWIN_CHECKS)
    assert verdicts(screened)[Check.KNOWN_HASH].score == HOUR_S
    files = written(screened)
    assert set(files) == set(RenditionRole)
    for role, told in files.items():
        data = screening.objects.get(KEYS[role])
        facts = screening.objects.head(KEYS[role])
        assert facts is not None
        assert (told.sha256, told.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
        assert told.media_type == facts.media_type == MEDIA_TYPES[role]
    assert {role: told.duration_ms for role, told in files.items()} == {
        RenditionRole.MASTER: 4_000,
        RenditionRole.PREVIEW: 4_000,
        RenditionRole.GIF: 4_000,
        RenditionRole.POSTER: None,
    }
    (output,) = screened.outputs
    assert (output.gallery_key, output.sha256) == (
        KEYS[RenditionRole.MASTER],
        files[RenditionRole.MASTER].sha256,
    )
    assert output.likeness == (1.0, 1.0, 1.0, 1.0)
    require_bounds(screened)


def test_the_film_is_h264_that_plays_while_it_loads(screening: Screening) -> None:
    clip = portrait_clip(40, "turn", 512)
    told = written(screen(screening, clip))[RenditionRole.MASTER]
    data = screening.objects.get(KEYS[RenditionRole.MASTER])
    with av.open(io.BytesIO(data), "r") as film:
        (stream,) = film.streams
        assert isinstance(stream, av.VideoStream)
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (told.width, told.height) == (512, 512)
        assert stream.average_rate == FRAME_RATE
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) * 1_000 == told.duration_ms == 5_000
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(shown) == 40
    assert float(np.abs(np.stack(shown).astype(int) - clip).mean()) < 4
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_what_moves_besides_the_film_takes_as_long_and_begins_again(screening: Screening) -> None:
    files = written(screen(screening, portrait_clip(24, "push", 512)))
    for role, side in ((RenditionRole.PREVIEW, 512), (RenditionRole.GIF, 480)):
        with Image.open(io.BytesIO(screening.objects.get(KEYS[role]))) as picture:
            assert picture.size == (files[role].width, files[role].height) == (side, side)
            assert picture.info["loop"] == 0
            shown_ms = []
            for frame in ImageSequence.Iterator(picture):
                frame.load()
                shown_ms.append(frame.info["duration"])
            assert sum(shown_ms) == 3_000


def test_the_poster_is_the_first_frame_and_says_nothing(screening: Screening) -> None:
    clip = portrait_clip(side=128)
    screen(screening, clip)
    data = screening.objects.get(KEYS[RenditionRole.POSTER])
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.info == {}
        assert np.array_equal(np.asarray(picture), clip[0])


def test_every_file_that_can_be_downloaded_says_that_a_model_made_it(
    screening: Screening,
) -> None:
    screen(screening, portrait_clip())
    credentials = Credentials(screening.signer)
    for role, media_type in MEDIA_TYPES.items():
        data = screening.objects.get(KEYS[role])
        if role is RenditionRole.POSTER:
            with pytest.raises(CredentialsRefused):
                credentials.verify(data, Generation(ASSET), media_type=media_type)
            continue
        credentials.verify(data, Generation(ASSET), media_type=media_type)
        with pytest.raises(CredentialsRefused):
            credentials.verify(data, Generation(JOB), media_type=media_type)
        broken = bytearray(data)
        broken[-40] ^= 255
        with pytest.raises(CredentialsRefused):
            credentials.verify(bytes(broken), Generation(ASSET), media_type=media_type)


def test_a_film_that_says_more_or_is_bound_to_less_than_its_whole_is_refused(
    screening: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Credentials(screening.signer)
    film = mp4(portrait_clip(), FRAME_RATE).data
    said = credentials_module._said(Generation(ASSET))
    more = said | {"org.ai-content-suite.other": {"prompt": "a lighthouse in fog"}}
    with monkeypatch.context() as saying_more:
        saying_more.setattr(credentials_module, "_said", lambda _: more)
        talkative = credentials.sign(film, Generation(ASSET), media_type="video/mp4")
    with pytest.raises(CredentialsRefused, match="assertions"):
        credentials.verify(talkative, Generation(ASSET), media_type="video/mp4")
    signed = credentials.sign(film, Generation(ASSET), media_type="video/mp4")
    credentials.verify(signed, Generation(ASSET), media_type="video/mp4")
    monkeypatch.setattr(credentials_module, "_BMFF_EXCLUSIONS", [{"xpath": "/uuid"}])
    with pytest.raises(CredentialsRefused, match="whole file"):
        credentials.verify(signed, Generation(ASSET), media_type="video/mp4")


def test_a_kind_of_file_that_carries_no_credentials_is_refused(screening: Screening) -> None:
    with pytest.raises(CredentialsRefused, match="kind of file"):
        Credentials(screening.signer).verify(b"", Generation(ASSET), media_type="video/x-matroska")


def test_the_pocket_models_frames_are_judged_one_by_one(screening: Screening) -> None:
    screen(screening, portrait_clip())
    assert isinstance(screening.analyser, ByFrame)
    assert screening.analyser.asked == 32


@pytest.mark.parametrize(
    ("count", "frame_rate", "a_second"), [(1, 8, 2), (32, 8, 2), (121, 24, 8), (81, 16, 2)]
)
def test_the_first_the_last_and_enough_frames_of_every_second_are_judged(
    count: int, frame_rate: int, a_second: int
) -> None:
    numbers = judged_frames(count, frame_rate, a_second)
    assert (numbers[0], numbers[-1]) == (0, count - 1)
    for second in range(count // frame_rate):
        within = [number for number in numbers if number // frame_rate == second]
        assert len(within) >= a_second


def test_an_end_that_is_no_longer_like_the_twin_is_cut(screening: Screening) -> None:
    screening.analyser = ByFrame(ada_from(0, 26))
    clip = portrait_clip(side=128)
    screened = screen(screening, clip)
    assert is_releasable(screened)
    assert verdicts(screened)[Check.IDENTITY].score == 1.0
    assert {told.duration_ms for told in written(screened).values()} == {3_375, None}
    assert screened.outputs[0].likeness == (1.0, 1.0, 1.0, 1.0)
    with av.open(io.BytesIO(screening.objects.get(KEYS[RenditionRole.MASTER])), "r") as film:
        assert sum(1 for _ in film.decode(video=0)) == 27


def test_the_likeness_of_a_second_is_its_least(screening: Screening) -> None:
    turned = StubReport(("face",), (0.8, 0.6, 0.0))
    screening.analyser = ByFrame({3: turned, 17: turned, 31: turned})
    assert screen(screening, portrait_clip()).outputs[0].likeness == (0.8, 1.0, 0.8, 0.8)


@pytest.mark.parametrize("first_other", [0, 8, 23])
def test_a_clip_of_which_too_little_would_be_left_is_refused(
    screening: Screening, first_other: int
) -> None:
    screening.analyser = ByFrame(ada_from(0, first_other - 1))
    screened = screen(screening, portrait_clip())
    assert verdicts(screened)[Check.IDENTITY].passed is False
    assert verdicts(screened)[Check.IDENTITY].score == 0.0
    assert_denied(screening, screened)


def test_three_seconds_that_are_alike_are_enough(screening: Screening) -> None:
    screening.analyser = ByFrame(ada_from(0, 23))
    screened = screen(screening, portrait_clip())
    assert is_releasable(screened)
    assert written(screened)[RenditionRole.MASTER].duration_ms == 3_000
    assert screened.outputs[0].likeness == (1.0, 1.0, 1.0)


def test_likeness_that_comes_back_does_not_mend_what_lies_between(screening: Screening) -> None:
    screening.analyser = ByFrame({25: GRACE})
    screened = screen(screening, portrait_clip())
    assert written(screened)[RenditionRole.MASTER].duration_ms == 25 * 125


@pytest.mark.parametrize("number", [0, 13, 31])
@pytest.mark.parametrize(
    ("report", "check", "passed"),
    [
        (NOBODY, Check.FACE_COUNT, False),
        (TWO_PEOPLE, Check.FACE_COUNT, False),
        (StubReport(("face",), ADA_FACE, out_of_world=0.9), Check.IN_WORLD, False),
        (StubReport(("face",), ADA_FACE, out_of_world=0.9), Check.MINOR_VETO, None),
        (StubReport(("face",), (np.nan, 0.0, 0.0)), Check.IDENTITY, None),
    ],
)
def test_one_frame_that_something_speaks_against_is_enough(
    screening: Screening, number: int, report: StubReport, check: Check, *, passed: bool | None
) -> None:
    screening.analyser = ByFrame({number: report})
    screened = screen(screening, portrait_clip())
    assert verdicts(screened)[check].passed is passed
    assert_denied(screening, screened)


def test_a_second_person_behind_the_cut_is_not_cut_away(screening: Screening) -> None:
    screening.analyser = ByFrame(ada_from(0, 26) | {31: TWO_PEOPLE})
    assert_denied(screening, screen(screening, portrait_clip()))


class FailingOnce(ByFrame):
    def analyse(self, rgb: NDArray[np.uint8]) -> StubReport:
        report = super().analyse(rgb)
        if self.asked == 20:
            raise RuntimeError("out of memory")
        return report


def test_one_frame_that_could_not_be_judged_denies_and_nobody_is_asked_again(
    screening: Screening,
) -> None:
    screening.analyser = FailingOnce()
    screened = screen(screening, portrait_clip())
    assert {verdicts(screened)[name].passed for name in MADE_OF_FACES} == {None}
    assert screening.analyser.asked == 20
    assert_denied(screening, screened)


def test_a_known_picture_among_the_frames_is_denied(screening: Screening) -> None:
    clip = portrait_clip(side=128).copy()
    strange = portrait_clip(1, side=128, seed=9)[0]
    bits, _ = pdq(strange)
    screening.issue_lists(hashes=(hash_text(bits),))
    assert is_releasable(screen(screening, clip))
    clip[12:16] = strange
    screening.objects.delete(KEYS.values())
    screened = screen(screening, clip)
    assert verdicts(screened)[Check.KNOWN_HASH].passed is False
    assert_denied(screening, screened)


def test_without_a_twin_no_frame_may_be_like_a_listed_person(screening: Screening) -> None:
    screening.issue_lists(faces=(GRACE_FACE,))
    data = matroska(portrait_clip())
    work = clip_work(data, checks=NO_TWIN_CHECKS)
    screened = screening.screen(data, work)
    assert is_releasable(screened, NO_TWIN_CHECKS)
    assert screened.outputs[0].likeness is msgspec.UNSET
    screening.objects.delete(KEYS.values())
    screening.analyser = ByFrame({30: GRACE})
    screened = screening.screen(data, work)
    assert verdicts(screened)[Check.NO_ENROLLED_MATCH].passed is False
    assert_denied(screening, screened, NO_TWIN_CHECKS)


def test_a_list_that_is_missing_denies(screening: Screening) -> None:
    screening.hash_list.unlink()
    screened = screen(screening, portrait_clip())
    assert verdicts(screened)[Check.KNOWN_HASH].passed is None
    assert_denied(screening, screened)


HOSTILE = {
    "longer than reported": matroska(portrait_clip(40)),
    "shorter than reported": matroska(portrait_clip(24)),
    "cut off": matroska(portrait_clip())[:20_000],
    "another codec": matroska(portrait_clip(), codec="libx264", pixel_format="yuv420p"),
    "with sound": matroska(portrait_clip(), beside=["audio"]),
    "with subtitles": matroska(portrait_clip(), beside=["subtitles"]),
    "too wide": matroska(np.zeros((32, 16, 706, 3), np.uint8)),
    "a picture": png(portrait_clip()[0]),
    "a playlist": b"#EXTM3U\n#EXTINF:9,\nfile:///etc/hostname\n",
    "nothing": b"",
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_clip_is_denied(screening: Screening, hostile: str) -> None:
    data = HOSTILE[hostile]
    screened = screening.screen(data, clip_work(data))
    assert {check.passed for check in verdicts(screened).values()} == {None}
    assert_denied(screening, screened)


@pytest.mark.parametrize("what", ["other bytes", "engine", "media type", "seconds"])
def test_a_clip_that_is_not_what_was_granted_is_denied(screening: Screening, what: str) -> None:
    data = matroska(portrait_clip())
    match what:
        case "other bytes":
            work = clip_work(data + b"\0")
        case "engine":
            work = clip_work(data, engine="stable-diffusion-xl")
        case "media type":
            work = clip_work(data, media_type="image/png")
        case _:
            work = clip_work(data, frames=61 * FRAME_RATE)
    screened = screening.screen(data, work)
    assert {check.passed for check in verdicts(screened).values()} == {None}
    assert_denied(screening, screened)


def test_a_picture_in_the_place_of_a_clip_and_a_clip_in_that_of_a_picture_are_denied(
    screening: Screening,
) -> None:
    data = matroska(portrait_clip())
    screened = screening.screen(data, msgspec.structs.replace(clip_work(data), clip=msgspec.UNSET))
    assert {check.passed for check in verdicts(screened).values()} == {None}
    assert_denied(screening, screened)


def test_a_file_that_is_asked_for_twice_is_nobodys(screening: Screening) -> None:
    data = matroska(portrait_clip())
    work = clip_work(data)
    again = (RenditionPlace(RenditionRole.GIF, "gallery/a"),) * 2
    twice = msgspec.structs.replace(work.outputs[0], renditions=again)
    screened = screening.screen(data, msgspec.structs.replace(work, outputs=(twice,)))
    assert verdicts(screened)[Check.PROVENANCE].passed is None
    assert_denied(screening, screened)


def test_a_key_service_that_does_not_answer_denies(screening: Screening) -> None:
    screening.signer.breaks = True
    screened = screen(screening, portrait_clip())
    assert verdicts(screened)[Check.PROVENANCE].passed is None
    assert_denied(screening, screened)


def test_files_that_read_back_differently_are_all_taken_away(screening: Screening) -> None:
    screening.objects.corrupts = True
    screened = screen(screening, portrait_clip())
    assert verdicts(screened)[Check.PROVENANCE].passed is False
    assert_denied(screening, screened)


def test_a_gallery_that_is_full_after_two_files_keeps_none(screening: Screening) -> None:
    screening.objects.full_after = 2
    with pytest.raises(StoreSilent):
        screen(screening, portrait_clip())
    assert not list(screening.objects.keys("gallery/"))


def test_screening_again_keeps_the_files_whose_digests_were_reported(
    screening: Screening,
) -> None:
    first = screen(screening, portrait_clip())
    screening.analyser = ByFrame()
    assert screen(screening, portrait_clip()) == first


def test_screening_again_writes_what_is_missing_and_keeps_the_rest(screening: Screening) -> None:
    first = written(screen(screening, portrait_clip()))
    screening.objects.delete([KEYS[RenditionRole.GIF], KEYS[RenditionRole.POSTER]])
    screening.analyser = ByFrame()
    second = written(screen(screening, portrait_clip()))
    same = {role for role in RenditionRole if second[role].sha256 == first[role].sha256}
    assert same == set(RenditionRole) - {RenditionRole.GIF}


def test_files_of_another_clip_under_the_same_keys_are_replaced(screening: Screening) -> None:
    first = written(screen(screening, portrait_clip()))
    screening.analyser = ByFrame()
    second = written(screen(screening, portrait_clip(motion="nod")))
    changed = {role for role in RenditionRole if second[role].sha256 != first[role].sha256}
    assert changed >= {RenditionRole.MASTER, RenditionRole.PREVIEW, RenditionRole.GIF}
