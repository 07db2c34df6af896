"""Refusals about ZIPs of gallery items."""

from typing import ClassVar

from domain.kernel.refusal import Refusal


class ArchiveTooLarge(Refusal):
    """More items than one ZIP holds."""

    code: ClassVar[str] = "ARCHIVE_TOO_LARGE"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"A ZIP holds {maximum} items: ask for several.")
        self.maximum = maximum


class ArchiveEmpty(Refusal):
    """Nothing that was asked for can be downloaded now."""

    code: ClassVar[str] = "ARCHIVE_EMPTY"

    def __init__(self) -> None:
        super().__init__("None of this can be downloaded now.")
