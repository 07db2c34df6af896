"""Refusals about credits and purchases."""

from collections.abc import Iterable
from typing import ClassVar

from domain.kernel.refusal import Refusal
from domain.refusals.listing import listed


class InsufficientCredits(Refusal):
    """The available balance does not cover the price."""

    code: ClassVar[str] = "INSUFFICIENT_CREDITS"
    details: ClassVar[tuple[str, ...]] = ("needed", "available")

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"This costs {needed} millicredits; {available} are available.")
        self.needed, self.available = needed, available


class AmountNotPositive(Refusal):
    """An amount of credits that is zero or less."""

    code: ClassVar[str] = "AMOUNT_NOT_POSITIVE"

    def __init__(self) -> None:
        super().__init__("An amount has to be greater than zero.")


class CaptureTooLarge(Refusal):
    """More was to be captured than is reserved."""

    code: ClassVar[str] = "CAPTURE_TOO_LARGE"
    details: ClassVar[tuple[str, ...]] = ("reserved", "given")

    def __init__(self, reserved: int, given: int) -> None:
        super().__init__(f"{reserved} millicredits are reserved; {given} cannot be captured.")
        self.reserved, self.given = reserved, given


class PromotionStillValid(Refusal):
    """A promotion cannot expire before its time."""

    code: ClassVar[str] = "PROMOTION_STILL_VALID"

    def __init__(self) -> None:
        super().__init__("This promotion has not expired yet.")


class UnknownPackage(Refusal):
    """No such package of credits in the price list."""

    code: ClassVar[str] = "UNKNOWN_PACKAGE"
    details: ClassVar[tuple[str, ...]] = ("package", "known")
    path = ("package",)

    def __init__(self, package: str, known: Iterable[str]) -> None:
        self.package, self.known = package, tuple(known)
        super().__init__(f"There is no such package; there are {listed(self.known)}.")


class TooManyOpenJobs(Refusal):
    """Too many jobs of this account have not ended yet."""

    code: ClassVar[str] = "TOO_MANY_OPEN_JOBS"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"{maximum} jobs are at work or wait already; let one of them end first.")
        self.maximum = maximum


class TooManyPurchases(Refusal):
    """Too many purchases are still open."""

    code: ClassVar[str] = "TOO_MANY_PURCHASES"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"{maximum} purchases are still open; finish one of them first.")
        self.maximum = maximum


class PurchaseNotFound(Refusal):
    """No such purchase in this wallet."""

    code: ClassVar[str] = "PURCHASE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such purchase.")


class PaymentMismatch(Refusal):
    """What was paid is not what was to be paid, or the payment belongs to another purchase."""

    code: ClassVar[str] = "PAYMENT_MISMATCH"

    def __init__(self) -> None:
        super().__init__("This payment does not match the purchase.")
