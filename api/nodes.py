"""Anything of the viewer's by its global id."""

from typing import Any
from uuid import UUID

from api.context import StudioContext
from api.ids import split_id
from api.types.asset import asset
from api.types.gallery_filter import SHOWN_STATES
from api.types.gallery_order import bulk_change, collection, tag
from api.types.publish_pack import PUBLISH_PACK, publish_pack
from api.types.purchase import purchase
from api.types.source_photo import SOURCE_PHOTO, source_photo
from api.types.twin import twin
from api.types.viewer import jobs_of
from queries.gallery.bulk_changes import bulk_change as bulk_change_row
from queries.gallery.gallery import asset as asset_row
from queries.gallery.labels import labels
from queries.jobs.jobs import job as job_row
from queries.publish_packs.publish_packs import publish_packs_by_id
from queries.source_photos.source_photos import source_photos_by_id
from queries.twins.photos import photos
from queries.twins.twins import twin as twin_row
from queries.viewer import View
from queries.wallet.purchases import purchase as purchase_row


def node_of(context: StudioContext, view: View, given: str) -> Any:
    """What stands behind an id, but for the viewer's own; None where nothing does, or nothing of
    theirs. Raises `NotFound` for what is no id.
    """
    kind, own = split_id(given)
    match kind:
        case "Twin":
            found = twin_row(view, own)
            return None if found is None else twin(found, photos(view, own))
        case "Job":
            row = job_row(view, own)
            return None if row is None else jobs_of(context, view, [row])[0]
        case "Asset":
            picture = asset_row(view, own)
            return asset(picture) if picture and picture.state in SHOWN_STATES else None
        case "Purchase":
            bought = purchase_row(view, own)
            return None if bought is None else purchase(bought)
        case _:
            return _ordered(view, kind, own)


def _ordered(view: View, kind: str, own: UUID) -> Any:
    """Of what a gallery is ordered by, begun with and published as."""
    match kind:
        case "Tag" | "Collection":
            shown = tag if kind == "Tag" else collection
            mine = (one for one in labels(view) if (one.kind, one.label_id) == (kind.lower(), own))
            return next((shown(label) for label in mine), None)
        case "BulkChange":
            change = bulk_change_row(view, own)
            return None if change is None else bulk_change(change)
        case str() if kind == SOURCE_PHOTO:
            photo = source_photos_by_id(view, [own]).get(own)
            return None if photo is None else source_photo(photo)
        case str() if kind == PUBLISH_PACK:
            pack = publish_packs_by_id(view, [own]).get(own)
            return None if pack is None else publish_pack(pack)
        case _:
            return None
