"""The tables of the read models: what a row is found by, and which rows are read together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

Row: TypeAlias = Mapping[str, Any]
"""Values by column."""

Key: TypeAlias = tuple[Any, ...]
"""What a row is found by in memory, from `key_of`."""


def key_of(values: Iterable[Any]) -> Key:
    """UUIDs as the numbers they are: a UUID takes ten times as long to hash, and keys are hashed
    more often than anything else is done."""
    return tuple([value.int if type(value) is UUID else value for value in values])


def array_of(numbers: Iterable[int]) -> str:
    """UUIDs by their numbers, as PostgreSQL reads an array of them: the driver takes longer to
    write a thousand of them than the database to find their rows."""
    listed = ",".join([f"{number:032x}" for number in numbers])
    return f"{{{listed}}}"


@dataclass(frozen=True, eq=False)
class Table:
    """A table of schema `views`. Columns are named by the read models, and types by the database.

    `key`: the columns of its primary key, the owner's first. Rows that share the first `together`
    of them, all UUIDs, are a *group*: a batch reads all rows of a group or none.
    """

    name: str
    key: tuple[str, ...]
    together: int = 2
    begun_by_insert: bool = True
    """The first row that is inserted into a group finds it empty, so that it need not be read."""
    derived: Mapping[str, Callable[[Row], Any]] = field(default_factory=dict)
    """Columns that follow from the others of their row, whatever changes it."""
    counter: str = ""
    """Of a table that is only ever counted in: the column whose rows add up."""

    def group(self, key: Key) -> Key:
        """The part of a key that its group shares."""
        return key[: self.together]


def _twin_state(twin: Row) -> str:
    """What a twin is good for, from what it has."""
    if twin["consent_withdrawn_at"] is not None:
        return "consent-withdrawn"
    if twin["consent_at"] is None:
        return "created"
    if twin["training_job_id"] is not None:
        return "training"
    if twin["trained_engines"]:
        return "trained"
    if twin["photos_state"] == "submitted":
        return "photos-submitted"
    if twin["accepted_submission_id"] is not None:
        return "photos-accepted"
    if twin["photos_state"] == "rejected":
        return "photos-rejected"
    return "consented"


ACCOUNT = Table("account", ("owner_id",), together=1)
VERIFICATIONS = Table("verifications", ("owner_id", "verification_id"))
# An owner has but a few twins, and a picture does not say whose it shows: all of them are read.
TWINS = Table(
    "twins",
    ("owner_id", "twin_id"),
    together=1,
    begun_by_insert=False,
    derived={"state": _twin_state},
)
TWIN_PHOTOS = Table(
    "twin_photos",
    ("owner_id", "twin_id", "submission_id", "photo_id"),
    begun_by_insert=False,
)
TWIN_ADAPTERS = Table("twin_adapters", ("owner_id", "twin_id", "engine"), begun_by_insert=False)
TWIN_CHECKPOINTS = Table(
    "twin_checkpoints", ("owner_id", "twin_id", "engine", "step"), begun_by_insert=False
)
CONSENT_DECISIONS = Table(
    "consent_decisions", ("owner_id", "twin_id", "version"), begun_by_insert=False
)
JOBS = Table("jobs", ("owner_id", "job_id"))
JOB_ITEMS = Table("job_items", ("owner_id", "job_id", "item"))
ASSETS = Table("assets", ("owner_id", "asset_id"))
SOURCE_PHOTOS = Table("source_photos", ("owner_id", "photo_id"))
PUBLISH_PACKS = Table("publish_packs", ("owner_id", "pack_id"))
LABELS = Table("labels", ("owner_id", "label_id"))
ASSET_LABELS = Table("asset_labels", ("owner_id", "asset_id", "label_id"), begun_by_insert=False)
BULK_CHANGES = Table("bulk_changes", ("owner_id", "change_id"))
BALANCES = Table("balances", ("owner_id",), together=1, begun_by_insert=False)
PURCHASES = Table("purchases", ("owner_id", "purchase_id"))

GALLERY_MONTHS = Table("gallery_months", ("owner_id", "group_id"), counter="items")
PROMPT_WORDS = Table("prompt_words", ("owner_id", "word_id"), counter="jobs")

# Of these, rows are added and never changed, so that none is ever read.
STATEMENT = Table("statement", ("owner_id", "position"))
PRICE_LISTS = Table("price_lists", ("owner_id", "version"))
PROMPT_WORD_JOBS = Table("prompt_word_jobs", ("owner_id", "word_id", "job_id"))
POLICIES = Table("policies", ("owner_id", "version"))
FEED = Table("feed", ("owner_id", "position", "ordinal"))
