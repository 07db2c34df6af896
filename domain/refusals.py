"""Every "no" the domain can say, one class each. Codes are public and never renamed."""

from collections.abc import Iterable
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

    def __init__(self) -> None:
        super().__init__("This idempotency key belongs to another request; choose a new one.")


class TooMuchAtOnce(Refusal):
    """Too much of this person's is at work already: nothing was done."""

    code: ClassVar[str] = "TOO_MUCH_AT_ONCE"
    details: ClassVar[tuple[str, ...]] = ("retry_after_s",)

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"You are asking for more at once than can be done; again in {retry_after_s} seconds."
        )
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


class EmailTaken(Refusal):
    """An account with this address exists."""

    code: ClassVar[str] = "EMAIL_TAKEN"

    def __init__(self) -> None:
        super().__init__("There is already an account with this e-mail address.")


class SignInFailed(Refusal):
    """Address or password is wrong. Which of the two is not said."""

    code: ClassVar[str] = "SIGN_IN_FAILED"

    def __init__(self) -> None:
        super().__init__("E-mail address or password is not right.")


class PasswordTooWeak(Refusal):
    """Shorter than `length_min` characters."""

    code: ClassVar[str] = "PASSWORD_TOO_WEAK"
    details: ClassVar[tuple[str, ...]] = ("length_min",)

    def __init__(self, length_min: int) -> None:
        super().__init__(f"A password needs at least {length_min} characters.")
        self.length_min = length_min


class NotVerified(Refusal):
    """Identity and age are not verified, or no longer."""

    code: ClassVar[str] = "NOT_VERIFIED"

    def __init__(self) -> None:
        super().__init__("Verify your identity and age first.")


class UnderAge(Refusal):
    """An identity check found that this person is no adult. Nothing later undoes that."""

    code: ClassVar[str] = "UNDER_AGE"

    def __init__(self) -> None:
        super().__init__("This studio is for adults; no further identity check is made.")


class AssuranceTooLow(Refusal):
    """This engine draws photographs and needs an identity proved by a document."""

    code: ClassVar[str] = "ASSURANCE_TOO_LOW"
    details: ClassVar[tuple[str, ...]] = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"The engine {engine} needs an identity verified by a document.")
        self.engine = engine


class AlreadyDecided(Refusal):
    """This was decided before and cannot be decided again."""

    code: ClassVar[str] = "ALREADY_DECIDED"

    def __init__(self) -> None:
        super().__init__("This has been decided already.")


class ConsentMissing(Refusal):
    """No consent is in force that covers this."""

    code: ClassVar[str] = "CONSENT_MISSING"

    def __init__(self) -> None:
        super().__init__("This twin has no consent in force that covers it.")


class BiometricReleaseMissing(Refusal):
    """The biometric release has not been signed."""

    code: ClassVar[str] = "BIOMETRIC_RELEASE_MISSING"

    def __init__(self) -> None:
        super().__init__("Sign the biometric release for this twin first.")


class ConsentTextChanged(Refusal):
    """The text that was agreed to is not the text in force."""

    code: ClassVar[str] = "CONSENT_TEXT_CHANGED"
    details: ClassVar[tuple[str, ...]] = ("expected_sha256",)

    def __init__(self, expected_sha256: str) -> None:
        super().__init__("The text has changed; read the current one and agree to that.")
        self.expected_sha256 = expected_sha256


class TooManyTwins(Refusal):
    """This person already has as many twins as anyone may have."""

    code: ClassVar[str] = "TOO_MANY_TWINS"
    details: ClassVar[tuple[str, ...]] = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"There can be at most {maximum} twins.")
        self.maximum = maximum


class TwinNotTrained(Refusal):
    """The twin has no adapter for this engine."""

    code: ClassVar[str] = "TWIN_NOT_TRAINED"

    def __init__(self) -> None:
        super().__init__("This twin has not been trained for that engine.")


class TwinBusy(Refusal):
    """The twin has a job open that excludes this one."""

    code: ClassVar[str] = "TWIN_BUSY"

    def __init__(self) -> None:
        super().__init__("This twin is at work; wait until its open job has ended.")


class PhotoCountOutOfRange(Refusal):
    """Too few or too many photos, or the same photo twice."""

    code: ClassVar[str] = "PHOTO_COUNT_OUT_OF_RANGE"
    details: ClassVar[tuple[str, ...]] = ("minimum", "maximum", "given")

    def __init__(self, minimum: int, maximum: int, given: int) -> None:
        super().__init__(
            f"A photo set has {minimum} to {maximum} different photos; these were {given}."
        )
        self.minimum, self.maximum, self.given = minimum, maximum, given


class PhotosNotAccepted(Refusal):
    """No accepted photo set for this engine."""

    code: ClassVar[str] = "PHOTOS_NOT_ACCEPTED"

    def __init__(self) -> None:
        super().__init__("This twin has no accepted photo set for that engine.")


class PhotoUploadInvalid(Refusal):
    """An upload that cannot be planned as it was described."""

    code: ClassVar[str] = "PHOTO_UPLOAD_INVALID"
    details: ClassVar[tuple[str, ...]] = ("reason",)

    def __init__(self, reason: str) -> None:
        super().__init__(f"This upload cannot be accepted: {reason}.")
        self.reason = reason


class TooManyUploads(Refusal):
    """As many sets are being uploaded for this twin as may be, and none was submitted."""

    code: ClassVar[str] = "TOO_MANY_UPLOADS"
    details: ClassVar[tuple[str, ...]] = ("limit", "retry_after_s")

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(
            f"{limit} photo sets are being uploaded for this twin; submit one, give one up, or ask "
            f"again in {retry_after_s} seconds."
        )
        self.limit, self.retry_after_s = limit, retry_after_s


class UploadsNotPlanned(Refusal):
    """No uploads are planned under this id, not these photos, or their time is over."""

    code: ClassVar[str] = "UPLOADS_NOT_PLANNED"

    def __init__(self) -> None:
        super().__init__(
            "These uploads were not planned, were submitted or given up, or their time is over. "
            "Choose the photos anew."
        )


class UploadTooLarge(Refusal):
    """A file larger than the limit."""

    code: ClassVar[str] = "UPLOAD_TOO_LARGE"
    details: ClassVar[tuple[str, ...]] = ("limit_bytes",)

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"A photo may have at most {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class UnsupportedMediaType(Refusal):
    """A file type that is not accepted."""

    code: ClassVar[str] = "UNSUPPORTED_MEDIA_TYPE"
    details: ClassVar[tuple[str, ...]] = ("media_type",)

    def __init__(self, media_type: str) -> None:
        super().__init__("Photos are JPEG, PNG or WebP.")
        self.media_type = media_type


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

    def __init__(self, package: str, known: Iterable[str]) -> None:
        self.package, self.known = package, tuple(known)
        super().__init__(f"There is no such package; there are {_listed(self.known)}.")


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


class PriceListOutdated(Refusal):
    """The quote was made under prices that are no longer accepted."""

    code: ClassVar[str] = "PRICE_LIST_OUTDATED"
    details: ClassVar[tuple[str, ...]] = ("current",)

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
        super().__init__(f"A policy row must also require {_listed(self.missing)}.")


class PromptEmpty(Refusal):
    """There is nothing to draw."""

    code: ClassVar[str] = "PROMPT_EMPTY"

    def __init__(self) -> None:
        super().__init__("Say what to draw.")


class PromptTooLong(Refusal):
    """A prompt longer than the engine reads."""

    code: ClassVar[str] = "PROMPT_TOO_LONG"
    details: ClassVar[tuple[str, ...]] = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__(f"A prompt may have at most {limit} characters.")
        self.limit = limit


class PromptNotAllowed(Refusal):
    """The prompt did not pass the screening. Neither prompt nor term is repeated."""

    code: ClassVar[str] = "PROMPT_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("This prompt is not allowed. Describe adults, in plain English words.")


class UnknownStyle(Refusal):
    """The engine has no such style."""

    code: ClassVar[str] = "UNKNOWN_STYLE"
    details: ClassVar[tuple[str, ...]] = ("style", "known")

    def __init__(self, style: str, known: Iterable[str]) -> None:
        self.style, self.known = style, tuple(known)
        super().__init__(f"There is no such style; there are {_listed(self.known)}.")


class AspectRatioUnsupported(Refusal):
    """The engine cannot draw this shape."""

    code: ClassVar[str] = "ASPECT_RATIO_UNSUPPORTED"
    details: ClassVar[tuple[str, ...]] = ("given", "supported")

    def __init__(self, given: str, supported: Iterable[str]) -> None:
        self.given, self.supported = given, tuple(supported)
        super().__init__(f"This engine draws {_listed(self.supported)}.")


class NegativePromptUnsupported(Refusal):
    """The engine would silently ignore a negative prompt."""

    code: ClassVar[str] = "NEGATIVE_PROMPT_UNSUPPORTED"
    details: ClassVar[tuple[str, ...]] = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"With these settings {engine} would ignore a negative prompt.")
        self.engine = engine


class SettingOutOfRange(Refusal):
    """A number outside what the engine accepts, or not a number."""

    code: ClassVar[str] = "SETTING_OUT_OF_RANGE"
    details: ClassVar[tuple[str, ...]] = ("setting", "minimum", "maximum")

    def __init__(self, setting: str, minimum: float, maximum: float) -> None:
        super().__init__(f"{setting} has to be between {minimum} and {maximum}.")
        self.setting, self.minimum, self.maximum = setting, minimum, maximum


class CountOutOfRange(Refusal):
    """Too few or too many pictures at once."""

    code: ClassVar[str] = "COUNT_OUT_OF_RANGE"
    details: ClassVar[tuple[str, ...]] = ("minimum", "maximum")

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__(f"Ask for {minimum} to {maximum} pictures at once.")
        self.minimum, self.maximum = minimum, maximum


class UnknownEngine(Refusal):
    """No such engine in the catalogue."""

    code: ClassVar[str] = "UNKNOWN_ENGINE"
    details: ClassVar[tuple[str, ...]] = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__("There is no such engine.")
        self.engine = engine


class EngineUnavailable(Refusal):
    """The engine is in the catalogue but something it needs is not here."""

    code: ClassVar[str] = "ENGINE_UNAVAILABLE"
    details: ClassVar[tuple[str, ...]] = ("engine", "missing")

    def __init__(self, engine: str, missing: Iterable[str]) -> None:
        self.engine, self.missing = engine, tuple(missing)
        super().__init__(f"The engine {engine} cannot do this: it lacks {_listed(self.missing)}.")


class RatingNotAllowed(Refusal):
    """No policy row allows this rating on this engine."""

    code: ClassVar[str] = "RATING_NOT_ALLOWED"
    details: ClassVar[tuple[str, ...]] = ("rating",)

    def __init__(self, rating: str) -> None:
        super().__init__(f"{rating} is not allowed on this engine.")
        self.rating = rating


class JurisdictionNotAllowed(Refusal):
    """The policy does not allow this where the person is, or where that is unknown."""

    code: ClassVar[str] = "JURISDICTION_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("This is not available where you are.")


class JobEnded(Refusal):
    """The job has ended; the first end is the only one."""

    code: ClassVar[str] = "JOB_ENDED"
    details: ClassVar[tuple[str, ...]] = ("state",)

    def __init__(self, state: str) -> None:
        super().__init__(f"This job has already ended: {state}.")
        self.state = state


class JobNotRetryable(Refusal):
    """Only a job that failed or was cancelled can be tried again."""

    code: ClassVar[str] = "JOB_NOT_RETRYABLE"

    def __init__(self) -> None:
        super().__init__("Only a job that failed or was cancelled can be tried again.")


class StaleResult(Refusal):
    """A report about an attempt, claim, submission or epoch that is no longer the current one."""

    code: ClassVar[str] = "STALE_RESULT"

    def __init__(self) -> None:
        super().__init__("This result comes too late.")


class AssetNotAvailable(Refusal):
    """The picture was refused or purged."""

    code: ClassVar[str] = "ASSET_NOT_AVAILABLE"

    def __init__(self) -> None:
        super().__init__("This picture is not available.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
