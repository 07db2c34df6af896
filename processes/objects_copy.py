"""Carries the objects of one store over to another: resumable, and verified by digest."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from commands.ports.object_store import ListedObject, ObjectAbsent, ObjectStore, StoreUnavailable

AT_ONCE = 8
"""Most objects are small: what takes long is the way there and back."""

BATCH = 200


class Fate(Enum):
    """What became of one object."""

    COPIED = "copied"
    THERE = "there already"
    GONE = "deleted meanwhile"
    DAMAGED = "damaged"
    """The bytes are not those whose digest was written down with them: they are left behind."""


@dataclass
class Tally:
    """What was done so far. `surplus` are keys that the target has and the source has not."""

    copied: int = 0
    copied_bytes: int = 0
    there: int = 0
    gone: int = 0
    damaged: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()


def copy_objects(
    source: ObjectStore, target: ObjectStore, on_batch: Callable[[Tally], None]
) -> Tally:
    """Copy whatever the target lacks or has otherwise; what is there and equal is passed over.

    May be broken off anywhere and begun again. Whatever fails raises; no half of an object is ever
    there. An object without a digest on either side is read to be compared.
    """
    tally = Tally()
    listed = source.listed("")
    with ThreadPoolExecutor(AT_ONCE, "copy") as workers:
        while batch := list(islice(listed, BATCH)):
            for one, fate in zip(
                batch, workers.map(lambda o: _copy(source, target, o), batch), strict=True
            ):
                _count(tally, one, fate)
            on_batch(tally)
    tally.surplus = tuple(_surplus(source, target))
    return tally


def _copy(source: ObjectStore, target: ObjectStore, one: ListedObject) -> Fate:
    try:
        facts = source.head(one.key)
        if facts is None:
            return Fate.GONE
        digest = facts.sha256_hex or _digest(_read(source, one.key))
        there = target.head(one.key)
        if (
            there is not None
            and (there.size_bytes, there.media_type) == (facts.size_bytes, facts.media_type)
            and (there.sha256_hex or _digest(target.open(one.key).chunks)) == digest
        ):
            return Fate.THERE
        written = target.write(one.key, _read(source, one.key), media_type=facts.media_type)
        if written.sha256_hex == digest:
            return Fate.COPIED
    except ObjectAbsent:
        return Fate.GONE
    except _CutShort:
        written = None
    again = source.head(one.key)
    if again is not None and again != facts:
        # Replaced while it was read.
        return _copy(source, target, one)
    if written is not None:
        target.delete([one.key])
    return Fate.DAMAGED


class _CutShort(Exception):
    """There are fewer bytes than were written: of those, asking again makes no more."""


def _read(source: ObjectStore, key: str) -> Iterator[bytes]:
    try:
        yield from source.open(key).chunks
    except StoreUnavailable as failed:
        if failed.code != "IncompleteBody":
            raise
        raise _CutShort from None


def _digest(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _count(tally: Tally, one: ListedObject, fate: Fate) -> None:
    match fate:
        case Fate.COPIED:
            tally.copied += 1
            tally.copied_bytes += one.size_bytes
        case Fate.THERE:
            tally.there += 1
        case Fate.GONE:
            tally.gone += 1
        case Fate.DAMAGED:
            tally.damaged = (*tally.damaged, one.key)


def _surplus(source: ObjectStore, target: ObjectStore) -> Iterator[str]:
    """Both are sorted, so that one look at each is enough."""
    wanted = source.keys("")
    next_wanted = next(wanted, None)
    for key in target.keys(""):
        while next_wanted is not None and next_wanted < key:
            next_wanted = next(wanted, None)
        if next_wanted != key:
            yield key
