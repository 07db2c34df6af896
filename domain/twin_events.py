"""What can have happened to a twin, and what each event changes in it."""

from dataclasses import field
from typing import TYPE_CHECKING
from uuid import UUID

from domain.consent_text import ConsentScope
from domain.job_kind import JobKind
from domain.job_state import AdapterFile
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText
from domain.object_keys import adapters_of_job_prefix, epoch_prefixes, first_adapter_key
from domain.photo_places import PhotoPlaces
from domain.photo_set import PhotoVerdict, SetFlaw
from domain.rating import Rating
from domain.twin_state import (
    FormerPlace,
    KeptPhotos,
    NeededBy,
    OpenJob,
    PhotoSubmission,
    TrainedAdapter,
    UploadPlan,
)

if TYPE_CHECKING:
    from domain.twin import Twin

GAVE_WAY_MAX = 100
"""Places that a withdrawal names although they gave way before. After a thousand trainings that
ended in one hour some are named no more: those go when their hour is over."""


class TwinEvents:
    """The events of a `Twin`."""

    class Created(Aggregate.Created):
        """A twin exists; nothing may be done with it yet."""

        TOPIC = "twin.created"
        owner_id: UUID
        name: FreeText

        def apply(self, twin: "Twin") -> None:
            twin.owner_id = self.owner_id

    class BiometricReleaseSigned(Aggregate.Event):
        """The person allows their face to be measured."""

        TOPIC = "twin.biometric-release-signed"
        text_sha256: str
        locale: str

        def apply(self, twin: "Twin") -> None:
            twin._released_biometrics = True

    class ConsentGranted(Aggregate.Event):
        """The person consented to exactly this text, within this scope. Version 2 knows more."""

        TOPIC = "twin.consent-granted"
        schema_version = 2
        epoch: int
        text_sha256: str
        scope: tuple[ConsentScope, ...]

        def apply(self, twin: "Twin") -> None:
            twin._scope = self.scope
            twin._consent_sha256 = self.text_sha256

    class ConsentScopesAdded(Aggregate.Event):
        """The person accepted this text and ticked more. What was ticked before stays."""

        TOPIC = "twin.consent-scopes-added"
        epoch: int
        text_sha256: str
        scope: tuple[ConsentScope, ...]

        def apply(self, twin: "Twin") -> None:
            twin._scope = tuple(one for one in ConsentScope if one in (*twin._scope, *self.scope))
            twin._consent_sha256 = self.text_sha256

    class ConsentScopesTakenBack(Aggregate.Event):
        """Some scopes are in force no longer, others still are, and the epoch goes on.

        `versions` are the new ones of those that were taken back: whatever rests on an older one
        is refused. `open_jobs` rested on one of them.
        """

        TOPIC = "twin.consent-scopes-taken-back"
        epoch: int
        versions: dict[ConsentScope, int]
        open_jobs: tuple[UUID, ...]

        def apply(self, twin: "Twin") -> None:
            twin._scope = tuple(one for one in twin._scope if one not in self.versions)
            twin._scope_versions = {**twin._scope_versions, **self.versions}
            if ConsentScope.TRAINING in self.versions:
                twin._forget_photos()

    class ConsentWithdrawn(Aggregate.Event):
        """The consent is over. `epoch` is the new one; whatever carries an older one is refused."""

        TOPIC = "twin.consent-withdrawn"
        epoch: int
        open_jobs: tuple[UUID, ...]

        def apply(self, twin: "Twin") -> None:
            twin._epoch = self.epoch
            twin._scope = ()
            twin._submitted = None
            twin._accepted = None
            twin._adapters = {}
            twin._checkpoints = {}
            twin._over = ()
            twin._plans = {}
            twin._places = {}
            twin._former = ()
            twin._gave_way = ()
            twin._kept_photos = None

    class UploadsPlanned(Aggregate.Event):
        """These photos may be uploaded, `size_bytes` in all, to be submitted as one set."""

        TOPIC = "twin.uploads-planned"
        submission_id: UUID
        photos: tuple[UUID, ...]
        size_bytes: int
        epoch: int
        places: PhotoPlaces

        def apply(self, twin: "Twin") -> None:
            twin._plans[self.submission_id] = UploadPlan(self.photos, self.timestamp)
            twin._places[self.submission_id] = self.places

    class UploadsForgotten(Aggregate.Event):
        """What was planned was not submitted in its time, or given up."""

        TOPIC = "twin.uploads-forgotten"
        submission_id: UUID
        places: PhotoPlaces

        def apply(self, twin: "Twin") -> None:
            del twin._plans[self.submission_id]
            del twin._places[self.submission_id]

    class PhotosSubmitted(Aggregate.Event):
        """A photo set waits to be judged. `supersedes` are the places of one that still waited.

        `reused` says where those of its photos lie that were not uploaded again.
        """

        TOPIC = "twin.photos-submitted"
        submission_id: UUID
        engine: str
        photos: tuple[UUID, ...]
        epoch: int
        supersedes: PhotoPlaces | None = None
        reused: dict[UUID, str] = field(default_factory=dict)

        def apply(self, twin: "Twin") -> None:
            twin._end_submitted()
            if twin._accepted is not None and twin._accepted.submission_id == self.submission_id:
                # Logs of before hold accepted sets that were submitted again: nobody judges those,
                # and whatever ended the waiting would delete what the twin was accepted with.
                twin._submitted = None
                return
            # They may hold a set again that was over, too, and sets that nobody had planned.
            twin._over = tuple(over for over in twin._over if over != self.submission_id)
            plan = twin._plans.pop(self.submission_id, None)
            twin._submitted = PhotoSubmission(
                self.submission_id,
                self.engine,
                self.photos,
                self.epoch,
                self.reused,
                () if plan is None else plan.photos,
            )

    class PhotosAccepted(Aggregate.Event):
        """Every photo is good and all show one person."""

        TOPIC = "twin.photos-accepted"
        submission_id: UUID
        photos: tuple[UUID, ...]
        analyser: str
        places: PhotoPlaces | None = None

        def apply(self, twin: "Twin") -> None:
            if twin._accepted is not None and twin._accepted.submission_id != self.submission_id:
                former = twin._accepted.submission_id
                lie = twin.places_of(former)
                twin._former = (
                    *twin._former,
                    FormerPlace(lie.photos, former, NeededBy.TRAINING),
                    FormerPlace(lie.template, former, NeededBy.ADAPTER),
                )
            waited = twin._submitted
            twin._accepted = (
                None
                if waited is None
                else PhotoSubmission(
                    waited.submission_id, waited.engine, waited.photos, waited.epoch
                )
            )
            twin._submitted = None
            # Its clean copies are all that is needed now, of those that were kept for it, too.
            twin._keep(None)

    class PhotosRejected(Aggregate.Event):
        """Something is wrong with a photo or with the set.

        Good photos are `kept` for the next one, each where it lies. Everything at `discarded` goes;
        of an event that names nothing, all of `places`.
        """

        TOPIC = "twin.photos-rejected"
        submission_id: UUID
        verdicts: tuple[PhotoVerdict, ...]
        set_flaws: tuple[SetFlaw, ...]
        places: PhotoPlaces | None = None
        kept: dict[UUID, str] = field(default_factory=dict)
        discarded: tuple[str, ...] = ()

        def apply(self, twin: "Twin") -> None:
            twin._end_submitted()
            twin._submitted = None
            twin._keep(KeptPhotos(self.submission_id, self.kept) if self.kept else None)

    class KeptPhotosForgotten(Aggregate.Event):
        """No set came that these were kept for. Everything at `places` goes."""

        TOPIC = "twin.kept-photos-forgotten"
        submission_id: UUID
        photos: tuple[UUID, ...]
        places: tuple[str, ...]

        def apply(self, twin: "Twin") -> None:
            twin._forget_kept(self.photos)

    class TrainingAuthorised(Aggregate.Event):
        """A job may learn from the accepted photos."""

        TOPIC = "twin.training-authorised"
        job_id: UUID
        epoch: int
        engine: str
        submission_id: UUID
        policy_version: int
        scopes: dict[ConsentScope, int] = field(default_factory=dict)

        def apply(self, twin: "Twin") -> None:
            twin._open_jobs[self.job_id] = OpenJob(
                JobKind.TRAINING, self.engine, self.epoch, self.submission_id, self.scopes
            )

    class GenerationAuthorised(Aggregate.Event):
        """A job may draw this twin."""

        TOPIC = "twin.generation-authorised"
        job_id: UUID
        epoch: int
        engine: str
        rating: Rating
        jurisdiction: str
        policy_version: int
        kind: JobKind = JobKind.IMAGES
        scopes: dict[ConsentScope, int] = field(default_factory=dict)

        def apply(self, twin: "Twin") -> None:
            twin._open_jobs[self.job_id] = OpenJob(
                self.kind, self.engine, self.epoch, scopes=self.scopes
            )

    class AdapterDelivered(Aggregate.Event):
        """A training has a result that passed its checks, as did its earlier `checkpoints`."""

        TOPIC = "twin.adapter-delivered"
        job_id: UUID
        engine: str
        object_key: str
        sha256: str
        size_bytes: int
        rank: int
        step: int
        similarity: float
        checkpoints: tuple[AdapterFile, ...] = ()

        def apply(self, twin: "Twin") -> None:
            replaced = twin.adapter_places(self.engine)
            twin._former = (
                *twin._former,
                *(FormerPlace(place, None, NeededBy.NOTHING) for place in replaced),
            )
            twin._checkpoints.pop(self.engine, None)
            if self.checkpoints:
                delivered = AdapterFile(
                    self.object_key,
                    self.sha256,
                    self.size_bytes,
                    self.rank,
                    self.step,
                    self.similarity,
                )
                twin._checkpoints[self.engine] = (*self.checkpoints, delivered)
            twin._adapters[self.engine] = TrainedAdapter(
                self.job_id,
                twin._open_jobs[self.job_id].submission_id,
                self.object_key,
                self.sha256,
                self.size_bytes,
                self.rank,
            )

    class CheckpointChosen(Aggregate.Event):
        """The owner has another checkpoint of the same training draw this twin."""

        TOPIC = "twin.checkpoint-chosen"
        job_id: UUID
        engine: str
        object_key: str
        sha256: str
        size_bytes: int
        rank: int
        step: int
        similarity: float

        def apply(self, twin: "Twin") -> None:
            twin._adapters[self.engine] = TrainedAdapter(
                self.job_id,
                twin._adapters[self.engine].submission_id,
                self.object_key,
                self.sha256,
                self.size_bytes,
                self.rank,
            )

    class JobEnded(Aggregate.Event):
        """A job that was authorised has reached its end."""

        TOPIC = "twin.job-ended"
        job_id: UUID

        def apply(self, twin: "Twin") -> None:
            ended = twin._open_jobs.pop(self.job_id)
            delivered = any(adapter.job_id == self.job_id for adapter in twin._adapters.values())
            if not ended.learns or delivered or ended.epoch != twin._epoch:
                return
            # A screener may have written what it had checked and never come to report it.
            twin._former = (
                *twin._former,
                FormerPlace(
                    adapters_of_job_prefix(twin.id, ended.epoch, self.job_id),
                    None,
                    NeededBy.NOTHING,
                ),
                FormerPlace(first_adapter_key(twin.id, self.job_id), None, NeededBy.NOTHING),
            )

    class PlacesGaveWay(Aggregate.Event):
        """Newer bytes took the place of these, and nothing rests on them any more."""

        TOPIC = "twin.places-gave-way"
        places: tuple[str, ...]

        def apply(self, twin: "Twin") -> None:
            gone = [former for former in twin._former if former.place in self.places]
            twin._former = tuple(former for former in twin._former if former not in gone)
            # A withdrawal does not wait for their hour; it names prefixes that hold all others.
            covered = epoch_prefixes(twin.owner_id, twin.id, twin._epoch)
            elsewhere = (place for place in self.places if not place.startswith(covered))
            remembered = tuple(dict.fromkeys((*twin._gave_way, *elsewhere)))
            twin._gave_way = remembered[-GAVE_WAY_MAX:]
            for former in gone:
                # The template goes last: after it nothing of the set is left.
                if former.needed_by is NeededBy.ADAPTER and former.submission_id is not None:
                    twin._places.pop(former.submission_id, None)

    class DeletionRequested(Aggregate.Event):
        """Everything at these places of the object store, most of them prefixes, is to be deleted.

        `for_good`: nothing may be written there again. Older ones name prefixes of the twin, where
        a later consent might write.
        """

        TOPIC = "twin.deletion-requested"
        prefixes: tuple[str, ...]
        for_good: bool = False

        def apply(self, twin: "Twin") -> None:
            twin._to_delete = (*twin._to_delete, *self.prefixes)

    class Deleted(Aggregate.Event):
        """It was deleted; `object_count` objects were there."""

        TOPIC = "twin.deleted"
        prefixes: tuple[str, ...]
        object_count: int

        def apply(self, twin: "Twin") -> None:
            twin._to_delete = tuple(p for p in twin._to_delete if p not in self.prefixes)
