"""The objects that somebody needs: those of a consent in force, of open work, of galleries."""

from collections.abc import Iterable, Iterator

from domain import object_keys
from domain.asset import Asset
from domain.covered_places import covered_places, covered_sources
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.aggregate import Aggregate
from domain.object_keys import pack_prefix
from domain.publish_pack import PublishPacks
from domain.source_photos import SourcePhotos
from domain.twin import Twin


class Covered:
    """What some aggregates need, as they are now. Answers whether a key is among it.

    `all_there_may_be` also takes in copies of open work that nobody may ever come to need.
    """

    def __init__(self, aggregates: Iterable[Aggregate], *, all_there_may_be: bool = False) -> None:
        of = _may_be if all_there_may_be else _needed
        found = tuple(aggregates)
        places = [place for one in found for place in of(one)]
        places += _of_sources(found)
        places += _of_packs(found)
        self._keys = {place for place in places if not place.endswith("/")}
        self._prefixes = tuple(place for place in places if place.endswith("/"))

    def __contains__(self, key: str) -> bool:
        return key in self._keys or key.startswith(self._prefixes)


def _of_sources(aggregates: Iterable[Aggregate]) -> Iterator[str]:
    """Photos that something is to begin with: two aggregates know together what is covered."""
    found = tuple(aggregates)
    for photos in (one for one in found if isinstance(one, SourcePhotos)):
        for twin in (one for one in found if isinstance(one, Twin)):
            if twin.owner_id == photos.owner_id:
                yield from covered_sources(photos, twin)


def _of_packs(aggregates: Iterable[Aggregate]) -> Iterator[str]:
    """Files of packs that are there, of items that are; and what is written of one that waits."""
    found = tuple(aggregates)
    gone = {one.id for one in found if isinstance(one, Asset) and one.purge_requested}
    for packs in (one for one in found if isinstance(one, PublishPacks)):
        for pack_id, pack in packs.kept.items():
            yield from (file.object_key for file in pack.files if file.asset_id not in gone)
            for item in pack.items if not pack.is_made else ():
                if item.asset_id not in gone:
                    yield pack_prefix(item.asset_id, pack_id)


def _needed(aggregate: Aggregate) -> Iterator[str]:
    match aggregate:
        case Twin():
            yield from covered_places(aggregate)
        case Job(state=JobState.RENDERED):
            yield from (output.object_key for output in aggregate.outputs)
            yield from [] if aggregate.adapter is None else [aggregate.adapter.object_key]
        case Asset() if not aggregate.purge_requested:
            yield from (rendition.object_key for rendition in aggregate.renditions)


def _may_be(aggregate: Aggregate) -> Iterator[str]:
    yield from _needed(aggregate)
    if isinstance(aggregate, Job) and not aggregate.ended:
        yield object_keys.quarantine_prefix(aggregate.id)
        yield from (object_keys.gallery_prefix(item.asset_id) for item in aggregate.items)
        if aggregate.twin_id is not None and aggregate.epoch is not None:
            yield object_keys.adapters_of_job_prefix(
                aggregate.twin_id, aggregate.epoch, aggregate.id
            )
