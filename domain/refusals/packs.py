"""Refusals about packs of items to be published."""

from typing import ClassVar

from domain.kernel.refusal import Refusal


class PackTooLarge(Refusal):
    """Too many items in too many sizes, or none."""

    code: ClassVar[str] = "PACK_TOO_LARGE"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"A pack has 1 to {maximum} files: items times sizes.")
        self.maximum = maximum


class TooManyPacks(Refusal):
    """As many packs wait or are kept as may be."""

    code: ClassVar[str] = "TOO_MANY_PACKS"
    details: ClassVar[tuple[str, ...]] = ("waiting", "kept")

    def __init__(self, waiting: int, kept: int) -> None:
        super().__init__(
            f"{waiting} packs may wait, and {kept} be kept, for a day each. Ask again later."
        )
        self.waiting, self.kept = waiting, kept
