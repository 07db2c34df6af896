"""The photos of a twin: planned, uploaded, handed in as a set, judged, and used again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.engines import EngineEntry
from domain.person import Person
from domain.photo_places import PhotoPlaces, first_places, places_of_set
from domain.photo_set import (
    PhotoFlaw,
    PhotoVerdict,
    SetFlaw,
    judged_photos,
    require_photo_set,
)
from domain.refusals import (
    AlreadyDecided,
    StaleResult,
    TooManyUploads,
    UploadsNotPlanned,
)
from domain.time_limits import UPLOADS_OPEN_MAX, seconds_until
from domain.twin_consent import TwinConsent
from domain.twin_state import PhotoSubmission

UPLOAD_PLANS_MAX = 3
"""Sets of one twin that may be uploaded at once: whoever only plans fills no disk."""


class TwinPhotos(TwinConsent):
    """The decisions of a `Twin` about its photos."""

    if TYPE_CHECKING:
        # The aggregate has it.
        def _let_go(self, *, at: datetime) -> None: ...

    def plan_uploads(
        self,
        submission_id: UUID,
        *,
        person: Person,
        photo_ids: Sequence[UUID],
        size_bytes: int,
        at: datetime,
        reused: Sequence[UUID] = (),
    ) -> PhotoPlaces:
        """Allow a set to be uploaded, `size_bytes` in all. Answers where to.

        `reused` are to be in it as they are: nobody uploads the others for nothing where one of
        these is gone. Raises `TooManyUploads`, `UploadsNotPlanned`, `AlreadyDecided` for a set that
        is known, and as `require_photo_consent`.
        """
        self.require_photo_consent(person, at=at)
        if not set(reused) <= self.reusable_photos.keys():
            raise UploadsNotPlanned().at("reused")
        if submission_id in (*self._plans, *self._places, *self._sets):
            raise AlreadyDecided()
        if len(self._plans) >= UPLOAD_PLANS_MAX:
            first = min(plan.planned_at for plan in self._plans.values())
            raise TooManyUploads(UPLOAD_PLANS_MAX, seconds_until(first + UPLOADS_OPEN_MAX, at))
        places = places_of_set(self.owner_id, self.id, self._epoch, submission_id)
        self.trigger_event(
            self.UploadsPlanned,
            submission_id=submission_id,
            photos=tuple(photo_ids),
            size_bytes=size_bytes,
            epoch=self._epoch,
            places=places,
            timestamp=at,
        )
        return places

    def require_planned(self, submission_id: UUID) -> None:
        """Whether a set may be uploaded now. Raises `UploadsNotPlanned`."""
        if submission_id not in self._plans:
            raise UploadsNotPlanned()

    def forget_uploads(self, submission_id: UUID, *, at: datetime) -> None:
        """Give up what was not submitted. Raises `UploadsNotPlanned`."""
        self.require_planned(submission_id)
        self.trigger_event(
            self.UploadsForgotten,
            submission_id=submission_id,
            places=self.places_of(submission_id),
            timestamp=at,
        )

    def clear_first_uploads(self, submission_id: UUID, *, at: datetime) -> None:
        """Have a set deleted that was uploaded before uploads were planned, and not submitted.

        Of one that was, and has come to an end since, whatever is left goes too. Raises
        `AlreadyDecided` for a set that waits to be judged.
        """
        if self._submitted is not None and self._submitted.submission_id == submission_id:
            raise AlreadyDecided()
        places = first_places(self.owner_id, self.id, submission_id)
        needed = set(self._places_known()) - set(places.all if submission_id in self._over else ())
        self.request_deletion([place for place in places.all if place not in needed], at=at)

    def submit_photos(
        self,
        submission_id: UUID,
        *,
        person: Person,
        entry: EngineEntry,
        photo_ids: Sequence[UUID],
        at: datetime,
    ) -> None:
        """Have a set judged for one engine. It takes the place of one that still waits.

        A training that runs keeps what it learns from. Photos that were found good before may be in
        it as they are. Raises `PhotoCountOutOfRange`, `AssuranceTooLow`, `UploadsNotPlanned` for a
        set that was not planned, was forgotten or is over, and for a photo that is neither planned
        nor still there, and as `require_photo_consent`. A set that waits or was accepted is not
        submitted twice: asking again changes nothing. Raises `AlreadyDecided` where it would be
        another set.
        """
        self.require_photo_consent(person, at=at)
        person.require_assurance(entry, at=at)
        photos = require_photo_set(photo_ids)
        for known in (self._submitted, self._accepted):
            if known is not None and known.submission_id == submission_id:
                if (known.engine, known.photos) != (entry.id, photos):
                    raise AlreadyDecided()
                return
        plan = self._plans.get(submission_id)
        if plan is None:
            raise UploadsNotPlanned()
        reusable = self.reusable_photos
        reused = {photo: reusable[photo] for photo in photos if photo in reusable}
        if not set(photos) <= {*plan.photos, *reused}:
            raise UploadsNotPlanned()
        waiting = self._submitted
        self.trigger_event(
            self.PhotosSubmitted,
            submission_id=submission_id,
            engine=entry.id,
            photos=photos,
            epoch=self._epoch,
            supersedes=None if waiting is None else self.places_of(waiting.submission_id),
            reused=reused,
            timestamp=at,
        )

    def record_photo_verdicts(
        self,
        submission_id: UUID,
        verdicts: Sequence[PhotoVerdict],
        set_flaws: Sequence[SetFlaw],
        analyser: str,
        *,
        at: datetime,
    ) -> None:
        """Accept the set that waits if nothing is wrong with it, no verdict missing either.

        Where only single photos are flawed, the good ones are kept for the next set.
        Raises `StaleResult` for another submission or after the consent ended.
        """
        waiting = self._submitted
        is_it = waiting is not None and waiting.submission_id == submission_id
        if waiting is None or not is_it or not self.epoch_is_current(waiting.epoch):
            raise StaleResult()
        judged = judged_photos(waiting.photos, verdicts)
        places = self.places_of(submission_id)
        if set_flaws or any(verdict.flaws for verdict in judged):
            kept = {} if set_flaws else self._still_good(waiting, judged)
            self.trigger_event(
                self.PhotosRejected,
                submission_id=submission_id,
                verdicts=judged,
                set_flaws=tuple(set_flaws),
                places=places,
                kept=kept,
                discarded=_discarded(waiting, places, kept) if kept else (),
                timestamp=at,
            )
        else:
            self.trigger_event(
                self.PhotosAccepted,
                submission_id=submission_id,
                photos=waiting.photos,
                analyser=analyser,
                places=places,
                timestamp=at,
            )
        self._let_go(at=at)

    def forget_kept_photos(self, submission_id: UUID, *, at: datetime) -> None:
        """Good photos have waited for a next set for as long as they may.

        What a set holds that waits to be judged stays until it is. Raises `AlreadyDecided` where
        nothing is kept of this set, or nothing but that.
        """
        kept = self._kept_photos
        if kept is None or kept.submission_id != submission_id:
            raise AlreadyDecided()
        needed = () if self._submitted is None else self._submitted.reused
        over = {photo: place for photo, place in kept.places.items() if photo not in needed}
        if not over:
            raise AlreadyDecided()
        self.trigger_event(
            self.KeptPhotosForgotten,
            submission_id=submission_id,
            photos=tuple(over),
            places=tuple(over.values()),
            timestamp=at,
        )

    def _still_good(
        self, waiting: PhotoSubmission, judged: Sequence[PhotoVerdict]
    ) -> dict[UUID, str]:
        """What of a set whose single photos have flaws may wait for the next one, and where.

        Nothing where one could not be judged, which is also said of what must not be there: then
        nothing stays. What lies in the accepted set stays there.
        """
        unjudged = any(PhotoFlaw.NOT_JUDGED in verdict.flaws for verdict in judged)
        if unjudged or not (waiting.planned or waiting.reused):
            return {}
        accepted = self._accepted_photos()
        places = self.places_of(waiting.submission_id)
        return {
            one.photo_id: waiting.reused.get(one.photo_id, places.upload(one.photo_id))
            for one in judged
            if not one.flaws and one.photo_id not in accepted
        }


def _discarded(
    waiting: PhotoSubmission, places: PhotoPlaces, kept: Mapping[UUID, str]
) -> tuple[str, ...]:
    """Whatever lies there of a refused set but what is kept, uploads that it left out included."""
    gone = [places.upload(photo) for photo in waiting.planned if photo not in kept]
    return (*gone, places.photos, places.template)
