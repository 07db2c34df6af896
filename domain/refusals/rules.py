"""Refusals about price lists and policies."""

from collections.abc import Iterable
from typing import ClassVar

from domain.kernel.refusal import Refusal
from domain.refusals.listing import listed


class PriceListOutdated(Refusal):
    """The quote was made under prices that are no longer accepted."""

    code: ClassVar[str] = "PRICE_LIST_OUTDATED"
    details: ClassVar[tuple[str, ...]] = ("current",)
    path = ("price_version",)

    def __init__(self, current: int) -> None:
        super().__init__(f"Prices have changed; ask for a new quote (price list {current}).")
        self.current = current


class VersionNotNext(Refusal):
    """Price lists and policies are published in order, without a gap."""

    code: ClassVar[str] = "VERSION_NOT_NEXT"
    details: ClassVar[tuple[str, ...]] = ("expected",)

    def __init__(self, expected: int) -> None:
        super().__init__(f"The next version is {expected}.")
        self.expected = expected


class ApprovalMissing(Refusal):
    """A policy that allows ADULT needs two different approvers."""

    code: ClassVar[str] = "APPROVAL_MISSING"
    details: ClassVar[tuple[str, ...]] = ("approvers_min",)

    def __init__(self, approvers_min: int) -> None:
        super().__init__(f"This policy needs {approvers_min} different approvers.")
        self.approvers_min = approvers_min


class PolicyIncomplete(Refusal):
    """A policy row that leaves out a check no row may leave out."""

    code: ClassVar[str] = "POLICY_INCOMPLETE"
    details: ClassVar[tuple[str, ...]] = ("missing",)

    def __init__(self, missing: Iterable[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"A policy row must also require {listed(self.missing)}.")
