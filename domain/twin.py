"""A person's digital twin: what they agreed to, their photos, and what was learnt from them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.engines import EngineEntry
from domain.job_kind import JobKind
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText
from domain.object_keys import epoch_prefixes
from domain.person import Person
from domain.photo_places import PhotoPlaces, first_places, places_of_set
from domain.photo_set import PhotoVerdict, SetFlaw, judged_photos, require_photo_set
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    BiometricReleaseMissing,
    ConsentMissing,
    ConsentTextChanged,
    NotFound,
    PhotosNotAccepted,
    RatingNotAllowed,
    StaleResult,
    TooManyUploads,
    TwinBusy,
    UploadsNotPlanned,
)
from domain.time_limits import UPLOADS_OPEN_MAX, seconds_until
from domain.twin_knowledge import TwinKnowledge
from domain.twin_state import TwinState

OPEN_JOBS_MAX = 200
"""Jobs of one twin that may wait or run at once; a withdrawal has to stop every one of them."""

UPLOAD_PLANS_MAX = 3
"""Sets of one twin that may be uploaded at once: whoever only plans fills no disk."""


class Twin(TwinKnowledge, Aggregate):
    """Owner and subject are one person. The consent epoch fences whatever rests on the consent."""

    TOPIC = "twin"

    @classmethod
    def create(cls, id: UUID, *, owner_id: UUID, name: FreeText, at: datetime) -> "Twin":
        """A twin of its owner."""
        return cls._create(cls.Created, id=id, timestamp=at, owner_id=owner_id, name=name)

    def sign_biometric_release(self, text_sha256: str, locale: str, *, at: datetime) -> None:
        """Allow the face to be measured. Raises `ConsentTextChanged`, `AlreadyDecided`."""
        if text_sha256 != BIOMETRIC_RELEASE.sha256:
            raise ConsentTextChanged(BIOMETRIC_RELEASE.sha256)
        if self._released_biometrics:
            raise AlreadyDecided()
        self.trigger_event(
            Twin.BiometricReleaseSigned, text_sha256=text_sha256, locale=locale, timestamp=at
        )

    def grant_consent(
        self,
        person: Person,
        text_sha256: str,
        scope: Sequence[ConsentScope],
        *,
        at: datetime,
    ) -> None:
        """Consent to exactly the text in force. To change the scope, withdraw first.

        Raises `NotFound` for anybody but the owner, `NotVerified`, `BiometricReleaseMissing`,
        `ConsentTextChanged`, `ConsentMissing` for an empty scope, `AlreadyDecided`.
        """
        self._require_subject(person)
        person.require_verified(at=at)
        self._require_release()
        if text_sha256 != CONSENT.sha256:
            raise ConsentTextChanged(CONSENT.sha256)
        if self.consented:
            raise AlreadyDecided()
        if not scope:
            raise ConsentMissing()
        chosen = tuple(one for one in ConsentScope if one in scope)
        self.trigger_event(
            Twin.ConsentGranted,
            epoch=self._epoch,
            text_sha256=text_sha256,
            scope=chosen,
            timestamp=at,
        )

    def withdraw_consent(self, *, at: datetime) -> None:
        """End the consent. Photos, adapters and what rests on the old epoch are void.

        The deletion of their bytes is requested in the same save. Raises `ConsentMissing`.
        """
        if not self.consented:
            raise ConsentMissing()
        covered = epoch_prefixes(self.owner_id, self.id, self._epoch)
        elsewhere = [place for place in self._places_known() if not place.startswith(covered)]
        self.trigger_event(
            Twin.ConsentWithdrawn, epoch=self._epoch + 1, open_jobs=self.open_jobs, timestamp=at
        )
        self.request_deletion(tuple(dict.fromkeys((*covered, *elsewhere))), at=at)

    def require_photo_consent(self, person: Person, *, at: datetime) -> None:
        """Whether photos may be taken in at all.

        Raises `NotFound`, `NotVerified`, `BiometricReleaseMissing`, `ConsentMissing`, and
        `TwinBusy` while a deletion of before waits that the new photos would go with.
        """
        self._require_subject(person)
        person.require_verified(at=at)
        self._require_release()
        self._require_scope(ConsentScope.TRAINING)
        new = epoch_prefixes(self.owner_id, self.id, self._epoch)
        if any(place.startswith(self._to_delete) for place in new):
            raise TwinBusy()

    def plan_uploads(
        self,
        submission_id: UUID,
        *,
        person: Person,
        photo_ids: Sequence[UUID],
        size_bytes: int,
        at: datetime,
    ) -> PhotoPlaces:
        """Allow a set to be uploaded, `size_bytes` in all. Answers where to.

        Raises `TooManyUploads`, `AlreadyDecided` for a set that is known, and as
        `require_photo_consent`.
        """
        self.require_photo_consent(person, at=at)
        if submission_id in (*self._plans, *self._places, *self._sets):
            raise AlreadyDecided()
        if len(self._plans) >= UPLOAD_PLANS_MAX:
            first = min(plan.planned_at for plan in self._plans.values())
            raise TooManyUploads(UPLOAD_PLANS_MAX, seconds_until(first + UPLOADS_OPEN_MAX, at))
        places = places_of_set(self.owner_id, self.id, self._epoch, submission_id)
        self.trigger_event(
            Twin.UploadsPlanned,
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
            Twin.UploadsForgotten,
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

        Raises `PhotoCountOutOfRange`, `AssuranceTooLow`, `TwinBusy` while a training runs,
        `UploadsNotPlanned` for a set that was not planned, was forgotten or is over, and as
        `require_photo_consent`. A set that waits or was accepted is not submitted twice: asking for
        it again changes nothing. Raises `AlreadyDecided` where it would be another set.
        """
        self.require_photo_consent(person, at=at)
        person.require_assurance(entry, at=at)
        photos = require_photo_set(photo_ids)
        for known in (self._submitted, self._accepted):
            if known is not None and known.submission_id == submission_id:
                if (known.engine, known.photos) != (entry.id, photos):
                    raise AlreadyDecided()
                return
        self._require_no_training()
        plan = self._plans.get(submission_id)
        if plan is None or not set(photos) <= set(plan.photos):
            raise UploadsNotPlanned()
        waiting = self._submitted
        self.trigger_event(
            Twin.PhotosSubmitted,
            submission_id=submission_id,
            engine=entry.id,
            photos=photos,
            epoch=self._epoch,
            supersedes=None if waiting is None else self.places_of(waiting.submission_id),
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

        Raises `StaleResult` for another submission or after the consent ended.
        """
        waiting = self._submitted
        is_it = waiting is not None and waiting.submission_id == submission_id
        if waiting is None or not is_it or not self.epoch_is_current(waiting.epoch):
            raise StaleResult()
        judged = judged_photos(waiting.photos, verdicts)
        places = self.places_of(submission_id)
        if set_flaws or any(verdict.flaws for verdict in judged):
            self.trigger_event(
                Twin.PhotosRejected,
                submission_id=submission_id,
                verdicts=judged,
                set_flaws=tuple(set_flaws),
                places=places,
                timestamp=at,
            )
        else:
            self.trigger_event(
                Twin.PhotosAccepted,
                submission_id=submission_id,
                photos=waiting.photos,
                analyser=analyser,
                places=places,
                timestamp=at,
            )
            self._let_go(at=at)

    def authorise_training(
        self,
        job_id: UUID,
        *,
        person: Person,
        entry: EngineEntry,
        policy_version: int,
        at: datetime,
    ) -> None:
        """Allow a job to learn from the accepted photos. One training at a time.

        Raises `NotFound`, `NotVerified`, `AssuranceTooLow`, `BiometricReleaseMissing`,
        `ConsentMissing`, `PhotosNotAccepted`, `TwinBusy`.
        """
        self.require_photo_consent(person, at=at)
        person.require_assurance(entry, at=at)
        accepted = self._accepted
        is_it = accepted is not None and accepted.engine == entry.id
        if accepted is None or not is_it or not self.epoch_is_current(accepted.epoch):
            raise PhotosNotAccepted()
        self._require_no_training()
        self._require_room()
        self.trigger_event(
            Twin.TrainingAuthorised,
            job_id=job_id,
            epoch=self._epoch,
            engine=entry.id,
            submission_id=accepted.submission_id,
            policy_version=policy_version,
            timestamp=at,
        )

    def authorise_generation(
        self,
        job_id: UUID,
        *,
        person: Person,
        entry: EngineEntry,
        rating: Rating,
        jurisdiction: str,
        policy_version: int,
        at: datetime,
        kind: JobKind = JobKind.IMAGES,
    ) -> None:
        """Allow a job to draw this twin. What the policy says of the jurisdiction is asked before.

        Raises `NotFound`, `NotVerified`, `AssuranceTooLow`, `BiometricReleaseMissing`,
        `ConsentMissing`, `RatingNotAllowed`, `TwinNotTrained`, `TwinBusy`.
        """
        self._require_subject(person)
        person.require_assurance(entry, at=at)
        self._require_release()
        self._require_scope(job_kind(kind).scope)
        # The consent text covers GENERAL; a stronger rating needs a text of its own.
        if rating is not Rating.GENERAL or rating not in entry.ratings:
            raise RatingNotAllowed(rating)
        self.adapter(entry.id)
        self._require_room()
        self.trigger_event(
            Twin.GenerationAuthorised,
            job_id=job_id,
            epoch=self._epoch,
            engine=entry.id,
            rating=rating,
            jurisdiction=jurisdiction,
            policy_version=policy_version,
            kind=kind,
            timestamp=at,
        )

    def deliver_adapter(
        self, job_id: UUID, epoch: int, adapter: AdapterFile, *, at: datetime
    ) -> None:
        """Take what a training made. Raises `StaleResult` for an ended job or an older epoch."""
        job = self._open_jobs.get(job_id)
        if job is None or not job.learns or job.epoch != epoch or not self.epoch_is_current(epoch):
            raise StaleResult()
        self.trigger_event(
            Twin.AdapterDelivered,
            job_id=job_id,
            engine=job.engine,
            **msgspec.structs.asdict(adapter),
            timestamp=at,
        )
        self._let_go(at=at)

    def end_job(self, job_id: UUID, *, at: datetime) -> None:
        """A job of this twin has ended. One that is not open changes nothing."""
        if job_id in self._open_jobs:
            self.trigger_event(Twin.JobEnded, job_id=job_id, timestamp=at)
            self._let_go(at=at)

    def request_deletion(self, places: Sequence[str], *, at: datetime) -> None:
        """Have everything at these places deleted, where nothing may be written again.

        One that already waits changes nothing.
        """
        if new := tuple(place for place in places if place not in self._to_delete):
            self.trigger_event(Twin.DeletionRequested, prefixes=new, for_good=True, timestamp=at)

    def record_deletion(self, prefixes: Sequence[str], object_count: int, *, at: datetime) -> None:
        """It is done. Raises `AlreadyDecided` where one of them was not waiting to be deleted."""
        if any(prefix not in self._to_delete for prefix in prefixes):
            raise AlreadyDecided()
        self.trigger_event(
            Twin.Deleted, prefixes=tuple(prefixes), object_count=object_count, timestamp=at
        )

    @classmethod
    def from_snapshot(cls, id: UUID, version: int, state: TwinState) -> "Twin":
        """The twin as it was at `version`."""
        twin = cls.__new__(cls)
        twin.__base_init__(id, version, state.created_on)
        twin._recall(state)
        return twin

    def _let_go(self, *, at: datetime) -> None:
        """Report what gave way to something newer, once nothing needs it any more."""
        if over := self._given_up():
            self.trigger_event(Twin.PlacesGaveWay, places=over, timestamp=at)

    def _require_subject(self, person: Person) -> None:
        if person.id != self.owner_id:
            raise NotFound()

    def _require_release(self) -> None:
        if not self._released_biometrics:
            raise BiometricReleaseMissing()

    def _require_scope(self, scope: ConsentScope) -> None:
        if scope not in self._scope:
            raise ConsentMissing()

    def _require_no_training(self) -> None:
        if any(job.learns for job in self._open_jobs.values()):
            raise TwinBusy()

    def _require_room(self) -> None:
        if len(self._open_jobs) >= OPEN_JOBS_MAX:
            raise TwinBusy()
