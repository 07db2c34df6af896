"""A screener makes what a tile shows together with what is released, and of nothing else."""

import hashlib
from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET

from adapters.provenance.file_signer import FileSigner
from gpu_consumers.screening.clip_decoding import Frames
from gpu_consumers.screening.thumbhash import placeholder
from gpu_consumers.screening.thumbnails import thumbnail
from tests.gpu_consumers.screening.ada import TWO_PEOPLE, StubAnalyser, photos_of_ada, pixels
from tests.gpu_consumers.screening.clip_work import clip_work
from tests.gpu_consumers.screening.clips import matroska, portrait_clip
from tests.gpu_consumers.screening.output_desk import ASSET, Screening, Signer, work_for
from topics.messages.work import OutputsWork, ThumbnailPlace, ThumbnailRole

PLACES = tuple(ThumbnailPlace(role, f"gallery/{ASSET}/1/{role.value}") for role in ThumbnailRole)


def with_thumbnails(work: OutputsWork) -> OutputsWork:
    [output] = work.outputs
    output = msgspec.structs.replace(output, thumbnails=PLACES)
    return msgspec.structs.replace(work, outputs=(output,))


@pytest.fixture
def desk(tmp_path: Path) -> Screening:
    return Screening(tmp_path, Signer(FileSigner(tmp_path / "keys")))


@pytest.fixture
def picture() -> bytes:
    return photos_of_ada()[0]


def lying(desk: Screening) -> dict[ThumbnailRole, bytes]:
    return {place.role: desk.objects.get(place.object_key) for place in PLACES}


def test_a_picture_that_passes_has_its_thumbnails_and_a_blur(
    desk: Screening, picture: bytes
) -> None:
    [output] = desk.screen(picture, with_thumbnails(work_for(picture))).outputs
    rgb = pixels(picture)
    made = {role: thumbnail(rgb, role) for role in ThumbnailRole}
    assert lying(desk) == {role: file.data for role, file in made.items()}
    assert output.thumbnails is not UNSET
    assert [(one.role, one.sha256, one.size_bytes) for one in output.thumbnails] == [
        (role, hashlib.sha256(file.data).hexdigest(), len(file.data)) for role, file in made.items()
    ]
    assert output.placeholder == placeholder(rgb)
    assert output.renditions is not UNSET
    assert [one.role.value for one in output.renditions] == ["master"]


def test_a_clip_shows_its_first_frame(desk: Screening) -> None:
    frames: Frames = portrait_clip(32, "push", 128)
    clip = matroska(frames)
    [output] = desk.screen(clip, with_thumbnails(clip_work(clip))).outputs
    assert lying(desk) == {role: thumbnail(frames[0], role).data for role in ThumbnailRole}
    assert output.placeholder == placeholder(frames[0])
    assert output.renditions is not UNSET
    assert len(output.renditions) == 4


def test_of_a_picture_that_does_not_pass_nothing_is_made(desk: Screening, picture: bytes) -> None:
    analyser = StubAnalyser()
    analyser.answers = lambda _: TWO_PEOPLE
    desk.analyser = analyser
    [output] = desk.screen(picture, with_thumbnails(work_for(picture))).outputs
    assert list(desk.objects.keys("gallery/")) == []
    assert (output.thumbnails, output.placeholder) == (UNSET, UNSET)


def test_a_recorder_of_before_asks_for_none_and_is_told_of_none(
    desk: Screening, picture: bytes
) -> None:
    [output] = desk.screen(picture).outputs
    assert (output.thumbnails, output.placeholder) == (UNSET, UNSET)
    assert output.sha256 is not None


def test_where_a_thumbnail_finds_no_room_nothing_of_the_output_stays(
    desk: Screening, picture: bytes
) -> None:
    desk.objects.full_after = 2
    with pytest.raises(Exception, match="StoreFull"):
        desk.screen(picture, with_thumbnails(work_for(picture)))
    assert list(desk.objects.keys("gallery/")) == []


def test_a_screening_that_is_repeated_leaves_what_it_finds(desk: Screening, picture: bytes) -> None:
    work = with_thumbnails(work_for(picture))
    first = desk.screen(picture, work)
    lay = lying(desk)
    assert desk.screen(picture, work) == first
    assert lying(desk) == lay
