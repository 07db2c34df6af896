"""Outputs that were not released: why, in words, what each cost, and where the ledger says so."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import strawberry

from api.scalars import Millicredits, Position, Seed
from commands.catalogue import Check, Why
from queries.jobs.jobs import Job as JobRow
from queries.jobs.jobs import JobItem


@strawberry.enum(description="Why an output was not released. What is not sure is not released.")
class RefusalCause(Enum):
    KNOWN_PICTURE = "known-picture"
    AGE_UNCERTAIN = "age-uncertain"
    NOT_YOUR_FACE = "not-your-face"
    SOMEBODY_ELSES_FACE = "somebody-elses-face"
    FACES_OUT_OF_NUMBER = "faces-out-of-number"
    OUT_OF_STYLE = "out-of-style"
    CONSENT_ENDED = "consent-ended"
    NOT_ALLOWED = "not-allowed"
    JOB_ENDED = "job-ended"
    NOT_SIGNED = "not-signed"
    NOT_CHECKED = "not-checked"


WORDS: Mapping[RefusalCause, str] = MappingProxyType(
    {
        RefusalCause.KNOWN_PICTURE: "It is like a picture on the list of those never shown.",
        RefusalCause.AGE_UNCERTAIN: "It was not certain that everybody in it is an adult.",
        RefusalCause.NOT_YOUR_FACE: "The face in it is not enough like your twin's.",
        RefusalCause.SOMEBODY_ELSES_FACE: "The face in it is like that of a person who is known.",
        RefusalCause.FACES_OUT_OF_NUMBER: "There are more or fewer faces in it than there may be.",
        RefusalCause.OUT_OF_STYLE: "It does not look like what this engine draws.",
        RefusalCause.CONSENT_ENDED: "The consent that it rested on was taken back meanwhile.",
        RefusalCause.NOT_ALLOWED: "The rules in force do not allow it.",
        RefusalCause.JOB_ENDED: "Its job had ended before it was checked.",
        RefusalCause.NOT_SIGNED: "Its content credentials could not be written.",
        RefusalCause.NOT_CHECKED: "One of the checks could not be made.",
    }
)

_FAILED: Mapping[str, RefusalCause] = MappingProxyType(
    {
        Check.KNOWN_HASH: RefusalCause.KNOWN_PICTURE,
        Check.MINOR_VETO: RefusalCause.AGE_UNCERTAIN,
        Check.IDENTITY: RefusalCause.NOT_YOUR_FACE,
        Check.NO_ENROLLED_MATCH: RefusalCause.SOMEBODY_ELSES_FACE,
        Check.FACE_COUNT: RefusalCause.FACES_OUT_OF_NUMBER,
        Check.IN_WORLD: RefusalCause.OUT_OF_STYLE,
        Check.CONTENT_RATING: RefusalCause.NOT_ALLOWED,
        Check.PROVENANCE: RefusalCause.NOT_SIGNED,
    }
)
_OF_RELEASE: Mapping[str, RefusalCause] = MappingProxyType(
    {
        Why.EPOCH_NOT_CURRENT: RefusalCause.CONSENT_ENDED,
        Why.NO_POLICY: RefusalCause.NOT_ALLOWED,
        Why.JOB_ENDED: RefusalCause.JOB_ENDED,
        Why.NO_SIGNED_COPY: RefusalCause.NOT_SIGNED,
    }
)


@strawberry.type(description="An output that was not released. Nothing of it is kept.")
class RefusedItem:
    item: int
    seed: Seed
    cause: RefusalCause = strawberry.field(description="The gravest of `causes`.")
    causes: list[RefusalCause]
    words: str = strawberry.field(description="`cause`, for whoever asked for it.")
    charged: Millicredits = strawberry.field(description="Always 0.")
    ledger_entry: Position | None = strawberry.field(
        description="The statement's entry that settled its job: what was held for it went back. "
        "Null until the job has ended."
    )


def refused_items(row: JobRow, settled_at: int | None) -> list[RefusedItem]:
    """Those of a job's items that screening refused, in their order."""
    return [_refused(item, settled_at) for item in row.items if item.state == "refused"]


def causes_of(reasons: tuple[str, ...]) -> list[RefusalCause]:
    """The causes behind stored reasons, the gravest first, each once. There is always one."""
    found = {_cause(reason) for reason in reasons} or {RefusalCause.NOT_CHECKED}
    return [cause for cause in RefusalCause if cause in found]


def _refused(item: JobItem, settled_at: int | None) -> RefusedItem:
    causes = causes_of(item.reasons)
    return RefusedItem(
        item=item.item,
        seed=Seed(item.seed),
        cause=causes[0],
        causes=causes,
        words=WORDS[causes[0]],
        charged=Millicredits(0),
        ledger_entry=None if settled_at is None else Position(settled_at),
    )


def _cause(reason: str) -> RefusalCause:
    """What a reason as it is stored, `check:why`, comes to. One that is unknown was no check."""
    check, _, why = reason.partition(":")
    if why in _OF_RELEASE:
        return _OF_RELEASE[why]
    if why == Why.FAILED:
        return _FAILED.get(check, RefusalCause.NOT_CHECKED)
    return RefusalCause.NOT_CHECKED
