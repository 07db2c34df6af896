"""What a twin knows, and what follows from it; `twin.py` decides, `twin_events.py` changes it."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.consent_text import ConsentScope
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
        self._open_jobs: dict[UUID, OpenJob] = {}
        self._to_delete: tuple[str, ...] = ()
        self._over: tuple[UUID, ...] = ()
        self._plans: dict[UUID, UploadPlan] = {}
        self._places: dict[UUID, PhotoPlaces] = {}
        self._former: tuple[FormerPlace, ...] = ()

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

    def places_of(self, submission_id: UUID) -> PhotoPlaces:
        """Where the bytes of a set lie that this twin knows."""
        stored = self._places.get(submission_id)
        return stored or first_places(self.owner_id, self.id, submission_id)

    def epoch_is_current(self, epoch: int | None) -> bool:
        """Whether a decision made under `epoch` still rests on a consent in force."""
        return self.consented and epoch == self._epoch

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
        )

    def _places_known(self) -> Iterator[str]:
        """Whatever is recorded of the consent in force, also where it lay before this release."""
        for submission in (*self._plans, *self._sets, *self._over):
            yield from self.places_of(submission).all
        for adapter in self._adapters.values():
            yield adapter.object_key
            if adapter.submission_id is not None:
                yield self.places_of(adapter.submission_id).template
        yield from (former.place for former in self._former)

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
