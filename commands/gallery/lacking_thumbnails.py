"""Which file the thumbnails of an item are to be made of that was released without any."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from commands.work import Work
from domain.asset import Asset
from domain.rendition import RenditionRole
from domain.twin import Twin


@dataclass(frozen=True)
class LackingThumbnails:
    """A question about one item of the gallery."""

    asset_id: UUID


class StillToShrink(msgspec.Struct, frozen=True):
    """A file that stands still: a picture, or a clip's poster. `sha256` is what was released."""

    object_key: str
    sha256: str
    released_at: datetime


def handle(question: LackingThumbnails, work: Work) -> StillToShrink | None:
    """The file; None where nothing is lacking, and for what its owner has not before them.

    Nothing is made of what a withdrawal has hidden. Raises `NotFound`.
    """
    asset = work.load(Asset, question.asset_id)
    twin = None if asset.twin_id is None else work.load(Twin, asset.twin_id)
    consent = None if twin is None else twin.consent_in_force
    if asset.has_thumbnails or not asset.is_shown(consent):
        return None
    posters = (file for file in asset.renditions if file.role is RenditionRole.POSTER)
    still = next(posters, asset.master)
    return StillToShrink(still.object_key, still.sha256, asset.created_on)
