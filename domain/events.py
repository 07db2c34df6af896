"""Every event of every aggregate, and the one form in which they are stored."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from domain.asset import Asset, as_one_master
from domain.bulk_change import BulkChange, BulkChunk
from domain.gallery import Gallery
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import StoredForm, Upcaster
from domain.person import Person
from domain.policy import Policy
from domain.price_list import PriceList
from domain.publish_pack import PublishPacks
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.wallet import Wallet

AGGREGATES: tuple[type[Aggregate], ...] = (
    Asset,
    BulkChange,
    BulkChunk,
    Gallery,
    Job,
    Person,
    Policy,
    PriceList,
    PublishPacks,
    SourcePhotos,
    Twin,
    Wallet,
)


def _events_of(aggregate: type[Aggregate]) -> Iterator[type[Aggregate.Event]]:
    for value in vars(aggregate).values():
        if isinstance(value, type) and issubclass(value, Aggregate.Event):
            topic = getattr(value, "TOPIC", "never-triggered")
            if not topic.endswith("never-triggered"):
                yield value


EVENT_CLASSES: tuple[type[Aggregate.Event], ...] = tuple(
    event_class for aggregate in AGGREGATES for event_class in _events_of(aggregate)
)


def _as_it_was(fields: dict[str, Any]) -> dict[str, Any]:
    """For a version that only allows values which the version before had no word for."""
    return fields


UPCASTERS: Mapping[tuple[str, int], Upcaster] = MappingProxyType(
    {
        (Asset.Released.TOPIC, 1): as_one_master,
        (Asset.Released.TOPIC, 2): _as_it_was,
        (Job.Requested.TOPIC, 1): _as_it_was,
        (Job.Failed.TOPIC, 1): _as_it_was,
        (Job.Failed.TOPIC, 2): _as_it_was,
        (Twin.ConsentGranted.TOPIC, 1): _as_it_was,
    }
)
"""(event type, version) → fields of the next version."""

STORED_FORM = StoredForm(EVENT_CLASSES, UPCASTERS)


def aggregate_class(event_type: str) -> type[Aggregate]:
    """The aggregate behind an event type. Raises `KeyError` for one that no aggregate has."""
    return _BY_NAME[event_type.partition(".")[0]]


_BY_NAME: dict[str, type[Aggregate]] = {str(vars(cls)["TOPIC"]): cls for cls in AGGREGATES}
