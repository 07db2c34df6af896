"""Refusals about a twin, its consent and its photos."""

from typing import ClassVar

from domain.kernel.refusal import Refusal

_IN_WORDS = {"general-images": "pictures"}
"""Scopes whose stored names are not what a person calls them."""


class ConsentMissing(Refusal):
    """No consent is in force that covers this. `scopes` are those that would, where it is known."""

    code: ClassVar[str] = "CONSENT_MISSING"
    details: ClassVar[tuple[str, ...]] = ("scopes",)

    def __init__(self, scopes: tuple[str, ...] = ()) -> None:
        what = " and ".join(_IN_WORDS.get(scope, scope) for scope in scopes) or "it"
        super().__init__(f"This twin has no consent in force that covers {what}.")
        self.scopes = scopes


class BiometricReleaseMissing(Refusal):
    """The biometric release has not been signed."""

    code: ClassVar[str] = "BIOMETRIC_RELEASE_MISSING"

    def __init__(self) -> None:
        super().__init__("Sign the biometric release for this twin first.")


class ConsentTextChanged(Refusal):
    """The text that was agreed to is not the text in force."""

    code: ClassVar[str] = "CONSENT_TEXT_CHANGED"
    details: ClassVar[tuple[str, ...]] = ("expected_sha256",)
    path = ("text_sha256",)

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


class CheckpointUnknown(Refusal):
    """No checkpoint of this step is kept of the twin's newest training for that engine."""

    code: ClassVar[str] = "CHECKPOINT_UNKNOWN"
    details: ClassVar[tuple[str, ...]] = ("step",)

    def __init__(self, step: int) -> None:
        super().__init__(f"No checkpoint of step {step} is kept for this twin and engine.")
        self.step = step


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
        super().__init__("Photos are JPEG, PNG, WebP or HEIC.")
        self.media_type = media_type
