"""The files of an output that may be released: signed, written, read back as a stranger would."""

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from msgspec import UNSET
from PIL import Image, ImageSequence

from gpu_consumers.screening.credentials import MODEL as CREDENTIALS_MODEL
from gpu_consumers.screening.credentials import Credentials, CredentialsRefused, Generation
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.released_files import MP4, EncodedFile
from gpu_consumers.screening.thumbhash import placeholder
from gpu_consumers.screening.thumbnails import thumbnail
from topics.messages.results import (
    CheckResult,
    ScreenedOutput,
    WrittenRendition,
    WrittenThumbnail,
)
from topics.messages.work import (
    OutputToScreen,
    RenditionPlace,
    RenditionRole,
    ThumbnailPlace,
    ThumbnailRole,
)

PROVENANCE: Final = "provenance"
UNSIGNED_ROLES: Final = frozenset({RenditionRole.POSTER, *ThumbnailRole})
"""They are shown beside what they stand for, and are never offered for download."""


@dataclass(frozen=True)
class Draft:
    """One file that is about to be written, and where it goes."""

    place: RenditionPlace | ThumbnailPlace
    file: EncodedFile

    @property
    def is_signed(self) -> bool:
        """Whether it carries credentials."""
        return self.place.role not in UNSIGNED_ROLES


class StoreSilent(Exception):
    """The object store took nothing, or did not answer: that says nothing of the output."""


class NotMade(Exception):
    """A file was asked for that outputs of this kind do not have."""


class SignedCopies:
    """Writes the files of one output after another, all of an output's or none."""

    def __init__(self, objects: ScreenerObjects, credentials: Credentials) -> None:
        self._objects = objects
        self._credentials = credentials

    def after(
        self,
        checks: tuple[CheckResult, ...],
        output: OutputToScreen,
        *,
        is_required: bool,
        drafts: Callable[[], Sequence[Draft]],
        shown: Rgb,
        likeness: tuple[float, ...] = (),
    ) -> ScreenedOutput:
        """What is reported of an output with these checks, and its files where all have passed.

        `drafts` makes them, the master first; it is asked only then, and may raise anything.
        `shown` stands for the output in a page: its thumbnails are made of it.
        Raises StoreSilent: the same screening may end well later.
        """
        if not is_required:
            return ScreenedOutput(output.item, checks)
        # Signed last, and only what nothing speaks against: a refused output gets no copy.
        if not checks or any(check.passed is not True for check in checks):
            return _unsigned(output, checks, passed=None)
        source_id = None if output.source is UNSET else output.source
        from_own_photo = output.own_photo is True
        generation = Generation(output.asset, source_id, from_own_photo)
        try:
            written = self._write(generation, [*drafts(), *_thumbnails(output, shown)])
            blur = UNSET if output.thumbnails is UNSET else placeholder(shown)
        except CredentialsRefused:
            return _unsigned(output, checks, passed=False)
        except StoreSilent:
            raise
        except Exception:
            # No key, no picture: whichever it is, there is no copy that was verified.
            return _unsigned(output, checks, passed=None)
        files = [_file(draft, data) for draft, data in written]
        master = files[0]
        return ScreenedOutput(
            output.item,
            (*checks, CheckResult(PROVENANCE, passed=True, model=CREDENTIALS_MODEL)),
            gallery_key=output.gallery_key,
            sha256=master.sha256,
            size_bytes=master.size_bytes,
            renditions=tuple(file for file in files if isinstance(file, WrittenRendition)),
            likeness=likeness or UNSET,
            thumbnails=tuple(file for file in files if isinstance(file, WrittenThumbnail)) or UNSET,
            placeholder=blur,
        )

    def _write(self, generation: Generation, drafts: Sequence[Draft]) -> list[tuple[Draft, bytes]]:
        """Each file as it lies there. Raises CredentialsRefused, StoreSilent."""
        kept = [self._kept(generation, draft) for draft in drafts]
        # All that are missing are signed and verified before the first of them is written.
        ready = [
            None if found is not None else self._signed(generation, draft)
            for draft, found in zip(drafts, kept, strict=True)
        ]
        touched: list[str] = []
        try:
            for draft, data in zip(drafts, ready, strict=True):
                if data is not None:
                    touched.append(draft.place.object_key)
                    self._put(draft, data)
            # Read back as a stranger would, and only that is believed.
            written = [
                found or self._verified(generation, draft)
                for draft, found in zip(drafts, kept, strict=True)
            ]
        except Exception:
            # An output is released whole: what belongs to none goes away again.
            with _answered():
                self._objects.delete(touched)
            raise
        return list(zip(drafts, written, strict=True))

    def _signed(self, generation: Generation, draft: Draft) -> bytes:
        if not draft.is_signed:
            return draft.file.data
        media_type = draft.file.media_type
        signed = self._credentials.sign(draft.file.data, generation, media_type=media_type)
        self._credentials.verify(signed, generation, media_type=media_type)
        return signed

    def _put(self, draft: Draft, data: bytes) -> None:
        with _answered():
            self._objects.put(draft.place.object_key, data, media_type=draft.file.media_type)

    def _verified(self, generation: Generation, draft: Draft) -> bytes:
        """The file as it lies there. Raises CredentialsRefused where it is not what was written."""
        with _answered():
            written = self._objects.get(draft.place.object_key)
        if draft.is_signed:
            self._credentials.verify(written, generation, media_type=draft.file.media_type)
        elif written != draft.file.data:
            raise CredentialsRefused("what was written reads back differently")
        return written

    def _kept(self, generation: Generation, draft: Draft) -> bytes | None:
        """The file an earlier screening of this very output wrote.

        No two signatures are alike: another copy would take the place of bytes whose digest may
        have been recorded with the release meanwhile.
        """
        with _answered():
            if self._objects.head(draft.place.object_key) is None:
                return None
        try:
            written = self._verified(generation, draft)
        except CredentialsRefused:
            return None
        return written if _shown(written, draft) == _shown(draft.file.data, draft) else None


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Whatever the store raises is the store's, and not the output's."""
    try:
        yield
    except Exception as silent:
        raise StoreSilent(type(silent).__name__) from silent


def places(output: OutputToScreen, roles: frozenset[RenditionRole]) -> list[RenditionPlace]:
    """Where each file goes, the master first. Raises NotMade for a role beyond `roles`."""
    others = () if output.renditions is UNSET else output.renditions
    found = [RenditionPlace(RenditionRole.MASTER, output.gallery_key), *others]
    asked = [place.role for place in found]
    if len(set(asked)) != len(asked) or not roles.issuperset(asked):
        raise NotMade(", ".join(asked))
    return found


def _shown(data: bytes, draft: Draft) -> list[bytes]:
    """What one sees of a file of our own, to compare it with another: its frames, one by one.

    Credentials change the file around the frames and nothing of them.
    """
    if draft.file.media_type == MP4:
        with av.open(io.BytesIO(data), "r", format="mp4") as film:
            # Encoded alike they are alike: nothing has to be decoded. The last packet is empty.
            return [bytes(packet) for packet in film.demux(video=0) if packet.size]
    with Image.open(io.BytesIO(data)) as picture:
        return [_digest(frame) for frame in ImageSequence.Iterator(picture)]


def _digest(frame: Image.Image) -> bytes:
    rgb = np.asarray(frame.convert("RGB"))
    return hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).digest()


def _thumbnails(output: OutputToScreen, shown: Rgb) -> list[Draft]:
    places = () if output.thumbnails is UNSET else output.thumbnails
    return [Draft(place, thumbnail(shown, place.role)) for place in places]


def _file(draft: Draft, written: bytes) -> WrittenRendition | WrittenThumbnail:
    digest, file = hashlib.sha256(written).hexdigest(), draft.file
    facts = (digest, len(written), file.media_type, file.width, file.height)
    match draft.place:
        case ThumbnailPlace(role=role):
            return WrittenThumbnail(role, *facts)
        case RenditionPlace(role=role):
            return WrittenRendition(role, *facts, file.duration_ms)


def _unsigned(
    output: OutputToScreen, checks: tuple[CheckResult, ...], *, passed: bool | None
) -> ScreenedOutput:
    unsigned = CheckResult(PROVENANCE, passed, CREDENTIALS_MODEL)
    return ScreenedOutput(output.item, (*checks, unsigned))
