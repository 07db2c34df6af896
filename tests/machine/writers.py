"""Where an uploader, a worker or the screener writes before they report: where grants said so."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from commands.jobs.claim_screening import ScreeningGranted
from commands.jobs.grants.training import TrainingGrant
from commands.jobs.record_claim import ClaimGranted
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import RecordScreening
from commands.publishing.record_publish_pack import RecordPublishPack
from commands.source_photos.record_source_photo import RecordSourcePhoto
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.submit_photos import SubmitPhotos
from tests.machine.known import Known

STOOD_STILL_MAX = timedelta(minutes=30)


def written_before(command: Any, owner: UUID, known: Known, now: datetime) -> tuple[str, ...]:
    """The keys of what lies in the store when the report is sent; none where nothing was granted.

    A report that comes late or twice has written late or twice, but not when a worker's form was
    over, or a screener that stood still for so long had ended itself.
    """
    of_owner = known.of[owner]
    match command:
        case SubmitPhotos():
            planned = of_owner.plans.get(command.submission_id)
            return () if planned is None else tuple(one.object_key for one in planned[1].uploads)
        case SubmitSourcePhoto():
            upload = of_owner.source_photos.get(command.photo_id)
            return () if upload is None else (upload.object_key,)
        case RecordPublishPack():
            granted_pack = of_owner.pack_grants.get(command.pack_id)
            since = of_owner.screened_since.get(command.pack_id)
            if granted_pack is None or since is None or now > since + STOOD_STILL_MAX:
                return ()
            items = granted_pack[1].items
            return tuple(file.object_key for item in items for file in item.files)
        case RecordSourcePhoto():
            claimed = of_owner.source_grants.get(command.photo_id)
            began = of_owner.screened_since.get(command.photo_id)
            if claimed is None or began is None or now > began + STOOD_STILL_MAX:
                return ()
            return (claimed[1].clean_key,)
        case RecordPhotoVerdicts():
            photo_set = of_owner.photo_sets.get(command.submission_id)
            if photo_set is None:
                return ()
            return (*(photo.clean_key for photo in photo_set.photos), photo_set.template_key)
        case RecordRendered():
            granted = of_owner.claims.get(command.job_id)
            if granted is None or now > granted.deadline:
                return ()
            return _of_worker(granted)
        case RecordScreening():
            found = of_owner.screenings.get(command.job_id)
            if found is None or now > of_owner.screened_since[command.job_id] + STOOD_STILL_MAX:
                return ()
            _, grant = found
            return tuple(_of_screener(grant))
        case _:
            return ()


def _of_worker(granted: ClaimGranted) -> tuple[str, ...]:
    items = tuple(item.upload_key for item in granted.work.items)
    if isinstance(granted.work, TrainingGrant):
        return (*items, granted.work.adapter_upload_key)
    return items


def _of_screener(granted: ScreeningGranted) -> Iterator[str]:
    for output in granted.outputs:
        yield output.gallery_key
        yield from (place.object_key for place in output.others)
    if granted.adapter is not None:
        yield granted.adapter.adapter_key
