"""What a gallery is filtered by, for a list, its sections, and changes of all that it finds."""

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from api.ids import own_id
from api.refusals import InputInvalid
from api.types.enums import AssetKind, Rating
from domain.refusals import NotFound
from queries.gallery.filtering import GalleryFilter, words_of

SHOWN_STATES = ("released",)
HIDDEN_STATES = ("hidden",)
TRASHED_STATES = ("trashed",)
KNOWN_STATES = (*SHOWN_STATES, *HIDDEN_STATES, *TRASHED_STATES)
NOBODYS = UUID(int=0)
TAGS_OF_FILTER_MAX = 20
WORDS_OF_FILTER_MAX = 100
"""Different words that are looked for. Whoever names more of anything is told so: a filter that
left some out would let through more than was asked for, also to be changed or deleted."""


@strawberry.input(
    description="All of it has to be so. What withdrawing consent has hidden, what is in the trash "
    "and what is in private collections is left out unless it is asked for."
)
class GalleryFilterInput:
    kinds: list[AssetKind] | None = strawberry.field(
        default=None, description="Pictures and clips where none is named."
    )
    twin: strawberry.ID | None = None
    style: str | None = None
    aspect_ratio: str | None = None
    ratings: list[Rating] | None = None
    since: datetime | None = strawberry.field(default=None, description="Released then or later.")
    until: datetime | None = strawberry.field(default=None, description="Released before then.")
    tags: list[strawberry.ID] | None = strawberry.field(
        default=None, description="All of them, 20 at most."
    )
    collection: strawberry.ID | None = strawberry.field(
        default=None, description="A private one is opened by this."
    )
    stack: strawberry.ID | None = strawberry.field(
        default=None, description="Everything in the stack of an item, by its `stack`."
    )
    favourite: bool | None = None
    hidden: bool = False
    trashed: bool = False
    text: str | None = strawberry.field(
        default=None,
        description="Words of the prompt, or parts of them, whatever their case, accents and "
        "Unicode form; 100 different ones at most.",
    )


def gallery_filter(given: GalleryFilterInput, *, stacked: bool = False) -> GalleryFilter:
    """The filter of a query. What is not an id of the kind wanted is one that nobody has.

    Raises `InputInvalid` for more tags or words than are looked for.
    """
    tags = tuple(dict.fromkeys(given.tags or ()))
    if len(tags) > TAGS_OF_FILTER_MAX:
        raise InputInvalid("tags", f"{TAGS_OF_FILTER_MAX} tags at most.")
    if len(words_of(given.text or "")) > WORDS_OF_FILTER_MAX:
        raise InputInvalid("text", f"{WORDS_OF_FILTER_MAX} different words at most.")
    kinds = AssetKind.IMAGE, AssetKind.VIDEO
    states = HIDDEN_STATES if given.hidden else SHOWN_STATES
    return GalleryFilter(
        twin_id=_own("Twin", given.twin),
        text=given.text,
        favourite=given.favourite,
        kinds=tuple(kind.value for kind in given.kinds or kinds),
        states=TRASHED_STATES if given.trashed else states,
        style=given.style,
        ratio=given.aspect_ratio,
        ratings=tuple(rating.value for rating in given.ratings or ()),
        since=_in_utc(given.since),
        until=_in_utc(given.until),
        tags=tuple(_own("Tag", tag) or NOBODYS for tag in tags),
        collection=_own("Collection", given.collection),
        stack_id=_own("Stack", given.stack),
        stacked=stacked,
    )


def _own(kind: str, given: strawberry.ID | None) -> UUID | None:
    if given is None:
        return None
    try:
        return own_id(kind, given)
    except NotFound:
        return NOBODYS


def _in_utc(given: datetime | None) -> datetime | None:
    """A time without a zone is one of UTC, wherever the database stands."""
    return given if given is None or given.tzinfo is not None else given.replace(tzinfo=UTC)
