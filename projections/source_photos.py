"""Photos that something is to begin with, while they are there; and why one was refused."""

from domain.source_photo import SourceState
from domain.source_photos import SourcePhotos
from projections.feed import source_photo_changed
from projections.read_model import Change, ReadModel, deleted, inserted, updated
from projections.tables import SOURCE_PHOTOS
from topics.messages.fact import Fact

source_photos = ReadModel("source-photos")

REFUSED = "refused"
"""The state of one that is there no more: its owner sees why."""


@source_photos.on(SourcePhotos.Planned)
def _planned(event: SourcePhotos.Planned, fact: Fact) -> list[Change]:
    planned = inserted(
        SOURCE_PHOTOS,
        fact,
        photo_id=event.photo_id,
        twin_id=event.twin_id,
        consent_epoch=event.epoch,
        engine=event.engine,
        state=SourceState.PLANNED.value,
        flaws=(),
        object_key=None,
        sha256=None,
        size_bytes=None,
        width=None,
        height=None,
        planned_at=event.timestamp,
        decided_at=None,
        planned_position=fact.position,
    )
    return [planned, source_photo_changed(fact, event.photo_id)]


@source_photos.on(SourcePhotos.Submitted)
def _submitted(event: SourcePhotos.Submitted, fact: Fact) -> list[Change]:
    submitted = updated(
        SOURCE_PHOTOS, fact, photo_id=event.photo_id, state=SourceState.SUBMITTED.value
    )
    return [submitted, source_photo_changed(fact, event.photo_id)]


@source_photos.on(SourcePhotos.Accepted)
def _accepted(event: SourcePhotos.Accepted, fact: Fact) -> list[Change]:
    accepted = updated(
        SOURCE_PHOTOS,
        fact,
        photo_id=event.photo_id,
        state=SourceState.ACCEPTED.value,
        object_key=event.clean.object_key,
        sha256=event.clean.sha256,
        size_bytes=event.clean.size_bytes,
        width=event.clean.width,
        height=event.clean.height,
        decided_at=event.timestamp,
    )
    return [accepted, source_photo_changed(fact, event.photo_id)]


@source_photos.on(SourcePhotos.Refused)
def _refused(event: SourcePhotos.Refused, fact: Fact) -> list[Change]:
    refused = updated(
        SOURCE_PHOTOS,
        fact,
        photo_id=event.photo_id,
        state=REFUSED,
        flaws=event.flaws,
        decided_at=event.timestamp,
    )
    return [refused, source_photo_changed(fact, event.photo_id)]


@source_photos.on(SourcePhotos.Deleted)
def _deleted(event: SourcePhotos.Deleted, fact: Fact) -> list[Change]:
    gone = deleted(SOURCE_PHOTOS, fact, photo_id=event.photo_id)
    return [gone, source_photo_changed(fact, event.photo_id)]
