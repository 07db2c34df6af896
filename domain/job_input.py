"""What a job reads, besides the photos that a training learns from and the adapter of its twin."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

import msgspec


class InputRole(StrEnum):
    """What an input is for."""

    SOURCE = "source"
    """The picture that is drawn anew, or that a clip begins with."""


class JobInput(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object that the worker reads. `sha256` in lower-case hex.

    `strength` is how much of a source is drawn anew: 0 keeps it as it is, 1 keeps nothing of it.
    `asset_id` names a gallery item, `upload_id` what its owner uploaded: one of them is given.
    """

    role: InputRole
    object_key: str
    sha256: str
    strength: float
    asset_id: UUID | None = None
    upload_id: UUID | None = None


def input_of(inputs: Iterable[JobInput], role: InputRole) -> JobInput | None:
    """The one of this role, or None."""
    return next((one for one in inputs if one.role is role), None)
