"""The photos of their own that an owner begins pictures and clips with."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domain.asset import LENT_NAMED_MAX
from domain.checks import CheckVerdict, storable
from domain.engines import EngineEntry
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import source_photos_id
from domain.person import Person
from domain.policy import PolicyRow
from domain.refusals import (
    AlreadyDecided,
    NotFound,
    SourcePhotoNotReady,
    SourcePhotoOfAnotherEngine,
    StaleResult,
    TooManySourcePhotos,
    UploadsNotPlanned,
)
from domain.source_photo import (
    CleanPhoto,
    SourceFlaw,
    SourceGone,
    SourcePhoto,
    SourcePhotosState,
    SourcePlaces,
    SourceState,
    flaws_of_source,
    places_of_source,
)
from domain.time_limits import JOB_OPEN_MAX, SOURCE_PHOTO_KEPT_MAX
from domain.twin import Twin

SOURCE_PHOTOS_MAX = 50
"""Of one owner, those on their way included: whoever only uploads fills no disk."""


class SourcePhotos(Aggregate):
    """One of each owner, from their first photo on.

    Every photo belongs to a twin under one consent: without it nobody may look for a face in it,
    and whatever begins with it draws that twin.
    """

    TOPIC = "source-photos"

    class Opened(Aggregate.Created):
        """Its owner is about to upload the first one."""

        TOPIC = "source-photos.opened"
        owner_id: UUID

        def apply(self, photos: "SourcePhotos") -> None:
            photos.owner_id = self.owner_id

    class Planned(Aggregate.Event):
        """It may be uploaded, `size_bytes` long."""

        TOPIC = "source-photos.planned"
        photo_id: UUID
        twin_id: UUID
        epoch: int
        engine: str
        size_bytes: int
        places: SourcePlaces

        def apply(self, photos: "SourcePhotos") -> None:
            photos.kept[self.photo_id] = SourcePhoto(
                self.twin_id, self.epoch, self.engine, self.places, self.timestamp
            )

    class Submitted(Aggregate.Event):
        """It is uploaded, and waits to be judged."""

        TOPIC = "source-photos.submitted"
        photo_id: UUID
        twin_id: UUID
        engine: str

        def apply(self, photos: "SourcePhotos") -> None:
            photos._change(self.photo_id, state=SourceState.SUBMITTED)

    class Accepted(Aggregate.Event):
        """Nothing speaks against it. Until they are cleared, `places` hold more than its copy."""

        TOPIC = "source-photos.accepted"
        photo_id: UUID
        clean: CleanPhoto
        checks: tuple[CheckVerdict, ...]
        policy_version: int
        places: SourcePlaces

        def apply(self, photos: "SourcePhotos") -> None:
            photos._change(
                self.photo_id,
                state=SourceState.ACCEPTED,
                clean=self.clean,
                last_used_at=self.timestamp,
            )

    class Refused(Aggregate.Event):
        """Something is wrong with it, or nobody could judge it in time. All of it goes."""

        TOPIC = "source-photos.refused"
        photo_id: UUID
        flaws: tuple[SourceFlaw, ...]
        checks: tuple[CheckVerdict, ...]
        places: SourcePlaces

        def apply(self, photos: "SourcePhotos") -> None:
            del photos.kept[self.photo_id]

    class Lent(Aggregate.Event):
        """A job begins with it, and has to end where it goes before it was read."""

        TOPIC = "source-photos.lent"
        photo_id: UUID
        job_id: UUID

        def apply(self, photos: "SourcePhotos") -> None:
            lent = photos.kept[self.photo_id].lent_to
            photos._change(
                self.photo_id,
                lent_to=(*lent, self.job_id)[-LENT_NAMED_MAX:],
                last_used_at=self.timestamp,
            )

    class Deleted(Aggregate.Event):
        """It is to begin nothing any more. `lent_to` are jobs that may not have read it yet."""

        TOPIC = "source-photos.deleted"
        photo_id: UUID
        because: SourceGone
        places: SourcePlaces
        lent_to: tuple[UUID, ...] = ()

        def apply(self, photos: "SourcePhotos") -> None:
            del photos.kept[self.photo_id]

    def __init__(self) -> None:
        self.owner_id: UUID
        self.kept: dict[UUID, SourcePhoto] = {}

    @classmethod
    def open(cls, owner_id: UUID, *, at: datetime) -> "SourcePhotos":
        """Without any photo."""
        own = source_photos_id(owner_id)
        return cls._create(cls.Opened, id=own, timestamp=at, owner_id=owner_id)

    def plan(
        self,
        photo_id: UUID,
        *,
        twin: Twin,
        person: Person,
        entry: EngineEntry,
        size_bytes: int,
        at: datetime,
    ) -> SourcePlaces:
        """Allow a photo to be uploaded for a twin that the engine can draw. Answers where to.

        Raises as `Twin.require_source_consent`, and `AssuranceTooLow`, `TwinNotTrained`,
        `TooManySourcePhotos`, `AlreadyDecided` for one that is known.
        """
        twin.require_source_consent(person, at=at)
        person.require_assurance(entry, at=at)
        # Whose face it may show, the photos tell that the adapter has learnt from.
        twin.adapter(entry.id)
        if photo_id in self.kept:
            raise AlreadyDecided()
        if len(self.kept) >= SOURCE_PHOTOS_MAX:
            raise TooManySourcePhotos(SOURCE_PHOTOS_MAX)
        places = places_of_source(self.owner_id, twin.id, twin.epoch, photo_id)
        self.trigger_event(
            SourcePhotos.Planned,
            photo_id=photo_id,
            twin_id=twin.id,
            epoch=twin.epoch,
            engine=entry.id,
            size_bytes=size_bytes,
            places=places,
            timestamp=at,
        )
        return places

    def require_planned(self, photo_id: UUID) -> SourcePhoto:
        """A photo that may be uploaded now. Raises `UploadsNotPlanned`."""
        photo = self.kept.get(photo_id)
        if photo is None or photo.state is not SourceState.PLANNED:
            raise UploadsNotPlanned()
        return photo

    def submit(self, photo_id: UUID, *, at: datetime) -> None:
        """Have it judged. Again changes nothing. Raises `UploadsNotPlanned`."""
        photo = self.kept.get(photo_id)
        if photo is not None and photo.state is not SourceState.PLANNED:
            return
        photo = self.require_planned(photo_id)
        self.trigger_event(
            SourcePhotos.Submitted,
            photo_id=photo_id,
            twin_id=photo.twin_id,
            engine=photo.engine,
            timestamp=at,
        )

    def record_judged(
        self,
        photo_id: UUID,
        *,
        twin: Twin,
        row: PolicyRow | None,
        policy_version: int,
        flaw: SourceFlaw | None,
        checks: Sequence[CheckVerdict],
        clean: CleanPhoto | None,
        at: datetime,
    ) -> None:
        """Accept it where nothing speaks against it. `flaw` is what kept it from being looked at.

        `twin` is the photo's, as it is now. Raises `StaleResult` for one that does not wait, and
        after the consent ended.
        """
        photo = self._waiting(photo_id)
        if not is_covered(photo, twin):
            raise StaleResult()
        flaws = (flaw,) if flaw else flaws_of_source(row, twin.id, checks)
        said = tuple(storable(check) for check in checks)
        if not flaws and clean is not None:
            self.trigger_event(
                SourcePhotos.Accepted,
                photo_id=photo_id,
                clean=clean,
                checks=said,
                policy_version=policy_version,
                places=photo.places,
                timestamp=at,
            )
        else:
            self._refuse(photo_id, photo, flaws or (SourceFlaw.NOT_JUDGED,), said, at=at)

    def give_up(self, photo_id: UUID, *, at: datetime) -> None:
        """Nobody could judge it in its time. Raises `StaleResult` for one that does not wait."""
        photo = self._waiting(photo_id)
        self._refuse(photo_id, photo, (SourceFlaw.NOT_JUDGED,), (), at=at)

    def require_ready(self, photo_id: UUID, twin: Twin, engine: str) -> CleanPhoto:
        """What a job may begin with while the consent of `twin`, which is its own, covers it.

        It passed what the policy asks of one engine, and begins nothing on another: where cartoons
        are drawn, no photograph is let in that was judged where photographs are. Raises `NotFound`,
        `SourcePhotoNotReady`, `SourcePhotoOfAnotherEngine`.
        """
        photo = self.of(photo_id)
        if photo.engine != engine:
            raise SourcePhotoOfAnotherEngine(photo.engine)
        if photo.clean is None or not is_covered(photo, twin):
            raise SourcePhotoNotReady()
        return photo.clean

    def of(self, photo_id: UUID) -> SourcePhoto:
        """One that is there. Raises `NotFound`."""
        photo = self.kept.get(photo_id)
        if photo is None:
            raise NotFound()
        return photo

    def lend(self, photo_id: UUID, job_id: UUID, *, at: datetime) -> None:
        """Let a job begin with it. Raises `NotFound`."""
        self.of(photo_id)
        self.trigger_event(SourcePhotos.Lent, photo_id=photo_id, job_id=job_id, timestamp=at)

    def delete(self, photo_id: UUID, *, at: datetime) -> None:
        """Its owner has no use for it any more. Raises `NotFound`."""
        self._delete(photo_id, self.of(photo_id), SourceGone.BY_OWNER, at=at)

    def forget_planned(self, photo_id: UUID, *, at: datetime) -> None:
        """It was not submitted in its time. Raises `UploadsNotPlanned`."""
        photo = self.require_planned(photo_id)
        self._delete(photo_id, photo, SourceGone.NOT_SUBMITTED, at=at)

    def forget_unused(self, photo_id: UUID, *, at: datetime) -> None:
        """Nothing began with it for so long. Raises `NotFound`, `AlreadyDecided` where some did."""
        photo = self.of(photo_id)
        if photo.last_used_at is None or at < photo.last_used_at + SOURCE_PHOTO_KEPT_MAX:
            raise AlreadyDecided()
        self._delete(photo_id, photo, SourceGone.NOT_USED, at=at)

    def forget_uncovered(self, twin: Twin, *, at: datetime) -> None:
        """Those that the consent of a twin covers no more. None of them changes nothing."""
        for photo_id, photo in tuple(self.kept.items()):
            if photo.twin_id == twin.id and not is_covered(photo, twin):
                self._delete(photo_id, photo, SourceGone.CONSENT_ENDED, at=at)

    def snapshot_state(self) -> SourcePhotosState:
        """Everything but id and version."""
        return SourcePhotosState(
            created_on=self.created_on,
            modified_on=self.modified_on,
            owner_id=self.owner_id,
            kept=dict(self.kept),
        )

    @classmethod
    def from_snapshot(cls, id: UUID, version: int, state: SourcePhotosState) -> "SourcePhotos":
        """The photos as they were at `version`."""
        photos = cls.__new__(cls)
        photos.__base_init__(id, version, state.created_on)
        photos.modified_on = state.modified_on
        photos.owner_id = state.owner_id
        photos.kept = dict(state.kept)
        return photos

    def _waiting(self, photo_id: UUID) -> SourcePhoto:
        photo = self.kept.get(photo_id)
        if photo is None or photo.state is not SourceState.SUBMITTED:
            raise StaleResult()
        return photo

    def _refuse(
        self,
        photo_id: UUID,
        photo: SourcePhoto,
        flaws: tuple[SourceFlaw, ...],
        checks: tuple[CheckVerdict, ...],
        *,
        at: datetime,
    ) -> None:
        self.trigger_event(
            SourcePhotos.Refused,
            photo_id=photo_id,
            flaws=flaws,
            checks=checks,
            places=photo.places,
            timestamp=at,
        )

    def _delete(
        self, photo_id: UUID, photo: SourcePhoto, because: SourceGone, *, at: datetime
    ) -> None:
        used = photo.last_used_at
        may_wait = used is not None and at < used + JOB_OPEN_MAX
        self.trigger_event(
            SourcePhotos.Deleted,
            photo_id=photo_id,
            because=because,
            places=photo.places,
            lent_to=photo.lent_to if may_wait else (),
            timestamp=at,
        )

    def _change(self, photo_id: UUID, **values: object) -> None:
        self.kept[photo_id] = msgspec.structs.replace(self.kept[photo_id], **values)


def is_covered(photo: SourcePhoto, twin: Twin) -> bool:
    """Whether the consent that it was uploaded under covers a photo still; `twin` is its own."""
    return twin.id == photo.twin_id and twin.covers_source(photo.epoch)
