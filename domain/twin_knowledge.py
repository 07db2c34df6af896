"""What a twin knows, and what follows from it; `twin.py` decides, `twin_events.py` changes it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.consent_scopes import ConsentInForce
from domain.consent_text import FIRST_CONSENT, ConsentScope
from domain.engines import ENGINES
from domain.engines.entry import EngineEntry
from domain.job_kind import JobKind
from domain.job_state import AdapterFile
from domain.object_keys import adapters_of_job_prefix
from domain.photo_places import PhotoPlaces, first_places
from domain.refusals import (
    TwinNotTrained,
)
from domain.twin_events import TwinEvents
from domain.twin_state import (
    FormerPlace,
    NeededBy,
    OpenJob,
    PhotoSubmission,
    TrainedAdapter,
    TwinState,
    UploadPlan,
)


class TwinKnowledge(TwinEvents):
    """Everything that the events of a twin have said, ready to be asked."""

    if TYPE_CHECKING:
        # The aggregate has these.
        @property
        def id(self) -> UUID: ...
        @property
        def created_on(self) -> datetime: ...
        @property
        def modified_on(self) -> datetime: ...
        @modified_on.setter
        def modified_on(self, modified_on: datetime) -> None: ...

    def __init__(self) -> None:
        self.owner_id: UUID
        self._epoch = 1
        self._released_biometrics = False
        self._scope: tuple[ConsentScope, ...] = ()
        self._submitted: PhotoSubmission | None = None
        self._accepted: PhotoSubmission | None = None
        self._adapters: dict[str, TrainedAdapter] = {}
        self._checkpoints: dict[str, tuple[AdapterFile, ...]] = {}
        self._open_jobs: dict[UUID, OpenJob] = {}
        self._to_delete: tuple[str, ...] = ()
        self._over: tuple[UUID, ...] = ()
        self._plans: dict[UUID, UploadPlan] = {}
        self._places: dict[UUID, PhotoPlaces] = {}
        self._former: tuple[FormerPlace, ...] = ()
        self._gave_way: tuple[str, ...] = ()
        self._scope_versions: dict[ConsentScope, int] = {}
        self._consent_sha256 = FIRST_CONSENT.sha256

    @property
    def epoch(self) -> int:
        """The current consent epoch. It only grows."""
        return self._epoch

    @property
    def consented(self) -> bool:
        """Whether any consent is in force."""
        return bool(self._scope)

    @property
    def is_over(self) -> bool:
        """Whether the consent was withdrawn, and nothing of it is left, waits or works."""
        withdrawn = self._epoch > 1 and not self.consented
        return withdrawn and not self._to_delete and not self._open_jobs

    @property
    def scope(self) -> tuple[ConsentScope, ...]:
        """What the consent in force covers."""
        return self._scope

    @property
    def consent_in_force(self) -> ConsentInForce:
        """What covers this twin now, by epoch and by scope."""
        return ConsentInForce(self._epoch, self._in_force(self._scope))

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

    def is_trained_on(self, engine: str) -> bool:
        """Whether anything draws this twin on an engine."""
        return engine in self._adapters

    def known_by(self, entry: EngineEntry) -> TrainedAdapter:
        """What was learnt from photos that tell the twin's face to whoever judges this engine.

        That is its own adapter, or one of an engine that draws like it: photographs are judged by
        the same models, and cartoons by others. Raises `TwinNotTrained`.
        """
        alike = [
            adapter
            for engine, adapter in self._adapters.items()
            if engine in ENGINES and ENGINES[engine].photorealistic == entry.photorealistic
        ]
        return alike[0] if alike and not self.is_trained_on(entry.id) else self.adapter(entry.id)

    def checkpoints(self, engine: str) -> tuple[AdapterFile, ...]:
        """What may be chosen to draw this twin on an engine; empty where there is no choice."""
        return self._checkpoints.get(engine, ())

    def adapter_places(self, engine: str) -> tuple[str, ...]:
        """Where every adapter of this twin for an engine lies, the one in use first."""
        used = [self._adapters[engine].object_key] if engine in self._adapters else []
        kept = [checkpoint.object_key for checkpoint in self.checkpoints(engine)]
        return tuple(dict.fromkeys((*used, *kept)))

    def places_of(self, submission_id: UUID) -> PhotoPlaces:
        """Where the bytes of a set lie that this twin knows."""
        stored = self._places.get(submission_id)
        return stored or first_places(self.owner_id, self.id, submission_id)

    def epoch_is_current(self, epoch: int | None) -> bool:
        """Whether a decision made under `epoch` still rests on a consent in force."""
        return self.consented and epoch == self._epoch

    def covers(self, epoch: int | None, scopes: Mapping[ConsentScope, int]) -> bool:
        """Whether what rests on these scopes at these versions is still covered."""
        return self.consent_in_force.covers(epoch, scopes)

    def scopes_of(self, job_id: UUID) -> dict[ConsentScope, int]:
        """What a job that was authorised and has not ended rests on."""
        return self._open_jobs[job_id].rests_on

    def _in_force(self, scopes: Sequence[ConsentScope]) -> dict[ConsentScope, int]:
        """These scopes, at the versions that they have now."""
        return {scope: self._scope_versions.get(scope, 1) for scope in scopes}

    @property
    def _sets(self) -> tuple[UUID, ...]:
        sets = (self._submitted, self._accepted)
        return tuple(one.submission_id for one in sets if one is not None)

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
            plans=dict(self._plans),
            places=dict(self._places),
            former=self._former,
            gave_way=self._gave_way,
            scope_versions=dict(self._scope_versions),
            consent_sha256=self._consent_sha256,
            checkpoints=dict(self._checkpoints),
        )

    def _places_known(self) -> Iterator[str]:
        """Whatever is recorded of the consent in force, also where it lay before this release."""
        for submission in (*self._plans, *self._sets, *self._over):
            yield from self.places_of(submission).all
        for engine, adapter in self._adapters.items():
            yield from self.adapter_places(engine)
            if adapter.submission_id is not None:
                yield self.places_of(adapter.submission_id).template
        yield from (former.place for former in self._former)

    def _places_of_training(self) -> Iterator[str]:
        """Whatever is learnt from, or is being learnt: all but adapters and the faces they need."""
        faces = {self.places_of(submission).template for submission in self._adapter_sets()}
        sets = (*self._plans, *self._sets, *self._over)
        recorded = [place for submission in sets for place in self.places_of(submission).all]
        recorded += [former.place for former in self._former]
        delivered = [adapter.job_id for adapter in self._adapters.values()]
        recorded += [
            adapters_of_job_prefix(self.id, job.epoch, job_id)
            for job_id, job in self._open_jobs.items()
            if job.kind is JobKind.TRAINING and job_id not in delivered
        ]
        yield from (place for place in dict.fromkeys(recorded) if place not in faces)

    def _forget_photos(self) -> None:
        """Nothing may be learnt from any set. Faces stay for as long as an adapter needs them."""
        faces = tuple(
            FormerPlace(self.places_of(submission).template, submission, NeededBy.ADAPTER)
            for submission in self._adapter_sets()
        )
        self._places = {
            submission: places
            for submission, places in self._places.items()
            if submission in self._adapter_sets()
        }
        self._former = faces
        self._submitted = self._accepted = None
        self._plans = {}
        self._over = ()

    def _adapter_sets(self) -> tuple[UUID, ...]:
        sets = (adapter.submission_id for adapter in self._adapters.values())
        return tuple(dict.fromkeys(submission for submission in sets if submission is not None))

    def _end_submitted(self) -> None:
        if self._submitted is None:
            return
        over = self._submitted.submission_id
        if self._places.pop(over, None) is None:
            self._over = (*self._over, over)

    def _recall(self, state: TwinState) -> None:
        self.modified_on = state.modified_on
        self.owner_id = state.owner_id
        self._epoch = state.epoch
        self._released_biometrics = state.released_biometrics
        self._scope = state.scope
        accepted = None if state.accepted is None else state.accepted.submission_id
        waits = state.submitted is not None and state.submitted.submission_id != accepted
        self._submitted = state.submitted if waits else None
        self._accepted = state.accepted
        self._adapters = dict(state.adapters)
        self._open_jobs = dict(state.open_jobs)
        self._to_delete = state.to_delete
        self._over = state.over
        self._plans = dict(state.plans)
        self._places = dict(state.places)
        self._former = state.former
        self._gave_way = state.gave_way
        self._scope_versions = dict(state.scope_versions)
        self._consent_sha256 = state.consent_sha256
        self._checkpoints = dict(state.checkpoints)

    def _given_up(self) -> tuple[str, ...]:
        # A set of before may have come back after it gave way.
        trainings = [*self._sets, *(job.submission_id for job in self._open_jobs.values())]
        adapters = [adapter.submission_id for adapter in self._adapters.values()]
        needing = {
            NeededBy.TRAINING: trainings,
            NeededBy.ADAPTER: [*trainings, *adapters],
            NeededBy.NOTHING: [],
        }
        return tuple(
            former.place
            for former in self._former
            if former.submission_id not in needing[former.needed_by]
        )
