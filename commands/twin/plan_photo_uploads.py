"""A creator is about to upload photos: where each of them may go."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import msgspec

from commands.work import Work
from domain.person import Person
from domain.photo_places import PhotoPlaces
from domain.photo_set import (
    PHOTO_MEDIA_TYPES,
    PHOTO_SIZE_MAX_BYTES,
    PHOTOS_MAX,
    PHOTOS_MIN,
)
from domain.refusals import (
    PhotoCountOutOfRange,
    PhotoUploadInvalid,
    UnsupportedMediaType,
    UploadTooLarge,
)
from domain.twin import Twin

_SHA256_HEX_DIGITS = 64


class PhotoFile(msgspec.Struct, frozen=True):
    """A file as its owner describes it. `sha256` is lower-case hex; the upload is pinned to it."""

    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class PlanPhotoUploads:
    """Describe the files of one set, in the order in which they will be shown.

    `reused` are photos of this twin that were found good before and will be in the set, too.
    """

    twin_id: UUID
    files: tuple[PhotoFile, ...]
    reused: tuple[UUID, ...] = ()


class PlannedUpload(msgspec.Struct, frozen=True):
    """One photo's id, its place, and what the upload is pinned to."""

    photo_id: UUID
    object_key: str
    media_type: str
    size_bytes: int
    sha256: str


class UploadsPlanned(msgspec.Struct, frozen=True):
    """What to presign, in the order of the files, while `ReadUploadPlan` has nothing against it."""

    submission_id: UUID
    uploads: tuple[PlannedUpload, ...]


def handle(command: PlanPhotoUploads, work: Work) -> UploadsPlanned:
    """Name a place for each file. Raises what is wrong with the first file that cannot be taken.

    Raises `NotVerified`, `BiometricReleaseMissing` and `ConsentMissing` too: nobody should send a
    face before agreeing to what is done with it. Raises `TooManyUploads`, and `UploadsNotPlanned`
    for a photo to be used again that is gone, or never was this twin's.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    twin.require_photo_consent(person, at=work.now)
    _require_acceptable(command.files, reused=len(set(command.reused)))
    submission = uuid5(twin.id, f"submission:{work.key}")
    photos = tuple(uuid5(submission, str(number)) for number in range(len(command.files)))
    places = twin.plan_uploads(
        submission,
        person=person,
        photo_ids=photos,
        size_bytes=sum(file.size_bytes for file in command.files),
        at=work.now,
        reused=command.reused,
    )
    work.save(twin, unchanged=[person])
    return UploadsPlanned(
        submission_id=submission,
        uploads=tuple(
            _planned(file, photo, places) for file, photo in zip(command.files, photos, strict=True)
        ),
    )


def _planned(file: PhotoFile, photo_id: UUID, places: PhotoPlaces) -> PlannedUpload:
    return PlannedUpload(
        photo_id=photo_id,
        object_key=places.upload(photo_id),
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
    )


def _require_acceptable(files: Sequence[PhotoFile], *, reused: int) -> None:
    given = len(files) + reused
    if not 1 <= given <= PHOTOS_MAX:
        raise PhotoCountOutOfRange(PHOTOS_MIN, PHOTOS_MAX, given).at("files")
    for place, file in enumerate(files):
        require_acceptable(file, "files", place)


def require_acceptable(file: PhotoFile, *place: str | int) -> None:
    """Raises `UnsupportedMediaType`, `UploadTooLarge`, `PhotoUploadInvalid`, which name `place`."""
    if file.media_type not in PHOTO_MEDIA_TYPES:
        raise UnsupportedMediaType(file.media_type).at(*place)
    if file.size_bytes > PHOTO_SIZE_MAX_BYTES:
        raise UploadTooLarge(PHOTO_SIZE_MAX_BYTES).at(*place)
    if file.size_bytes < 1:
        raise PhotoUploadInvalid("the file is empty").at(*place)
    if not _is_sha256(file.sha256):
        raise PhotoUploadInvalid("its SHA-256 is not 64 lower-case hexadecimal digits").at(*place)


def _is_sha256(text: str) -> bool:
    return len(text) == _SHA256_HEX_DIGITS and not set(text) - set("0123456789abcdef")
