"""A person's digital twin: what they agreed to, their photos, and what was learnt from them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from eventsourcing.domain import event

from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.engines import EngineEntry
from domain.job import AdapterFile
from domain.job_kind import JobKind
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText
from domain.object_keys import twin_prefixes
from domain.person import Person
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw, require_photo_set
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
    TwinBusy,
    TwinNotTrained,
)

OPEN_JOBS_MAX = 200
"""Jobs of one twin that may wait or run at once; a withdrawal has to stop every one of them."""

NAME_LENGTH_MAX = 80
"""Characters in a twin's name."""


class PhotoSubmission(msgspec.Struct, frozen=True):
    """A photo set, judged under the consent of `epoch`."""

    submission_id: UUID
    engine: str
    photos: tuple[UUID, ...]
    epoch: int


class TrainedAdapter(msgspec.Struct, frozen=True):
    """What a training delivered: the LoRA that draws this twin on one engine."""

    job_id: UUID
    submission_id: UUID | None
    object_key: str
    sha256: str
    size_bytes: int
    rank: int


class OpenJob(msgspec.Struct, frozen=True):
    """A job that may run under `epoch`, and the photos that a training learns from."""

    kind: JobKind
    engine: str
    epoch: int
    submission_id: UUID | None = None


class TwinState(msgspec.Struct, frozen=True):
    """All that a twin knows, for a snapshot. Holds no text."""

    created_on: datetime
    modified_on: datetime
    owner_id: UUID
    epoch: int
    released_biometrics: bool
    scope: tuple[ConsentScope, ...]
    submitted: PhotoSubmission | None
    accepted: PhotoSubmission | None
    adapters: dict[str, TrainedAdapter]
    open_jobs: dict[UUID, OpenJob]
    to_delete: tuple[str, ...]
    over: tuple[UUID, ...] = ()


class Twin(Aggregate):
    """Owner and subject are one person. The consent epoch fences whatever rests on the consent."""

    TOPIC = "twin"

    class Created(Aggregate.Created):
        """A twin exists; nothing may be done with it yet."""

        TOPIC = "twin.created"
        owner_id: UUID
        name: FreeText

    class BiometricReleaseSigned(Aggregate.Event):
        """The person allows their face to be measured."""

        TOPIC = "twin.biometric-release-signed"
        text_sha256: str
        locale: str

    class ConsentGranted(Aggregate.Event):
        """The person consented to exactly this text, within this scope."""

        TOPIC = "twin.consent-granted"
        epoch: int
        text_sha256: str
        scope: tuple[ConsentScope, ...]

    class ConsentWithdrawn(Aggregate.Event):
        """The consent is over. `epoch` is the new one; whatever carries an older one is refused."""

        TOPIC = "twin.consent-withdrawn"
        epoch: int
        open_jobs: tuple[UUID, ...]

    class PhotosSubmitted(Aggregate.Event):
        """A photo set waits to be judged."""

        TOPIC = "twin.photos-submitted"
        submission_id: UUID
        engine: str
        photos: tuple[UUID, ...]
        epoch: int

    class PhotosAccepted(Aggregate.Event):
        """Every photo is good and all show one person."""

        TOPIC = "twin.photos-accepted"
        submission_id: UUID
        photos: tuple[UUID, ...]
        analyser: str

    class PhotosRejected(Aggregate.Event):
        """Something is wrong with a photo or with the set."""

        TOPIC = "twin.photos-rejected"
        submission_id: UUID
        verdicts: tuple[PhotoVerdict, ...]
        set_flaws: tuple[SetFlaw, ...]

    class TrainingAuthorised(Aggregate.Event):
        """A job may learn from the accepted photos."""

        TOPIC = "twin.training-authorised"
        job_id: UUID
        epoch: int
        engine: str
        submission_id: UUID
        policy_version: int

    class GenerationAuthorised(Aggregate.Event):
        """A job may draw this twin."""

        TOPIC = "twin.generation-authorised"
        job_id: UUID
        epoch: int
        engine: str
        rating: Rating
        jurisdiction: str
        policy_version: int

    class AdapterDelivered(Aggregate.Event):
        """A training has a result that passed its checks."""

        TOPIC = "twin.adapter-delivered"
        job_id: UUID
        engine: str
        object_key: str
        sha256: str
        size_bytes: int
        rank: int
        step: int
        similarity: float

    class JobEnded(Aggregate.Event):
        """A job that was authorised has reached its end."""

        TOPIC = "twin.job-ended"
        job_id: UUID

    class DeletionRequested(Aggregate.Event):
        """Everything under these prefixes of the object store is to be deleted."""

        TOPIC = "twin.deletion-requested"
        prefixes: tuple[str, ...]

    class Deleted(Aggregate.Event):
        """It was deleted; `object_count` objects were there."""

        TOPIC = "twin.deleted"
        prefixes: tuple[str, ...]
        object_count: int

    @classmethod
    def create(cls, id: UUID, *, owner_id: UUID, name: FreeText, at: datetime) -> "Twin":
        """A twin of its owner."""
        return cls._create(cls.Created, id=id, timestamp=at, owner_id=owner_id, name=name)

    @event(Created)
    def __init__(self, owner_id: UUID) -> None:
        self.owner_id = owner_id
        self._epoch = 1
        self._released_biometrics = False
        self._scope: tuple[ConsentScope, ...] = ()
        self._submitted: PhotoSubmission | None = None
        self._accepted: PhotoSubmission | None = None
        self._adapters: dict[str, TrainedAdapter] = {}
        self._open_jobs: dict[UUID, OpenJob] = {}
        self._to_delete: tuple[str, ...] = ()
        # Sets that were rejected, gave way to another, or lost their consent: their bytes go.
        self._over: tuple[UUID, ...] = ()

    @property
    def epoch(self) -> int:
        """The current consent epoch. It only grows."""
        return self._epoch

    @property
    def consented(self) -> bool:
        """Whether any consent is in force."""
        return bool(self._scope)

    @property
    def scope(self) -> tuple[ConsentScope, ...]:
        """What the consent in force covers."""
        return self._scope

    @property
    def submitted(self) -> PhotoSubmission | None:
        """The photo set that waits for its verdicts."""
        return self._submitted

    @property
    def accepted(self) -> PhotoSubmission | None:
        """The photo set that a training may learn from."""
        return self._accepted

    @property
    def open_jobs(self) -> tuple[UUID, ...]:
        """Jobs that were authorised and have not ended, oldest first."""
        return tuple(self._open_jobs)

    @property
    def to_delete(self) -> tuple[str, ...]:
        """Prefixes whose deletion was requested and not yet recorded."""
        return self._to_delete

    @property
    def adapters(self) -> tuple[TrainedAdapter, ...]:
        """What draws this twin, an adapter an engine."""
        return tuple(self._adapters.values())

    def adapter(self, engine: str) -> TrainedAdapter:
        """What draws this twin on an engine. Raises `TwinNotTrained`."""
        adapter = self._adapters.get(engine)
        if adapter is None:
            raise TwinNotTrained()
        return adapter

    def rests_on(self, submission_id: UUID) -> bool:
        """Whether an adapter was, or is being, trained on this photo set."""
        trained = (adapter.submission_id for adapter in self._adapters.values())
        in_training = (job.submission_id for job in self._open_jobs.values())
        return submission_id in (*trained, *in_training)

    def epoch_is_current(self, epoch: int | None) -> bool:
        """Whether a decision made under `epoch` still rests on a consent in force."""
        return self.consented and epoch == self._epoch

    def sign_biometric_release(self, text_sha256: str, locale: str, *, at: datetime) -> None:
        """Allow the face to be measured. Raises `ConsentTextChanged`, `AlreadyDecided`."""
        if text_sha256 != BIOMETRIC_RELEASE.sha256:
            raise ConsentTextChanged(BIOMETRIC_RELEASE.sha256)
        if self._released_biometrics:
            raise AlreadyDecided()
        self._biometric_release_signed(text_sha256, locale, timestamp=at)

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
        self._consent_granted(self._epoch, text_sha256, chosen, timestamp=at)

    def withdraw_consent(self, *, at: datetime) -> None:
        """End the consent. Photos, adapters and what rests on the old epoch are void.

        The deletion of their bytes is requested in the same save. Raises `ConsentMissing`.
        """
        if not self.consented:
            raise ConsentMissing()
        self._consent_withdrawn(self._epoch + 1, self.open_jobs, timestamp=at)
        self.request_deletion(twin_prefixes(self.owner_id, self.id), at=at)

    def require_photo_consent(self, person: Person, *, at: datetime) -> None:
        """Whether photos may be taken in at all.

        Raises `NotFound`, `NotVerified`, `BiometricReleaseMissing`, `ConsentMissing`, and
        `TwinBusy` while older photos wait to be deleted, for the new ones would go with them.
        """
        self._require_subject(person)
        person.require_verified(at=at)
        self._require_release()
        self._require_scope(ConsentScope.TRAINING)
        if self._to_delete:
            raise TwinBusy()

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

        Raises `PhotoCountOutOfRange`, `AssuranceTooLow`, `TwinBusy` while a training runs, and as
        `require_photo_consent`. A set that waits or was accepted is not submitted twice: asking for
        it again changes nothing. Raises `AlreadyDecided` where it would be another set, and for a
        set that is over: the deletion of its bytes might come after it was accepted after all.
        """
        self.require_photo_consent(person, at=at)
        person.require_assurance(entry, at=at)
        photos = require_photo_set(photo_ids)
        self._require_no_training()
        if submission_id in self._over:
            raise AlreadyDecided()
        for known in (self._submitted, self._accepted):
            if known is not None and known.submission_id == submission_id:
                if (known.engine, known.photos) != (entry.id, photos):
                    raise AlreadyDecided()
                return
        self._photos_submitted(submission_id, entry.id, photos, self._epoch, timestamp=at)

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
        if waiting is None or waiting.submission_id != submission_id:
            raise StaleResult()
        if not self.epoch_is_current(waiting.epoch):
            raise StaleResult()
        flaws = {verdict.photo_id: verdict.flaws for verdict in verdicts}
        judged = tuple(
            PhotoVerdict(photo, flaws.get(photo, (PhotoFlaw.NOT_JUDGED,)))
            for photo in waiting.photos
        )
        if set_flaws or any(verdict.flaws for verdict in judged):
            self._photos_rejected(submission_id, judged, tuple(set_flaws), timestamp=at)
        else:
            self._photos_accepted(submission_id, waiting.photos, analyser, timestamp=at)

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
        if accepted is None or accepted.engine != entry.id:
            raise PhotosNotAccepted()
        if not self.epoch_is_current(accepted.epoch):
            raise PhotosNotAccepted()
        self._require_no_training()
        self._require_room()
        self._training_authorised(
            job_id, self._epoch, entry.id, accepted.submission_id, policy_version, timestamp=at
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
    ) -> None:
        """Allow a job to draw this twin. What the policy says of the jurisdiction is asked before.

        Raises `NotFound`, `NotVerified`, `AssuranceTooLow`, `BiometricReleaseMissing`,
        `ConsentMissing`, `RatingNotAllowed`, `TwinNotTrained`, `TwinBusy`.
        """
        self._require_subject(person)
        person.require_assurance(entry, at=at)
        self._require_release()
        self._require_scope(ConsentScope.GENERAL_IMAGES)
        # The consent text covers GENERAL pictures; a stronger rating needs a text of its own.
        if rating is not Rating.GENERAL or rating not in entry.ratings:
            raise RatingNotAllowed(rating)
        self.adapter(entry.id)
        self._require_room()
        self._generation_authorised(
            job_id,
            self._epoch,
            entry.id,
            rating,
            jurisdiction,
            policy_version,
            timestamp=at,
        )

    def deliver_adapter(
        self, job_id: UUID, epoch: int, adapter: AdapterFile, *, at: datetime
    ) -> None:
        """Take what a training made. Raises `StaleResult` for an ended job or an older epoch."""
        job = self._open_jobs.get(job_id)
        if job is None or job.kind is not JobKind.TRAINING:
            raise StaleResult()
        if job.epoch != epoch or not self.epoch_is_current(epoch):
            raise StaleResult()
        self._adapter_delivered(
            job_id,
            job.engine,
            adapter.object_key,
            adapter.sha256,
            adapter.size_bytes,
            adapter.rank,
            adapter.step,
            adapter.similarity,
            timestamp=at,
        )

    def end_job(self, job_id: UUID, *, at: datetime) -> None:
        """A job of this twin has ended. One that is not open changes nothing."""
        if job_id in self._open_jobs:
            self._job_ended(job_id, timestamp=at)

    def request_deletion(self, prefixes: Sequence[str], *, at: datetime) -> None:
        """Have everything under these prefixes deleted. One that already waits changes nothing."""
        new = tuple(prefix for prefix in prefixes if prefix not in self._to_delete)
        if new:
            self._deletion_requested(new, timestamp=at)

    def record_deletion(self, prefixes: Sequence[str], object_count: int, *, at: datetime) -> None:
        """It is done. Raises `AlreadyDecided` where one of them was not waiting to be deleted."""
        if any(prefix not in self._to_delete for prefix in prefixes):
            raise AlreadyDecided()
        self._deleted(tuple(prefixes), object_count, timestamp=at)

    def snapshot_state(self) -> TwinState:
        """Everything but id and version."""
        return TwinState(
            created_on=self.created_on,
            modified_on=self.modified_on,
            owner_id=self.owner_id,
            epoch=self._epoch,
            released_biometrics=self._released_biometrics,
            scope=self._scope,
            submitted=self._submitted,
            accepted=self._accepted,
            adapters=dict(self._adapters),
            open_jobs=dict(self._open_jobs),
            to_delete=self._to_delete,
            over=self._over,
        )

    @classmethod
    def from_snapshot(cls, id: UUID, version: int, state: TwinState) -> "Twin":
        """The twin as it was at `version`."""
        twin = cls.__new__(cls)
        twin.__base_init__(id, version, state.created_on)
        twin.modified_on = state.modified_on
        twin.owner_id = state.owner_id
        twin._epoch = state.epoch
        twin._released_biometrics = state.released_biometrics
        twin._scope = state.scope
        twin._submitted = state.submitted
        twin._accepted = state.accepted
        twin._adapters = dict(state.adapters)
        twin._open_jobs = dict(state.open_jobs)
        twin._to_delete = state.to_delete
        twin._over = state.over
        return twin

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
        if any(job.kind is JobKind.TRAINING for job in self._open_jobs.values()):
            raise TwinBusy()

    def _require_room(self) -> None:
        if len(self._open_jobs) >= OPEN_JOBS_MAX:
            raise TwinBusy()

    @event(BiometricReleaseSigned)
    def _biometric_release_signed(self, text_sha256: str, locale: str, timestamp: datetime) -> None:
        self._released_biometrics = True

    @event(ConsentGranted)
    def _consent_granted(
        self,
        epoch: int,
        text_sha256: str,
        scope: tuple[ConsentScope, ...],
        timestamp: datetime,
    ) -> None:
        self._scope = scope

    @event(ConsentWithdrawn)
    def _consent_withdrawn(
        self, epoch: int, open_jobs: tuple[UUID, ...], timestamp: datetime
    ) -> None:
        self._epoch = epoch
        self._scope = ()
        self._end_sets(self._submitted, self._accepted)
        self._submitted = None
        self._accepted = None
        self._adapters = {}

    @event(PhotosSubmitted)
    def _photos_submitted(
        self,
        submission_id: UUID,
        engine: str,
        photos: tuple[UUID, ...],
        epoch: int,
        timestamp: datetime,
    ) -> None:
        self._end_sets(self._submitted)
        # Logs of before may hold a set again that was over.
        self._over = tuple(over for over in self._over if over != submission_id)
        self._submitted = PhotoSubmission(submission_id, engine, photos, epoch)

    @event(PhotosAccepted)
    def _photos_accepted(
        self,
        submission_id: UUID,
        photos: tuple[UUID, ...],
        analyser: str,
        timestamp: datetime,
    ) -> None:
        self._accepted = self._submitted
        self._submitted = None

    @event(PhotosRejected)
    def _photos_rejected(
        self,
        submission_id: UUID,
        verdicts: tuple[PhotoVerdict, ...],
        set_flaws: tuple[SetFlaw, ...],
        timestamp: datetime,
    ) -> None:
        self._end_sets(self._submitted)
        self._submitted = None

    def _end_sets(self, *sets: PhotoSubmission | None) -> None:
        self._over = (*self._over, *(one.submission_id for one in sets if one is not None))

    @event(TrainingAuthorised)
    def _training_authorised(
        self,
        job_id: UUID,
        epoch: int,
        engine: str,
        submission_id: UUID,
        policy_version: int,
        timestamp: datetime,
    ) -> None:
        self._open_jobs[job_id] = OpenJob(JobKind.TRAINING, engine, epoch, submission_id)

    @event(GenerationAuthorised)
    def _generation_authorised(
        self,
        job_id: UUID,
        epoch: int,
        engine: str,
        rating: Rating,
        jurisdiction: str,
        policy_version: int,
        timestamp: datetime,
    ) -> None:
        self._open_jobs[job_id] = OpenJob(JobKind.IMAGES, engine, epoch)

    @event(AdapterDelivered)
    def _adapter_delivered(
        self,
        job_id: UUID,
        engine: str,
        object_key: str,
        sha256: str,
        size_bytes: int,
        rank: int,
        step: int,
        similarity: float,
        timestamp: datetime,
    ) -> None:
        self._adapters[engine] = TrainedAdapter(
            job_id, self._open_jobs[job_id].submission_id, object_key, sha256, size_bytes, rank
        )

    @event(JobEnded)
    def _job_ended(self, job_id: UUID, timestamp: datetime) -> None:
        del self._open_jobs[job_id]

    @event(DeletionRequested)
    def _deletion_requested(self, prefixes: tuple[str, ...], timestamp: datetime) -> None:
        self._to_delete = (*self._to_delete, *prefixes)

    @event(Deleted)
    def _deleted(self, prefixes: tuple[str, ...], object_count: int, timestamp: datetime) -> None:
        self._to_delete = tuple(p for p in self._to_delete if p not in prefixes)
