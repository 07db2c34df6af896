"""Refusals that any command may meet."""

from typing import ClassVar

from domain.kernel.refusal import Refusal


class NotFound(Refusal):
    """It does not exist, or it is somebody else's: the two look the same."""

    code: ClassVar[str] = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is nothing here under that id.")


class IdempotencyKeyReused(Refusal):
    """This key was used before, for another request."""

    code: ClassVar[str] = "IDEMPOTENCY_KEY_REUSED"
    path = ("idempotency_key",)

    def __init__(self) -> None:
        super().__init__("This idempotency key belongs to another request; choose a new one.")


class AnsweredBefore(Refusal):
    """This was done before, under the same key, by another release whose answer cannot be read."""

    code: ClassVar[str] = "ANSWERED_BEFORE"

    def __init__(self) -> None:
        super().__init__("This was done before and is not done again; look for what came of it.")


class TooMuchAtOnce(Refusal):
    """Too much of this person's is at work already: nothing was done."""

    code: ClassVar[str] = "TOO_MUCH_AT_ONCE"
    details: ClassVar[tuple[str, ...]] = ("retry_after_s",)

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"You are asking for more at once than can be done; again in {retry_after_s} seconds."
        )
        self.retry_after_s = retry_after_s


class TooManyRequests(Refusal):
    """This was tried too often lately, by this account or from this address."""

    code: ClassVar[str] = "TOO_MANY_REQUESTS"
    details: ClassVar[tuple[str, ...]] = ("retry_after_s",)

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Too many tries; again in {retry_after_s} seconds.")
        self.retry_after_s = retry_after_s


class TryAgain(Refusal):
    """The studio could not say in time what became of this: ask again, under the same key."""

    code: ClassVar[str] = "TRY_AGAIN"
    details: ClassVar[tuple[str, ...]] = ("retry_after_s",)

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"This could not be answered; ask the same again in {retry_after_s} seconds. Whatever "
            "was done of it is not done twice."
        )
        self.retry_after_s = retry_after_s


class AlreadyDecided(Refusal):
    """This was decided before and cannot be decided again."""

    code: ClassVar[str] = "ALREADY_DECIDED"

    def __init__(self) -> None:
        super().__init__("This has been decided already.")


class StaleResult(Refusal):
    """A report about an attempt, claim, submission or epoch that is no longer the current one."""

    code: ClassVar[str] = "STALE_RESULT"

    def __init__(self) -> None:
        super().__init__("This result comes too late.")
