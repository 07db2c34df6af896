"""Refusals about tags, collections and changes of many items."""

from typing import ClassVar

from domain.kernel.refusal import Refusal


class LabelNameInvalid(Refusal):
    """A tag's or a collection's name is empty, too long, or cannot be shown."""

    code: ClassVar[str] = "LABEL_NAME_INVALID"
    details: ClassVar[tuple[str, ...]] = ("limit",)
    path = ("name",)

    def __init__(self, limit: int) -> None:
        super().__init__(f"A name has 1 to {limit} characters, on one line.")
        self.limit = limit


class TooManyLabels(Refusal):
    """There are as many tags, or as many collections, as anyone may have."""

    code: ClassVar[str] = "TOO_MANY_LABELS"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"There can be at most {maximum} of them.")
        self.maximum = maximum


class TooManyLabelsOfAsset(Refusal):
    """This item has as many tags and collections as one may have."""

    code: ClassVar[str] = "TOO_MANY_LABELS_OF_ASSET"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"One item can have at most {maximum} tags and collections.")
        self.maximum = maximum


class TooManyItems(Refusal):
    """More items than one change may take."""

    code: ClassVar[str] = "TOO_MANY_ITEMS"
    details: ClassVar[tuple[str, ...]] = ("maximum",)
    path = ("assets",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"One change takes at most {maximum} items.")
        self.maximum = maximum


class ChangeNotUndoable(Refusal):
    """What is kept or purged for good cannot be undone, and nothing is undone twice."""

    code: ClassVar[str] = "CHANGE_NOT_UNDOABLE"

    def __init__(self) -> None:
        super().__init__("This cannot be undone.")


class UndoTooLate(Refusal):
    """A change can be undone for a while, and that is over."""

    code: ClassVar[str] = "UNDO_TOO_LATE"
    details: ClassVar[tuple[str, ...]] = ("hours",)

    def __init__(self, hours: int) -> None:
        super().__init__(f"This could be undone for {hours} hours.")
        self.hours = hours
