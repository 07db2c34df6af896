"""One output of a job: released into its owner's gallery, or refused."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import Any
from uuid import UUID

import msgspec

from domain.asset_kind import AssetKind
from domain.asset_order import AssetOrder
from domain.checks import CheckVerdict
from domain.consent_scopes import ConsentInForce, scopes_of_before
from domain.consent_text import ConsentScope
from domain.job_kinds import maker_of
from domain.job_kinds.entry import are_thumbnails
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText
from domain.rating import Rating
from domain.refusals import AssetNotAvailable, ThumbnailsUnfit
from domain.rendition import THUMBNAIL_SIDES_MAX, Rendition, RenditionRole, role_of
from domain.time_limits import JOB_OPEN_MAX


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


LENT_NAMED_MAX = 500
"""Jobs that an event names which are to end with an asset: it fits into the store, however often
its owner has asked for jobs and cancelled them. Those begun before end when they are claimed."""


class HiddenBecause(StrEnum):
    """Why an asset was hidden from its gallery."""

    CONSENT_WITHDRAWN = "consent-withdrawn"
    REPORTED = "reported"


class Asset(AssetOrder, Aggregate):
    """An output after screening. `domain.release` alone can release one."""

    TOPIC = "asset"

    class Released(Aggregate.Created):
        """Every check passed. `renditions` are all of its files, the master among them.

        `likeness` is, for each second of a twin's clip, the lowest cosine to its face.
        `placeholder` is what a page shows until a file is there, a ThumbHash in Base64: a blur of
        a picture of somebody, and so sealed as their words are. Version 2 has several files where
        version 1 had one, version 3 may have thumbnails among them.
        """

        TOPIC = "asset.released"
        schema_version = 3
        owner_id: UUID
        job_id: UUID
        item: int
        twin_id: UUID | None
        kind: AssetKind
        engine: str
        rating: Rating
        renditions: tuple[Rendition, ...]
        seed: int
        checks: tuple[CheckVerdict, ...]
        policy_version: int
        epoch: int | None
        likeness: tuple[float, ...] = ()
        scopes: dict[ConsentScope, int] = field(default_factory=dict)
        placeholder: FreeText | None = None

        @property
        def master(self) -> Rendition:
            """What it is; all other files are made of it."""
            return role_of(self.renditions, RenditionRole.MASTER)

        @property
        def rests_on(self) -> dict[ConsentScope, int]:
            """The scopes, at their versions, that have to stay in force; none without a twin.

            What was released before they were stored rests on its kind's.
            """
            if self.epoch is None:
                return {}
            return self.scopes or scopes_of_before(maker_of(self.kind).kind)

        def apply(self, asset: "Asset") -> None:
            asset.owner_id = self.owner_id
            asset.job_id = self.job_id
            asset.item = self.item
            asset.twin_id = self.twin_id
            asset.kind = self.kind
            asset.renditions = self.renditions
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

    class ThumbnailsAdded(Aggregate.Event):
        """It was released before there were any. `placeholder` as in `Released`."""

        TOPIC = "asset.thumbnails-added"
        renditions: tuple[Rendition, ...]
        placeholder: FreeText | None = None

        def apply(self, asset: "Asset") -> None:
            asset.renditions = (*asset.renditions, *self.renditions)

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

    class Lent(Aggregate.Event):
        """A job begins with it, and has to end where it goes before it was read."""

        TOPIC = "asset.lent"
        job_id: UUID

        def apply(self, asset: "Asset") -> None:
            # In place: to ask and cancel is free, and ten thousand copies of all take minutes.
            begun = self.timestamp - JOB_OPEN_MAX
            for job in tuple(takewhile(lambda job: asset.lent_to[job] < begun, asset.lent_to)):
                del asset.lent_to[job]
            asset.lent_to[self.job_id] = self.timestamp

    class Hidden(Aggregate.Event):
        """It is out of sight until a report is decided; of before: until its owner decides.

        `lent_to` are the latest of the jobs that may not have read it yet.
        """

        TOPIC = "asset.hidden"
        reason: HiddenBecause
        lent_to: tuple[UUID, ...] = ()

        def apply(self, asset: "Asset") -> None:
            # Withdrawals of before wrote one of these for every asset; now the epoch says it.
            asset.reported = asset.reported or self.reason is HiddenBecause.REPORTED

    class Kept(Aggregate.Event):
        """The owner decided to keep what a withdrawal had hidden."""

        TOPIC = "asset.kept"

        def apply(self, asset: "Asset") -> None:
            asset.kept = True

    class PurgeRequested(Aggregate.Event):
        """The owner wants it gone, with every file there is of it; `object_key` is the master's.

        `lent_to` are the latest of the jobs that may not have read it yet.
        """

        TOPIC = "asset.purge-requested"
        object_key: str
        lent_to: tuple[UUID, ...] = ()

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
        self.renditions: tuple[Rendition, ...] = ()
        self.epoch: int | None = None
        self.scopes: dict[ConsentScope, int] = {}
        self.reasons: tuple[RefusalReason, ...] = ()
        self.lent_to: dict[UUID, datetime] = {}
        self.favourite = False
        self.labels = ()
        self.purge_at = None
        self.reported = False
        self.kept = False
        self.purge_requested = False
        self.purged = False

    @property
    def released(self) -> bool:
        """Whether it passed screening, whatever became of it later."""
        return bool(self.renditions)

    @property
    def master(self) -> Rendition:
        """What it is. Raises `AssetNotAvailable` for a refused one."""
        if not self.renditions:
            raise AssetNotAvailable()
        return role_of(self.renditions, RenditionRole.MASTER)

    @property
    def has_thumbnails(self) -> bool:
        """Whether there is something small to show in a tile."""
        return any(rendition.role in THUMBNAIL_SIDES_MAX for rendition in self.renditions)

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

    def add_thumbnails(
        self,
        renditions: tuple[Rendition, ...],
        placeholder: FreeText,
        consent: ConsentInForce | None,
        *,
        at: datetime,
    ) -> None:
        """Take the thumbnails that were made of it later, all of them; it keeps those it has.

        `consent` is what covers its twin now. Raises `AssetNotAvailable` unless its owner has it
        before them, and `ThumbnailsUnfit` for files that no screener would have been let release.
        """
        if not self.is_shown(consent):
            raise AssetNotAvailable()
        if self.has_thumbnails:
            return
        if not are_thumbnails(renditions):
            raise ThumbnailsUnfit()
        self.trigger_event(
            Asset.ThumbnailsAdded, renditions=renditions, placeholder=placeholder, timestamp=at
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

    def is_shown(self, consent: ConsentInForce | None) -> bool:
        """Whether its owner has it before them; `consent` is what covers its twin now.

        Not where it was refused, hidden, thrown away or purged.
        """
        there = self.released and not self.purge_requested and self.purge_at is None
        return there and self.hidden_because(consent) is None

    def lend(self, job_id: UUID, *, at: datetime) -> None:
        """Let a job begin with it.

        Raises `AssetNotAvailable` for a refused, thrown away or purged one.
        """
        self._require_available()
        self.trigger_event(Asset.Lent, job_id=job_id, timestamp=at)

    def report(self, *, at: datetime) -> None:
        """Put it out of sight until the report is decided. Raises `AssetNotAvailable`."""
        self._require_there()
        if not self.reported:
            self.trigger_event(
                Asset.Hidden,
                reason=HiddenBecause.REPORTED,
                lent_to=self._lent_last(),
                timestamp=at,
            )

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
        if self.purged:
            raise AssetNotAvailable()
        master = self.master
        if not self.purge_requested:
            self.trigger_event(
                Asset.PurgeRequested,
                object_key=master.object_key,
                lent_to=self._lent_last(),
                timestamp=at,
            )

    def record_purged(self, *, at: datetime) -> None:
        """The bytes are gone. Raises `AssetNotAvailable` where nobody asked for that."""
        if not self.purge_requested:
            raise AssetNotAvailable()
        if not self.purged:
            self.trigger_event(Asset.Purged, timestamp=at)

    def _lent_last(self) -> tuple[UUID, ...]:
        return tuple(self.lent_to)[-LENT_NAMED_MAX:]


def as_one_master(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 1 of `asset.released` as version 2: the one file of then is the master."""
    of_the_file = ("object_key", "sha256", "size_bytes", "media_type", "width", "height")
    master = {"role": RenditionRole.MASTER.value, **{name: fields[name] for name in of_the_file}}
    rest = {name: value for name, value in fields.items() if name not in of_the_file}
    return {**rest, "renditions": [master]}
