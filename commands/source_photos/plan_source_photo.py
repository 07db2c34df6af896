"""A creator is about to upload a photo to begin with: where it may go."""

from dataclasses import dataclass
from uuid import UUID

from commands.twin.plan_photo_uploads import PhotoFile, PlannedUpload, require_acceptable
from commands.work import Work
from domain.engines import engine
from domain.kernel.identity import source_photo_id, source_photos_id
from domain.person import Person
from domain.source_photos import SourcePhotos
from domain.twin import Twin


@dataclass(frozen=True)
class PlanSourcePhoto:
    """Describe the file, and say who may be in it: this twin or nobody."""

    twin_id: UUID
    engine: str
    file: PhotoFile


def handle(command: PlanSourcePhoto, work: Work) -> PlannedUpload:
    """Name a place for it. Raises what is wrong with the file, `UnknownEngine`, `NotFound`, and as
    `SourcePhotos.plan`.
    """
    twin = work.load(Twin, command.twin_id)
    person = work.load(Person, work.owner_id)
    require_acceptable(command.file, "file")
    found = work.find(SourcePhotos, source_photos_id(work.owner_id))
    photos = found or SourcePhotos.open(work.owner_id, at=work.now)
    photo_id = source_photo_id(work.owner_id, work.key, photos.version)
    places = photos.plan(
        photo_id,
        twin=twin,
        person=person,
        entry=engine(command.engine),
        size_bytes=command.file.size_bytes,
        at=work.now,
    )
    work.save(photos, unchanged=[person, twin])
    return PlannedUpload(
        photo_id=photo_id,
        object_key=places.upload,
        media_type=command.file.media_type,
        size_bytes=command.file.size_bytes,
        sha256=command.file.sha256,
    )
