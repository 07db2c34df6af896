"""Thumbnails were made of an item that had been released without any."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.record_screening import WrittenFile
from commands.work import Work
from domain import object_keys
from domain.asset import Asset
from domain.kernel.personal_text import PersonalText
from domain.rendition import Rendition
from domain.twin import Twin


@dataclass(frozen=True)
class AddThumbnails:
    """All of them. They lie where `claim_id` says, which is of whoever wrote them.

    `placeholder` is a ThumbHash in Base64.
    """

    asset_id: UUID
    claim_id: UUID
    files: tuple[WrittenFile, ...]
    placeholder: PersonalText


class ThumbnailsThere(msgspec.Struct, frozen=True, tag="there"):
    """It has thumbnails now, under these keys: those that were written, or what it had before."""

    object_keys: tuple[str, ...]


def handle(command: AddThumbnails, work: Work) -> ThumbnailsThere:
    """Add them. Raises `NotFound`, `ThumbnailsUnfit`, and `AssetNotAvailable`, also where it was
    hidden meanwhile: the twin is named, so that its consent is in force when the save is made.
    """
    asset = work.load(Asset, command.asset_id)
    twin = None if asset.twin_id is None else work.load(Twin, asset.twin_id)
    renditions = tuple(
        Rendition(
            object_key=object_keys.gallery_key(asset.id, command.claim_id, written.role),
            **msgspec.structs.asdict(written),
        )
        for written in command.files
    )
    consent = None if twin is None else twin.consent_in_force
    asset.add_thumbnails(renditions, command.placeholder, consent, at=work.now)
    work.save(asset, unchanged=[] if twin is None else [twin])
    return ThumbnailsThere(tuple(file.object_key for file in asset.renditions))
