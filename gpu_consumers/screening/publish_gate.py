"""Makes a pack: every item in every size, labelled, with IPTC's word for it and fresh credentials.

Nothing is judged here: what is packed was released, and is the very file that was. Nothing of its
metadata is copied.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

import av
import numpy as np
from PIL import Image

from gpu_consumers.screening.credentials import (
    TRAINED_ALGORITHMIC_MEDIA,
    Credentials,
    Generation,
)
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.photo_decoding import OUTPUT_SIDE_MAX, DecodedPhoto, PhotoDecoder
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.publish_label import published
from gpu_consumers.screening.released_files import MP4, mp4_of
from topics.messages.results import PackMade, WrittenPackFile
from topics.messages.work import PackItemWork, PackPlace, PublishWork

JPEG: Final = "image/jpeg"
_QUALITY: Final = 92
_XMP: Final = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{TRAINED_ALGORITHMIC_MEDIA}"/></rdf:RDF></x:xmpmeta>"""


_XMP_OF_FILM: Final = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
"""What XMP in a film is found by: the type of its box."""


class NotMade(Exception):
    """An item is not what was released, or a file came out wrong."""


class PublishGate:
    """Makes packs, one at a time. May be asked twice for one: each claim writes its own files."""

    def __init__(self, objects: ScreenerObjects, credentials: Credentials) -> None:
        self._objects = objects
        self._credentials = credentials

    def make(self, work: PublishWork, claim_id: UUID) -> PackMade:
        """All files of the pack, read back and verified. Raises whatever keeps one from it.

        What was purged meanwhile is left out.
        """
        files: list[WrittenPackFile] = []
        for item in work.items:
            try:
                files += self._files(item)
            except Exception:
                # One that is gone keeps no other from being made: its own files go with it.
                if self._objects.head(item.object_key) is not None:
                    raise
        return PackMade(job=work.pack, claim_id=claim_id, packs=work.packs, files=tuple(files))

    def _files(self, item: PackItemWork) -> list[WrittenPackFile]:
        data = self._objects.get(item.object_key)
        if hashlib.sha256(data).hexdigest() != item.sha256:
            raise NotMade(str(item.asset))
        return [self._file(item, place, data) for place in item.files]

    def _file(self, item: PackItemWork, place: PackPlace, data: bytes) -> WrittenPackFile:
        size = None if place.width is None or place.height is None else (place.width, place.height)
        media_type = MP4 if item.is_clip else JPEG
        made, width, height = _clip(data, size) if item.is_clip else _picture(data, size)
        generation = Generation(item.asset)
        signed = self._credentials.sign(made, generation, media_type=media_type)
        self._objects.put(place.object_key, signed, media_type=media_type)
        # Read back as a stranger would, and only that is believed.
        written = self._objects.get(place.object_key)
        self._credentials.verify(written, generation, media_type=media_type)
        return WrittenPackFile(
            asset=item.asset,
            preset=place.preset,
            sha256=hashlib.sha256(written).hexdigest(),
            size_bytes=len(written),
            media_type=media_type,
            width=width,
            height=height,
        )


def _picture(data: bytes, size: tuple[int, int] | None) -> tuple[bytes, int, int]:
    """A JPEG, and its width and height."""
    with PhotoDecoder(side_max=OUTPUT_SIDE_MAX) as decoder:
        decoded = decoder.decode(data)
    if not isinstance(decoded, DecodedPhoto):
        raise NotMade(decoded.flaw)
    shown = published(decoded.rgb, size)
    target = io.BytesIO()
    Image.fromarray(shown).save(
        target, "JPEG", quality=_QUALITY, subsampling=0, xmp=_XMP.encode("ascii")
    )
    return target.getvalue(), shown.shape[1], shown.shape[0]


def _clip(data: bytes, size: tuple[int, int] | None) -> tuple[bytes, int, int]:
    """An MP4, and its width and height. Whatever its size, a few frames of it are in memory."""
    with av.open(io.BytesIO(data), "r", format="mp4") as film:
        stream = film.streams.video[0]
        rate = stream.average_rate
        if rate is None or stream.frames < 1:
            raise NotMade("no frames")
        width, height = size or (stream.width - stream.width % 2, stream.height - stream.height % 2)
        made = mp4_of(
            (published(rgb, size) for rgb in _frames(film.decode(video=0))),
            count=stream.frames,
            width=width,
            height=height,
            frame_rate=round(rate),
        )
    return made.data + _box_of(_XMP.encode("ascii")), made.width, made.height


def _box_of(xmp: bytes) -> bytes:
    """Behind all others of a film, where nothing has to be moved for it."""
    return (24 + len(xmp)).to_bytes(4) + b"uuid" + _XMP_OF_FILM + xmp


def _frames(decoded: Iterable[av.VideoFrame]) -> Iterator[Rgb]:
    for frame in decoded:
        yield np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
