"""A picture that was released when nobody made thumbnails: its event, for whoever stores it."""

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

from domain.asset import Asset
from domain.policy import DEFAULT_ROWS
from domain.rating import Rating
from domain.release import release
from tests.commands.journey import PASSED_WITHOUT_TWIN
from tests.domain.lives import SIGNED
from tests.domain.people import four_images


def picture_of_before(
    owner_id: UUID,
    asset_id: UUID,
    *,
    job_id: UUID,
    item: int,
    place: str,
    data: bytes,
    at: datetime,
) -> list[Asset.Released]:
    """Its file lies at `place`."""
    digest = hashlib.sha256(data).hexdigest()
    file = msgspec.structs.replace(SIGNED, object_key=place, sha256=digest, size_bytes=len(data))
    told = release(
        asset_id,
        owner_id=owner_id,
        job_id=job_id,
        item=item,
        settings=four_images(),
        engine="pocket",
        rating=Rating.GENERAL,
        seed=7,
        twin_id=None,
        twin=None,
        epoch=None,
        scopes={},
        row=DEFAULT_ROWS[0],
        policy_version=1,
        checks=PASSED_WITHOUT_TWIN,
        renditions=(file,),
        at=at,
    )
    return [event for event in told.pending_events if isinstance(event, Asset.Released)]
