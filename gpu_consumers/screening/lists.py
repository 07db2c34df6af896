"""Lists of what must not be released, known pictures and listed people, each with a date of issue.

A list that is absent, unreadable, from the future or too old clears nothing. An empty list is one
too: the sandbox's is empty, and somebody has to issue it again every day.
"""

import os
import secrets
from pathlib import Path
from typing import Final, TypeVar

import msgspec

LIST_AGE_MAX_S: Final = 24 * 60 * 60
SANDBOX_LIST: Final = "sandbox"
"""The name of lists that are issued empty, by nobody who knows what belongs there."""

LIST_BYTES_MAX: Final = 256 * 1024 * 1024


class HashList(msgspec.Struct, frozen=True, tag="known-pictures"):
    """PDQ hashes of known pictures, 64 hexadecimal digits each. `issued_at_s` in Unix seconds."""

    name: str
    issued_at_s: float
    hashes: tuple[str, ...]


class FaceList(msgspec.Struct, frozen=True, tag="listed-people"):
    """Vectors of people nobody may be drawn like, made by the analyser called `model`."""

    name: str
    issued_at_s: float
    model: str
    identities: tuple[tuple[float, ...], ...]


class ListUnusable(Exception):
    """There is no list to compare with, or not one that counts. `age_s` where it has an age."""

    def __init__(self, why: str, age_s: float | None = None) -> None:
        super().__init__(why)
        self.age_s = age_s


AnyList = TypeVar("AnyList", HashList, FaceList)


def read_list(
    path: Path | None, kind: type[AnyList], *, now_s: float, age_max_s: float
) -> tuple[AnyList, float]:
    """The list and its age in seconds. Raises ListUnusable.

    Read anew for every picture: a list that was issued a moment ago counts at once.
    """
    found = decoded_list(path, kind)
    return found, require_fresh(found.issued_at_s, now_s=now_s, age_max_s=age_max_s)


def decoded_list(path: Path | None, kind: type[AnyList]) -> AnyList:
    """The list, however old it is. Raises ListUnusable."""
    if path is None:
        raise ListUnusable("no list is configured")
    try:
        if path.stat().st_size > LIST_BYTES_MAX:
            raise ListUnusable("larger than any list")
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as unreadable:
        raise ListUnusable("absent or unreadable") from unreadable


def require_fresh(issued_at_s: float, *, now_s: float, age_max_s: float) -> float:
    """The age of a list in seconds. Raises ListUnusable where it counts no more, or not yet."""
    age_s = now_s - issued_at_s
    if not 0 <= age_s <= age_max_s:
        raise ListUnusable("too old, or from the future", age_s)
    return age_s


def issue_list(path: Path, issued: HashList | FaceList) -> None:
    """Replace a list, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(msgspec.json.encode(issued))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
