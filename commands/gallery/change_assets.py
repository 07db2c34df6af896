"""A creator changes many items at once: some that they name, or all that a filter finds."""

from dataclasses import dataclass
from uuid import UUID

from commands.digest import following
from commands.gallery.beginning import ChangeBegun, begin
from commands.work import Work
from domain.bulk_change import CHANGED_AT_ONCE_MAX, GalleryChange
from domain.kernel.personal_text import PersonalText
from domain.refusals import TooManyItems


@dataclass(frozen=True)
class ChangeAssets:
    """Either `asset_ids`, or what `filter` found: `matched`, as of a position.

    What a filter finds follows from when it is asked: the same wish again is the same command,
    whatever it would find by then.
    """

    change: GalleryChange
    label_id: UUID | None = None
    asset_ids: tuple[UUID, ...] = ()
    filter: PersonalText | None = None
    matched: tuple[UUID, ...] = following(())
    as_of: int = following(0)


def handle(command: ChangeAssets, work: Work) -> ChangeBegun:
    """Begin. Raises `TooManyItems`; `NotFound` for an id or label that is not there; `UnderAge`."""
    if command.filter is not None:
        return begin(work, command.change, command.label_id, command.matched, as_of=command.as_of)
    asset_ids = tuple(dict.fromkeys(command.asset_ids))
    if len(asset_ids) > CHANGED_AT_ONCE_MAX:
        raise TooManyItems(CHANGED_AT_ONCE_MAX)
    return begin(work, command.change, command.label_id, asset_ids, every_one_there=True)
