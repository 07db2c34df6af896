"""What everything costs, and the one function that says so for a quote and for the charge."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domain.engines import ENGINES
from domain.job_kind import JobKind
from domain.job_kinds import JOB_KINDS, kind_of
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import PRICE_LIST_ID
from domain.refusals import (
    EngineUnavailable,
    PriceListOutdated,
    UnknownPackage,
    VersionNotNext,
)
from domain.settings import JobSettings

MEGAPIXEL_SECOND = 1_000_000 * 1_000
"""In pixels × milliseconds."""

CANCEL_SHARE_THOUSANDTHS = 250
"""A quarter, so that stopping early is worth it and starting for nothing is not."""


class PriceEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """The price of one kind of job on one engine, in whole millicredits.

    `unit` is the fixed part of one training or one picture, `step` is added for each of its steps,
    `megapixel_second` for each second of a million pixels of a clip.
    `cancel_share_thousandths` of the quote is charged where a job is cancelled while it runs.
    """

    engine: str
    kind: JobKind
    unit: int
    step: int
    cancel_share_thousandths: int
    megapixel_second: int = 0


class Package(msgspec.Struct, frozen=True):
    """Credits on sale. `price_minor_units` in the smallest unit of `currency` (ISO 4217)."""

    id: str
    millicredits: int
    price_minor_units: int
    currency: str


class PriceVersion(msgspec.Struct, frozen=True):
    """One version of the price list."""

    version: int
    entries: tuple[PriceEntry, ...]
    packages: tuple[Package, ...]


DEFAULT_ENTRIES: tuple[PriceEntry, ...] = tuple(
    PriceEntry(
        entry.id,
        kind.kind,
        prices.unit,
        prices.step,
        CANCEL_SHARE_THOUSANDTHS,
        prices.megapixel_second,
    )
    for entry in ENGINES.values()
    for kind in JOB_KINDS.values()
    if (prices := kind.prices(entry)) is not None
)

DEFAULT_PACKAGES: tuple[Package, ...] = (
    Package("starter", 10_000, 900, "EUR"),
    Package("studio", 50_000, 3_900, "EUR"),
    Package("atelier", 200_000, 12_900, "EUR"),
)


def price(
    entries: Sequence[PriceEntry], *, engine: str, settings: JobSettings, count: int = 1
) -> int:
    """Millicredits for `count` items with these settings. Raises `EngineUnavailable`.

    The result divides evenly by `count`: every item of a job costs the same. Of the moving part,
    less than a millicredit an item is rounded down.
    """
    entry = entry_for(entries, engine=engine, settings=settings)
    extent = kind_of(settings).extent(settings)
    moving = entry.megapixel_second * extent.pixel_ms // MEGAPIXEL_SECOND
    return (entry.unit + entry.step * extent.steps + moving) * count


def cancel_share_thousandths(
    entries: Sequence[PriceEntry], *, engine: str, settings: JobSettings
) -> int:
    """The share of the quote that a cancelled running job costs. Raises `EngineUnavailable`."""
    return entry_for(entries, engine=engine, settings=settings).cancel_share_thousandths


def entry_for(entries: Sequence[PriceEntry], *, engine: str, settings: JobSettings) -> PriceEntry:
    """The line of the list that prices this job. Raises `EngineUnavailable` where there is none."""
    kind = kind_of(settings).kind
    for entry in entries:
        if entry.engine == engine and entry.kind is kind:
            return entry
    raise EngineUnavailable(engine, ("price",))


class PriceList(Aggregate):
    """All prices, version after version. One aggregate, owned by `SYSTEM`."""

    TOPIC = "price-list"

    class Opened(Aggregate.Created):
        """There is a price list. It has no version yet."""

        TOPIC = "price-list.opened"

    class Published(Aggregate.Event):
        """New prices. Quotes of the version before stay accepted until `accepted_until`."""

        TOPIC = "price-list.published"
        version: int
        entries: tuple[PriceEntry, ...]
        packages: tuple[Package, ...]
        accepted_until: datetime

        def apply(self, prices: "PriceList") -> None:
            prices._previous = prices._current
            prices._previous_accepted_until = self.accepted_until
            prices._current = PriceVersion(self.version, self.entries, self.packages)

    @classmethod
    def open(cls, id: UUID = PRICE_LIST_ID, *, at: datetime) -> "PriceList":
        """An empty list."""
        return cls._create(cls.Opened, id=id, timestamp=at)

    def __init__(self) -> None:
        self._current: PriceVersion | None = None
        self._previous: PriceVersion | None = None
        self._previous_accepted_until: datetime | None = None

    @property
    def current(self) -> PriceVersion | None:
        """The version in force."""
        return self._current

    def lacks(self, entries: Sequence[PriceEntry]) -> tuple[PriceEntry, ...]:
        """Those of `entries` whose engine and kind have no price in the version in force."""
        current = () if self._current is None else self._current.entries
        known = {(entry.engine, entry.kind) for entry in current}
        return tuple(entry for entry in entries if (entry.engine, entry.kind) not in known)

    @property
    def next_version(self) -> int:
        """What the next published version has to be called."""
        return 1 if self._current is None else self._current.version + 1

    def publish(
        self,
        version: int,
        entries: tuple[PriceEntry, ...],
        accepted_until: datetime,
        *,
        packages: tuple[Package, ...] = DEFAULT_PACKAGES,
        at: datetime,
    ) -> None:
        """Put new prices in force; the version before is accepted until `accepted_until`.

        Raises `VersionNotNext`.
        """
        if version != self.next_version:
            raise VersionNotNext(self.next_version)
        self.trigger_event(
            PriceList.Published,
            version=version,
            entries=entries,
            packages=packages,
            accepted_until=accepted_until,
            timestamp=at,
        )

    def accepted(self, version: int, *, at: datetime) -> PriceVersion:
        """The prices of a quote made under `version`. Raises `PriceListOutdated`."""
        current = self._current
        if current is not None and version == current.version:
            return current
        previous, until = self._previous, self._previous_accepted_until
        named = previous is not None and version == previous.version
        if previous is not None and named and until is not None and at <= until:
            return previous
        raise PriceListOutdated(0 if current is None else current.version)

    def package(self, package_id: str) -> Package:
        """A package on sale now. Raises `UnknownPackage`."""
        packages = () if self._current is None else self._current.packages
        for package in packages:
            if package.id == package_id:
                return package
        raise UnknownPackage(package_id, (package.id for package in packages))
