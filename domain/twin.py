"""A person's digital twin: what they agreed to, their photos, and what was learnt from them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domain.consent_scopes import scope_of, scopes_needed
from domain.engines import EngineEntry
from domain.job_kind import JobKind
from domain.job_state import AdapterFile
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText
from domain.person import Person
from domain.photo_places import PhotoPlaces, first_places, places_of_set
from domain.photo_set import PhotoVerdict, SetFlaw, judged_photos, require_photo_set
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    CheckpointUnknown,
    ConsentMissing,
    PhotosNotAccepted,
    RatingNotAllowed,
    StaleResult,
    TooManyUploads,
    TwinBusy,
    UploadsNotPlanned,
)
from domain.time_limits import UPLOADS_OPEN_MAX, seconds_until
from domain.twin_consent import TwinConsent
from domain.twin_state import TwinState

OPEN_JOBS_MAX = 200
"""Jobs of one twin that may wait or run at once; a withdrawal has to stop every one of them."""

UPLOAD_PLANS_MAX = 3
"""Sets of one twin that may be uploaded at once: whoever only plans fills no disk."""


class Twin(TwinConsent, Aggregate):
    """Owner and subject are one person. The consent epoch fences whatever rests on the consent."""

    TOPIC = "twin"

    @classmethod
    def create(cls, id: UUID, *, owner_id: UUID, name: FreeText, at: datetime) -> "Twin":
        """A twin of its owner."""
        return cls._create(cls.Created, id=id, timestamp=at, owner_id=owner_id, name=name)

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

        A training that runs keeps what it learns from. Raises `PhotoCountOutOfRange`,
        `AssuranceTooLow`, `UploadsNotPlanned` for a set that was not planned, was forgotten or is
        over, and as `require_photo_consent`. A set that waits or was accepted is not submitted
        twice: asking again changes nothing. Raises `AlreadyDecided` where it would be another set.
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
            scopes=self._in_force(scopes_needed(JobKind.TRAINING, Rating.GENERAL)),
            timestamp=at,
        )

    def authorise_generation(
        self,
        job_id: UUID,
        *,
        person: Person,
        entry: EngineEntry,
        kind: JobKind,
        rating: Rating,
        jurisdiction: str,
        policy_version: int,
        at: datetime,
        stands_in_source: bool = False,
    ) -> None:
        """Allow a job to draw this twin, within what was ticked for its kind and for its rating.

        `stands_in_source`: the job begins with a picture that shows it and is kept, so that nothing
        has to draw it but that. What the policy says of rating and jurisdiction is asked before.

        Raises `NotFound`, `NotVerified`, `AssuranceTooLow`, `BiometricReleaseMissing`,
        `ConsentMissing`, which names the scope, `RatingNotAllowed`, `TwinNotTrained`, `TwinBusy`.
        """
        self._require_subject(person)
        person.require_assurance(entry, at=at)
        self._require_release()
        self._require_scope(scope_of(kind))
        if rating not in entry.ratings:
            raise RatingNotAllowed(rating)
        needed = scopes_needed(kind, rating)
        for scope in needed:
            self._require_scope(scope)
        if stands_in_source:
            self.known_by(entry)
        else:
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
            scopes=self._in_force(needed),
            timestamp=at,
        )

    def deliver_adapter(
        self,
        job_id: UUID,
        epoch: int,
        adapter: AdapterFile,
        *,
        at: datetime,
        checkpoints: Sequence[AdapterFile] = (),
    ) -> None:
        """Take what a training made, and the earlier checkpoints that may be chosen instead.

        Raises `StaleResult` where its consent or the job is over.
        """
        job = self._open_jobs.get(job_id)
        learns = job is not None and job.learns and job.epoch == epoch
        if job is None or not learns or not self.covers(epoch, job.rests_on):
            raise StaleResult()
        self.trigger_event(
            Twin.AdapterDelivered,
            job_id=job_id,
            engine=job.engine,
            **msgspec.structs.asdict(adapter),
            checkpoints=tuple(checkpoints),
            timestamp=at,
        )
        self._let_go(at=at)

    def choose_checkpoint(self, person: Person, engine: str, step: int, *, at: datetime) -> None:
        """Have this twin drawn by another checkpoint of its training. The one in use is no change.

        What was granted before is drawn as it was asked for. Raises `NotFound`, `ConsentMissing`,
        `TwinNotTrained`, `CheckpointUnknown`.
        """
        self._require_subject(person)
        if not self.consented:
            raise ConsentMissing()
        used = self.adapter(engine)
        chosen = next((one for one in self.checkpoints(engine) if one.step == step), None)
        if chosen is None:
            raise CheckpointUnknown(step)
        if chosen.object_key != used.object_key:
            self.trigger_event(
                Twin.CheckpointChosen,
                job_id=used.job_id,
                engine=engine,
                **msgspec.structs.asdict(chosen),
                timestamp=at,
            )

    def end_job(self, job_id: UUID, *, at: datetime) -> None:
        """A job of this twin has ended. One that is not open changes nothing."""
        if job_id in self._open_jobs:
            self.trigger_event(Twin.JobEnded, job_id=job_id, timestamp=at)
            self._let_go(at=at)

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

    def _require_no_training(self) -> None:
        if any(job.learns for job in self._open_jobs.values()):
            raise TwinBusy()

    def _require_room(self) -> None:
        if len(self._open_jobs) >= OPEN_JOBS_MAX:
            raise TwinBusy()
