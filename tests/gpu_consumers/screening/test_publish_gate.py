"""Packs: every item in every size, with a label that one sees and credentials one can check."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.provenance.file_signer import FileSigner
from domain.publish_preset import PRESET_SIZES, PublishPreset
from gpu_consumers.screening.credentials import Credentials, Generation
from gpu_consumers.screening.publish_gate import NotMade, PublishGate
from gpu_consumers.screening.publish_label import published
from gpu_consumers.screening.released_files import MP4, mp4
from tests.gpu_consumers.screening.ada import CLAIM, photos_of_ada, pixels, png, store
from tests.gpu_consumers.screening.clips import FRAME_RATE, portrait_clip
from topics.messages.results import PackMade
from topics.messages.work import PackItemWork, PackPlace, PublishWork

ASSET = UUID(int=0xA55E7, version=4)
PACK = UUID(int=0xBAC, version=4)
MASTER = f"gallery/{ASSET}/1/master"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC_EXT = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
XMP_OF_FILM = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.fixture
def objects() -> InMemoryObjectStore:
    return store()


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials(FileSigner(tmp_path / "keys"))


def work(
    objects: InMemoryObjectStore, data: bytes, *presets: PublishPreset, is_clip: bool = False
) -> PublishWork:
    objects.put(MASTER, data, media_type="video/mp4" if is_clip else "image/png")
    places = tuple(
        PackPlace(preset, f"packs/{ASSET}/{PACK}/{CLAIM}/{preset}", *PRESET_SIZES.get(preset, ()))
        for preset in presets
    )
    item = PackItemWork(ASSET, MASTER, hashlib.sha256(data).hexdigest(), is_clip, places)
    return PublishWork(PACK, UUID(int=1), (item,))


def lower_left(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where the label stands."""
    height, width = rgb.shape[:2]
    return rgb[round(height * 0.9) :, : round(width * 0.35)]


def written(objects: InMemoryObjectStore, preset: PublishPreset) -> bytes:
    return objects.get(f"packs/{ASSET}/{PACK}/{CLAIM}/{preset}")


def source_type(xmp: str) -> str:
    """Where any program looks for it that knows IPTC."""
    [said] = ElementTree.fromstring(xmp).iter(f"{RDF}Description")
    return said.attrib[f"{IPTC_EXT}DigitalSourceType"]


def boxes(film: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Those of the top of an MP4, by type."""
    while film:
        size = int.from_bytes(film[:4])
        yield film[4:8], film[8:size]
        film = film[size:]


def test_a_picture_is_made_in_every_size(
    objects: InMemoryObjectStore, credentials: Credentials
) -> None:
    original = pixels(photos_of_ada()[0])
    data = png(original)
    asked = work(objects, data, *PublishPreset)
    made = PublishGate(objects, credentials).make(asked, CLAIM)
    assert isinstance(made, PackMade)
    assert (made.job, made.packs) == (PACK, UUID(int=1))
    assert [file.preset for file in made.files] == list(PublishPreset)
    for file in made.files:
        preset = PublishPreset(file.preset)
        data = written(objects, preset)
        assert hashlib.sha256(data).hexdigest() == file.sha256
        credentials.verify(data, Generation(ASSET), media_type="image/jpeg")
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.format == "JPEG"
            size = PRESET_SIZES.get(preset, (original.shape[1], original.shape[0]))
            assert picture.size == size == (file.width, file.height)
            assert source_type(picture.info["xmp"].decode()) == IPTC
            assert not picture.getexif()


def test_the_label_is_seen_on_light_and_on_dark(objects: InMemoryObjectStore) -> None:
    for ground in (0, 128, 255):
        plain = np.full((512, 512, 3), ground, np.uint8)
        shown = published(plain, (1080, 1080))
        # Black where it is not, so that what is there is the label alone.
        label = lower_left(shown).astype(int)
        assert label.min() <= 75
        assert label.max() >= 250
        assert (shown[: round(1080 * 0.9)] == ground).all()


def test_nothing_of_a_picture_is_cut_off() -> None:
    rgb = np.full((300, 600, 3), 40, np.uint8)
    rgb[:, :20], rgb[:, -20:] = (250, 0, 0), (0, 0, 250)
    shown = published(rgb, (1080, 1920))
    middle = shown[960]
    assert middle[0, 0] > 200
    assert middle[-1, 2] > 200
    # The ground is that of its edge, and plain.
    assert (shown[0] == shown[0, 0]).all()


def test_a_clip_keeps_its_length_and_is_labelled_in_every_frame(
    objects: InMemoryObjectStore, credentials: Credentials
) -> None:
    frames = portrait_clip(FRAME_RATE * 3, "push", 128)
    clip = mp4(frames, FRAME_RATE)
    asked = work(objects, clip.data, PublishPreset.SQUARE, PublishPreset.ORIGINAL, is_clip=True)
    made = PublishGate(objects, credentials).make(asked, CLAIM)
    for file in made.files:
        data = written(objects, PublishPreset(file.preset))
        credentials.verify(data, Generation(ASSET), media_type=MP4)
        [xmp] = [
            body[16:] for kind, body in boxes(data) if kind == b"uuid" and body[:16] == XMP_OF_FILM
        ]
        assert source_type(xmp.decode()) == IPTC
        with av.open(io.BytesIO(data), "r", format="mp4") as film:
            stream = film.streams.video[0]
            assert stream.frames == len(frames)
            assert (stream.width, stream.height) == (file.width, file.height)
            shown = [
                np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                for frame in film.decode(video=0)
            ]
        assert len(shown) == len(frames)
        for rgb in (shown[0], shown[-1]):
            label = lower_left(rgb).astype(int)
            assert label.max() - label.min() > 150
    sizes = {file.preset: (file.width, file.height) for file in made.files}
    assert sizes == {"square": (1080, 1080), "original": (128, 128)}


def test_what_is_not_the_released_file_is_not_packed(
    objects: InMemoryObjectStore, credentials: Credentials
) -> None:
    asked = work(objects, png(pixels(photos_of_ada()[0])), PublishPreset.SQUARE)
    objects.put(MASTER, png(pixels(photos_of_ada()[1])), media_type="image/png")
    with pytest.raises(NotMade):
        PublishGate(objects, credentials).make(asked, CLAIM)


def test_what_is_purged_while_a_pack_is_made_holds_up_nothing_else(
    objects: InMemoryObjectStore, credentials: Credentials
) -> None:
    asked = work(objects, png(pixels(photos_of_ada()[0])), PublishPreset.SQUARE)
    [there] = asked.items
    gone = UUID(int=0x60E, version=4)
    places = (PackPlace("square", f"packs/{gone}/{PACK}/{CLAIM}/square", 1080, 1080),)
    lost = PackItemWork(gone, f"gallery/{gone}/1/master", there.sha256, is_clip=False, files=places)
    both = PublishWork(PACK, UUID(int=1), (lost, there))
    made = PublishGate(objects, credentials).make(both, CLAIM)
    assert [file.asset for file in made.files] == [there.asset]


def test_nothing_that_was_written_goes_along(
    objects: InMemoryObjectStore, credentials: Credentials
) -> None:
    picture = Image.fromarray(pixels(photos_of_ada()[0]))
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a lighthouse in fog"
    picture.save(target, "PNG", exif=exif)
    asked = work(objects, target.getvalue(), PublishPreset.ORIGINAL)
    PublishGate(objects, credentials).make(asked, CLAIM)
    assert b"lighthouse" not in written(objects, PublishPreset.ORIGINAL)


def test_nothing_says_with_what_a_film_was_made(
    objects: InMemoryObjectStore, credentials: Credentials
) -> None:
    clip = mp4(portrait_clip(FRAME_RATE, "push", 128), FRAME_RATE)
    asked = work(objects, clip.data, PublishPreset.ORIGINAL, is_clip=True)
    PublishGate(objects, credentials).make(asked, CLAIM)
    for film in (clip.data, written(objects, PublishPreset.ORIGINAL)):
        assert not [name for name in (b"x264", b"Lavf", b"Lavc", b"crf=") if name in film]
