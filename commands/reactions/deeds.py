"""What a reaction may ask of the outside world. The reactor carries these out, and tries again.

Each says everything that is needed, and may be carried out twice.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.job_state import CancelledBy
from domain.object_keys import gallery_prefix, packs_prefix


@dataclass(frozen=True)
class DeleteObjects:
    """Delete these places: what ends in `/` is a prefix, all else is one object.

    `kept` are objects under these places that stay. `for_good` means that nothing may be written
    there again, so what still comes is refused where the store can. `twin_id` is set where the
    deletion has to be reported back: then the reactor executes `RecordDeletion` with the number of
    objects once everything is gone.
    """

    places: tuple[str, ...]
    twin_id: UUID | None = None
    kept: tuple[str, ...] = ()
    for_good: bool = False

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The places that are prefixes."""
        return tuple(place for place in self.places if place.endswith("/"))

    @property
    def keys(self) -> tuple[str, ...]:
        """The places that are single objects."""
        return tuple(place for place in self.places if not place.endswith("/"))


@dataclass(frozen=True)
class PurgeObject:
    """Delete every file of an asset, then execute `RecordPurged` for it.

    `object_key` is its master's, which of old lay outside of the asset's own prefix.
    """

    asset_id: UUID
    object_key: str

    @property
    def places(self) -> tuple[str, ...]:
        """All that there may be of it."""
        return (gallery_prefix(self.asset_id), packs_prefix(self.asset_id), self.object_key)


@dataclass(frozen=True)
class RefetchVerification:
    """Ask the identity provider, then execute the command that `verification_answer` makes.

    For a while from `since` on it is asked again where it has decided nothing.
    """

    verification_id: UUID
    since: datetime


@dataclass(frozen=True)
class RefetchPayment:
    """Ask the payment provider, then execute the command that `payment_answer` makes.

    For a while from `since` on it is asked again where it has decided nothing.
    """

    purchase_id: UUID
    since: datetime


@dataclass(frozen=True)
class FollowVerification:
    """Ask about a check that was begun at `since` until it is decided, or its time is over."""

    verification_id: UUID
    since: datetime


@dataclass(frozen=True)
class FollowPurchase:
    """Ask about a purchase that was begun at `since` until it is decided, or its time is over."""

    purchase_id: UUID
    since: datetime


class WorkKind(StrEnum):
    """Who does the work. The values are those of `topics.messages.work.WorkKind`."""

    TRAINING = "training"
    IMAGE = "image"
    VIDEO = "video"
    SCREENING = "screening"


SOURCE_PHOTO = "source-photo"
"""The batch key of photos to begin with, which tells them apart from photo sets."""


PUBLISH_PACK = "publish-pack"
"""The batch key of packs, which tells them apart from outputs to be screened."""


@dataclass(frozen=True)
class AnnounceWork:
    """Say that work waits, until somebody takes it up: a little of each owner's at a time.

    For screening, `attempt` is the attempt whose outputs are screened; a photo set has a twin and
    is attempt 1 of the job whose id is the submission's, and so is a photo to begin with. `items`
    is how many there are to draw, or None for work that shares its worker's time with none.
    """

    kind: WorkKind
    job_id: UUID
    attempt: int
    engine: str
    batch_key: str
    owner_id: UUID
    twin_id: UUID | None
    items: int | None = None


@dataclass(frozen=True)
class AnnounceStop:
    """Tell whoever runs this job to stop."""

    job_id: UUID
    by: CancelledBy


@dataclass(frozen=True)
class AnnounceTurn:
    """See to it that this job is taken up when its turn comes, wherever it waits by now."""

    job_id: UUID


@dataclass(frozen=True)
class AnnounceForgetting:
    """Tell every worker to let nothing of this twin stay that is of a consent before `epoch`."""

    twin_id: UUID
    epoch: int


@dataclass(frozen=True)
class ReadEvent:
    """Read the event at this position and write its intents: a release before could not."""

    position: int
