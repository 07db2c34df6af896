"""The screener wants to judge a submitted photo set."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ClaimPhotoSet:
    """A question: asked with `Studio.preview`, anew for every claim. Nothing is recorded."""

    twin_id: UUID
    submission_id: UUID


class PhotoGrant(msgspec.Struct, frozen=True):
    """One upload and the place of its clean copy."""

    photo_id: UUID
    object_key: str
    clean_key: str


class PhotoSetGranted(msgspec.Struct, frozen=True, tag="granted"):
    """The set to judge, for this engine."""

    twin_id: UUID
    submission_id: UUID
    owner_id: UUID
    engine: str
    photos: tuple[PhotoGrant, ...]
    template_key: str


def handle(question: ClaimPhotoSet, work: Work) -> PhotoSetGranted | ClaimDenied:
    """The work for the set that waits, while the consent it was submitted under is in force."""
    twin = work.find(Twin, question.twin_id)
    if twin is None:
        return ClaimDenied(ClaimDenial.UNKNOWN_JOB)
    waiting = twin.submitted
    if waiting is None or waiting.submission_id != question.submission_id:
        return ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    if not twin.epoch_is_current(waiting.epoch):
        return ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    places = twin.places_of(waiting.submission_id)
    return PhotoSetGranted(
        twin_id=twin.id,
        submission_id=waiting.submission_id,
        owner_id=twin.owner_id,
        engine=waiting.engine,
        photos=tuple(
            PhotoGrant(
                photo_id=photo,
                # One that was found good before is judged anew among these, where it lies.
                object_key=waiting.reused.get(photo, places.upload(photo)),
                clean_key=places.clean_photo(photo),
            )
            for photo in waiting.photos
        ),
        template_key=places.template,
    )
