"""One output of a job: released into its owner's gallery, or refused."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import msgspec

from domain.checks import CheckVerdict
from domain.consent_scopes import ConsentInForce, scopes_of_before
from domain.consent_text import ConsentScope
from domain.job_kind import JobKind
from domain.kernel.aggregate import Aggregate
from domain.rating import Rating
from domain.refusals import AssetNotAvailable


class AssetKind(StrEnum):
    """What an asset is. A sample is a picture that a training drew to show its result."""

    IMAGE = "image"
    SAMPLE = "sample"
    VIDEO = "video"


MADE_BY: Mapping[AssetKind, JobKind] = MappingProxyType(
    {
        AssetKind.IMAGE: JobKind.IMAGES,
        AssetKind.SAMPLE: JobKind.TRAINING,
        AssetKind.VIDEO: JobKind.VIDEO,
    }
)
"""Which kind of job makes what, and so what a person has to have consented to."""


class Why(StrEnum):
    """What was wrong with a check, or with the release as a whole."""

    MISSING = "missing"
    REPEATED = "repeated"
    NOT_MADE = "not-made"
    FAILED = "failed"
    SCORE_NOT_A_NUMBER = "score-not-a-number"
    LIST_TOO_OLD = "list-too-old"
    EPOCH_NOT_CURRENT = "epoch-not-current"
    NO_POLICY = "no-policy"
    NO_SIGNED_COPY = "no-signed-copy"
    JOB_ENDED = "job-ended"


class RefusalReason(msgspec.Struct, frozen=True):
    """One reason why an output was refused. `check` is a check's name, or "release"."""

    check: str
    why: Why


class HiddenBecause(StrEnum):
    """Why an asset was hidden from its gallery."""

    CONSENT_WITHDRAWN = "consent-withdrawn"
    REPORTED = "reported"


class Asset(Aggregate):
    """An output after screening. `domain.release` alone can release one."""

    TOPIC = "asset"

    class Released(Aggregate.Created):
        """Every check passed. `object_key` holds the signed copy; `sha256` in lower-case hex."""

        TOPIC = "asset.released"
        owner_id: UUID
        job_id: UUID
        item: int
        twin_id: UUID | None
        kind: AssetKind
        engine: str
        rating: Rating
        object_key: str
        sha256: str
        size_bytes: int
        width: int
        height: int
        media_type: str
        seed: int
        checks: tuple[CheckVerdict, ...]
        policy_version: int
        epoch: int | None
        scopes: dict[ConsentScope, int] = field(default_factory=dict)

        @property
        def rests_on(self) -> dict[ConsentScope, int]:
            """The scopes, at their versions, that have to stay in force; none without a twin.

            What was released before they were stored rests on its kind's.
            """
            if self.epoch is None:
                return {}
            return self.scopes or scopes_of_before(MADE_BY[self.kind])

        def apply(self, asset: "Asset") -> None:
            asset.owner_id = self.owner_id
            asset.job_id = self.job_id
            asset.item = self.item
            asset.twin_id = self.twin_id
            asset.kind = self.kind
            asset.object_key = self.object_key
            asset.epoch = self.epoch
            asset.scopes = self.rests_on

    class Refused(Aggregate.Created):
        """At least one check did not pass. Nothing of the output is kept."""

        TOPIC = "asset.refused"
        owner_id: UUID
        job_id: UUID
        item: int
        twin_id: UUID | None
        kind: AssetKind
        reasons: tuple[RefusalReason, ...]

        def apply(self, asset: "Asset") -> None:
            asset.owner_id = self.owner_id
            asset.job_id = self.job_id
            asset.item = self.item
            asset.twin_id = self.twin_id
            asset.kind = self.kind
            asset.reasons = self.reasons

    class Favourited(Aggregate.Event):
        """The owner likes it."""

        TOPIC = "asset.favourited"

        def apply(self, asset: "Asset") -> None:
            asset.favourite = True

    class Unfavourited(Aggregate.Event):
        """Not any more."""

        TOPIC = "asset.unfavourited"

        def apply(self, asset: "Asset") -> None:
            asset.favourite = False

    class Hidden(Aggregate.Event):
        """It is out of sight until a report is decided; of before: until its owner decides."""

        TOPIC = "asset.hidden"
        reason: HiddenBecause

        def apply(self, asset: "Asset") -> None:
            # Withdrawals of before wrote one of these for every asset; now the epoch says it.
            asset.reported = asset.reported or self.reason is HiddenBecause.REPORTED

    class Kept(Aggregate.Event):
        """The owner decided to keep what a withdrawal had hidden."""

        TOPIC = "asset.kept"

        def apply(self, asset: "Asset") -> None:
            asset.kept = True

    class PurgeRequested(Aggregate.Event):
        """The owner wants it gone: the bytes under `object_key` are to be deleted."""

        TOPIC = "asset.purge-requested"
        object_key: str

        def apply(self, asset: "Asset") -> None:
            asset.purge_requested = True

    class Purged(Aggregate.Event):
        """The bytes are gone."""

        TOPIC = "asset.purged"

        def apply(self, asset: "Asset") -> None:
            asset.purged = True

    def __init__(self) -> None:
        self.owner_id: UUID
        self.job_id: UUID
        self.item: int
        self.twin_id: UUID | None
        self.kind: AssetKind
        self.object_key: str | None = None
        self.epoch: int | None = None
        self.scopes: dict[ConsentScope, int] = {}
        self.reasons: tuple[RefusalReason, ...] = ()
        self.favourite = False
        self.reported = False
        self.kept = False
        self.purge_requested = False
        self.purged = False

    @property
    def released(self) -> bool:
        """Whether it passed screening, whatever became of it later."""
        return self.object_key is not None

    @classmethod
    def refuse(
        cls,
        id: UUID,
        *,
        owner_id: UUID,
        job_id: UUID,
        item: int,
        twin_id: UUID | None,
        kind: AssetKind,
        reasons: tuple[RefusalReason, ...],
        at: datetime,
    ) -> "Asset":
        """An output that stays unseen."""
        return cls._create(
            cls.Refused,
            id=id,
            timestamp=at,
            owner_id=owner_id,
            job_id=job_id,
            item=item,
            twin_id=twin_id,
            kind=kind,
            reasons=reasons,
        )

    def set_favourite(self, *, at: datetime) -> None:
        """Mark it. Marking it again changes nothing. Raises `AssetNotAvailable`."""
        self._require_available()
        if not self.favourite:
            self.trigger_event(Asset.Favourited, timestamp=at)

    def unset_favourite(self, *, at: datetime) -> None:
        """Take the mark away. Raises `AssetNotAvailable`."""
        self._require_available()
        if self.favourite:
            self.trigger_event(Asset.Unfavourited, timestamp=at)

    def hidden_because(self, consent: ConsentInForce | None) -> HiddenBecause | None:
        """Why it is out of sight while this is what covers its twin, or None.

        A withdrawal hides whatever was released under an epoch that is over, and a scope that is
        taken back whatever rests on it, without an event an asset: there may be very many. A report
        outweighs it.
        """
        if self.reported:
            return HiddenBecause.REPORTED
        if self.epoch is None or self.kept:
            return None
        covered = consent is not None and consent.covers(self.epoch, self.scopes)
        return None if covered else HiddenBecause.CONSENT_WITHDRAWN

    def report(self, *, at: datetime) -> None:
        """Put it out of sight until the report is decided. Raises `AssetNotAvailable`."""
        self._require_available()
        if not self.reported:
            self.trigger_event(Asset.Hidden, reason=HiddenBecause.REPORTED, timestamp=at)

    def keep(self, consent: ConsentInForce | None, *, at: datetime) -> None:
        """The owner keeps what a withdrawal has hidden; `consent` is what covers its twin now.

        Raises `AssetNotAvailable`, also for a reported one.
        """
        self._require_available()
        match self.hidden_because(consent):
            case HiddenBecause.REPORTED:
                raise AssetNotAvailable()
            case HiddenBecause.CONSENT_WITHDRAWN:
                self.trigger_event(Asset.Kept, timestamp=at)
            case None:
                return

    def request_purge(self, *, at: datetime) -> None:
        """Have the bytes deleted. Asking again changes nothing. Raises `AssetNotAvailable`."""
        if self.object_key is None or self.purged:
            raise AssetNotAvailable()
        if not self.purge_requested:
            self.trigger_event(Asset.PurgeRequested, object_key=self.object_key, timestamp=at)

    def record_purged(self, *, at: datetime) -> None:
        """The bytes are gone. Raises `AssetNotAvailable` where nobody asked for that."""
        if not self.purge_requested:
            raise AssetNotAvailable()
        if not self.purged:
            self.trigger_event(Asset.Purged, timestamp=at)

    def _require_available(self) -> None:
        if not self.released or self.purge_requested:
            raise AssetNotAvailable()
