"""Bytes that no deletion found: written late, or by somebody who was killed. They are looked for.

A store that recalls no form can be written to after everything was deleted; so can any store by a
process that stood still. What is as old as `ORPHANS_KEPT` and on nobody's record goes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from uuid import UUID, uuid4

import structlog

from commands.gallery.unneeded_bytes import UnneededOfAsset, UnneededOfJob, UnneededOfTwin
from commands.ports.event_store import OwnerBusy
from commands.ports.object_store import ListedObject, ObjectStore
from commands.studio import Studio
from domain.kernel.refusal import Refusal

log = structlog.get_logger()

ORPHANS_KEPT = timedelta(days=7)
"""Longer than any job is open after its bytes were written, and than any report may be late."""

LOOKED_AT_MAX = 50_000
"""Objects of one round, which takes minutes; the next round goes on behind them."""

_OF_TWIN = ("photos", "templates", "adapters")


@dataclass(frozen=True)
class _Subject:
    """Whose bytes they are, as their key says."""

    kind: str
    id: UUID


class Orphans:
    """Looks through the store, a part of it a round. `owner_of` answers whose an aggregate is."""

    def __init__(
        self, objects: ObjectStore, studio: Studio, owner_of: Callable[[UUID], UUID | None]
    ) -> None:
        self._objects = objects
        self._studio = studio
        self._owner_of = owner_of
        self._after = ""

    def forget(self, written_before: datetime, limit: int) -> int:
        """Delete at most `limit` of what is older and needed by nobody. Answers how many."""
        looked_at, unneeded = 0, list[str]()
        strangers, unknown, known = list[str](), 0, 0
        last = self._after
        for subject, keys in _by_subject(self._old(written_before)):
            if looked_at >= LOOKED_AT_MAX or len(unneeded) >= limit:
                break
            looked_at, last = looked_at + len(keys), keys[-1]
            if subject is None:
                continue
            owner = self._owner_of(subject.id)
            if owner is not None:
                known += 1
                unneeded += self._unneeded(subject, keys, owner)
            elif subject.kind == "gallery":
                # Of a job that released nothing: its copies have no asset.
                unknown += 1
                strangers += keys
        else:
            last = ""
        if unknown <= known:
            unneeded += strangers
        elif strangers:
            # Another studio's bucket, or a database that was set back: that is not ours to tidy.
            log.warning("objects that nobody knows", count=unknown, known=known)
        self._objects.delete(unneeded)
        self._after = last
        return len(unneeded)

    def _old(self, written_before: datetime) -> Iterator[ListedObject]:
        found = self._objects.listed("", after=self._after)
        return (one for one in found if one.written_at < written_before)

    def _unneeded(self, subject: _Subject, keys: tuple[str, ...], owner: UUID) -> tuple[str, ...]:
        question: object
        match subject.kind:
            case "quarantine":
                question = UnneededOfJob(subject.id, keys)
            case "packs":
                # A pack lives for a day, and nothing that old is looked at.
                return keys
            case "gallery":
                question = UnneededOfAsset(subject.id, keys)
            case _:
                question = UnneededOfTwin(subject.id, keys)
        try:
            found: tuple[str, ...] = self._studio.preview(question, owner_id=owner, key=uuid4())
        except (OwnerBusy, Refusal):
            # Looked at again in the next round, or it is not what its key says.
            return ()
        return found


def _by_subject(
    found: Iterable[ListedObject],
) -> Iterator[tuple[_Subject | None, tuple[str, ...]]]:
    """Keys that lie together and are one aggregate's, a few hundred at a time."""
    for subject, some in groupby((one.key for one in found), _subject_of):
        while keys := tuple(islice(some, 500)):
            yield subject, keys


def _subject_of(key: str) -> _Subject | None:
    """None for a key that is none of ours, and for uploads of before: `FirstUploads` knows them."""
    kind, *parts = key.split("/")
    try:
        match kind, parts:
            case "quarantine", [job, _, *_]:
                return _Subject(kind, UUID(job))
            case "gallery", [_, picture] if picture.endswith(".png"):
                return _Subject(kind, UUID(picture.removesuffix(".png")))
            case "gallery", [asset, _, *_]:
                return _Subject(kind, UUID(asset))
            case "packs", [asset, _, _, _]:
                return _Subject(kind, UUID(asset))
            case "uploads", [_, twin, _, _, _]:
                return _Subject(kind, UUID(twin))
            case _, [twin, _, *_] if kind in _OF_TWIN:
                return _Subject(kind, UUID(twin))
    except ValueError:
        return None
    return None
