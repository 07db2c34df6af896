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
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    CheckpointUnknown,
    ConsentMissing,
    PhotosNotAccepted,
    RatingNotAllowed,
    StaleResult,
    TwinBusy,
)
from domain.twin_photos import TwinPhotos
from domain.twin_state import TwinState

OPEN_JOBS_MAX = 200
"""Jobs of one twin that may wait or run at once; a withdrawal has to stop every one of them."""


class Twin(TwinPhotos, Aggregate):
    """Owner and subject are one person. The consent epoch fences whatever rests on the consent."""

    TOPIC = "twin"

    @classmethod
    def create(cls, id: UUID, *, owner_id: UUID, name: FreeText, at: datetime) -> "Twin":
        """A twin of its owner."""
        return cls._create(cls.Created, id=id, timestamp=at, owner_id=owner_id, name=name)

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
