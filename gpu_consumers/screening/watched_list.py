"""Whether an operator's list counts now, without holding it: it may be of a million hashes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpu_consumers.screening.gate_fault import GateFault
from gpu_consumers.screening.lists import (
    SANDBOX_LIST,
    FaceList,
    HashList,
    ListUnusable,
    decoded_list,
    require_fresh,
)


@dataclass(frozen=True)
class ListHead:
    """What is known of a list without holding it. `model` is None where it is none of faces."""

    name: str
    issued_at_s: float
    model: str | None = None


def head_of_pictures(path: Path) -> ListHead:
    """Of a list of known pictures. Raises ListUnusable."""
    known = decoded_list(path, HashList)
    return ListHead(known.name, known.issued_at_s)


def head_of_people(path: Path) -> ListHead:
    """Of a list of people. Raises ListUnusable."""
    listed = decoded_list(path, FaceList)
    return ListHead(listed.name, listed.issued_at_s, listed.model)


class WatchedList:
    """One list, read anew where its file is another one than at the last look."""

    def __init__(self, gate: str, path: Path, read: Callable[[Path], ListHead]) -> None:
        self._gate = gate
        self._path = path
        self._read = read
        self._looks: tuple[int, int, int] | None = None
        self._head: ListHead | ListUnusable = ListUnusable("absent or unreadable")

    def fault(self, analyser: str, *, now_s: float, age_max_s: float) -> GateFault | None:
        """What is wrong with it now. `analyser` names the model that faces are compared by."""
        head = self._now()
        if isinstance(head, ListUnusable):
            return GateFault(self._gate, self._path, str(head))
        try:
            require_fresh(head.issued_at_s, now_s=now_s, age_max_s=age_max_s)
        except ListUnusable as unusable:
            return GateFault(self._gate, self._path, str(unusable))
        if head.name == SANDBOX_LIST:
            trouble = "it is the sandbox's, which clears no photograph"
            return GateFault(self._gate, self._path, trouble)
        if head.model is not None and head.model != analyser:
            trouble = f"its faces are of {head.model}, and not of {analyser}"
            return GateFault(self._gate, self._path, trouble)
        return None

    def _now(self) -> ListHead | ListUnusable:
        try:
            facts = self._path.stat()
        except OSError:
            self._looks = None
            return ListUnusable("absent or unreadable")
        looks = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
        if looks != self._looks:
            try:
                self._head = self._read(self._path)
            except ListUnusable as unusable:
                self._head = unusable
            self._looks = looks
        return self._head
