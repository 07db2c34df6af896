"""Refusals about what is asked of an engine, about jobs and about pictures."""

from collections.abc import Iterable
from typing import ClassVar

from domain.kernel.refusal import Refusal
from domain.refusals.listing import listed


class PromptEmpty(Refusal):
    """There is nothing to draw."""

    code: ClassVar[str] = "PROMPT_EMPTY"
    path = ("prompt",)

    def __init__(self) -> None:
        super().__init__("Say what to draw.")


class PromptUnsupported(Refusal):
    """The engine reads no words: what is said to it would change nothing."""

    code: ClassVar[str] = "PROMPT_UNSUPPORTED"
    details: ClassVar[tuple[str, ...]] = ("engine",)
    path = ("prompt",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"{engine} reads no words: leave the prompt empty.")
        self.engine = engine


class PromptTooLong(Refusal):
    """A prompt longer than the engine reads."""

    code: ClassVar[str] = "PROMPT_TOO_LONG"
    details: ClassVar[tuple[str, ...]] = ("limit",)
    path = ("prompt",)

    def __init__(self, limit: int) -> None:
        super().__init__(f"A prompt may have at most {limit} characters.")
        self.limit = limit


class PromptHasTooManyWords(Refusal):
    """The engine would read only the beginning: nothing is charged for words that fall off."""

    code: ClassVar[str] = "PROMPT_HAS_TOO_MANY_WORDS"
    details: ClassVar[tuple[str, ...]] = ("used", "allowed")
    path = ("prompt",)

    def __init__(self, used: int, allowed: int) -> None:
        super().__init__(
            f"With twin and style this prompt has {used} words; the engine reads {allowed}."
        )
        self.used, self.allowed = used, allowed


class PromptWeightsUnsupported(Refusal):
    """The prompt weighs words, as in (word:1.2), which the engine would read as other words."""

    code: ClassVar[str] = "PROMPT_WEIGHTS_UNSUPPORTED"
    path = ("prompt",)

    def __init__(self) -> None:
        super().__init__("This engine weighs no words: leave out what looks like (word:1.2).")


class PromptWeightOutOfRange(Refusal):
    """The prompt weighs words, as in (word:1.2), by more or less than any engine can."""

    code: ClassVar[str] = "PROMPT_WEIGHT_OUT_OF_RANGE"
    details: ClassVar[tuple[str, ...]] = ("minimum", "maximum")
    path = ("prompt",)

    def __init__(self, minimum: float, maximum: float) -> None:
        super().__init__(f"Words can be weighed by {minimum:g} to {maximum:g}, as in (word:1.2).")
        self.minimum, self.maximum = minimum, maximum


class PromptNotAllowed(Refusal):
    """The prompt did not pass the screening. Neither prompt nor term is repeated."""

    code: ClassVar[str] = "PROMPT_NOT_ALLOWED"
    path = ("prompt",)

    def __init__(self) -> None:
        super().__init__("This prompt is not allowed. Describe adults, in plain English words.")


class UnknownStyle(Refusal):
    """The engine has no such style."""

    code: ClassVar[str] = "UNKNOWN_STYLE"
    details: ClassVar[tuple[str, ...]] = ("style", "known")
    path = ("style",)

    def __init__(self, style: str, known: Iterable[str]) -> None:
        self.style, self.known = style, tuple(known)
        super().__init__(f"There is no such style; there are {listed(self.known)}.")


class AspectRatioUnsupported(Refusal):
    """The engine cannot draw this shape."""

    code: ClassVar[str] = "ASPECT_RATIO_UNSUPPORTED"
    details: ClassVar[tuple[str, ...]] = ("given", "supported")
    path = ("aspect_ratio",)

    def __init__(self, given: str, supported: Iterable[str]) -> None:
        self.given, self.supported = given, tuple(supported)
        super().__init__(f"This engine draws {listed(self.supported)}.")


class NegativePromptUnsupported(Refusal):
    """The engine would silently ignore a negative prompt."""

    code: ClassVar[str] = "NEGATIVE_PROMPT_UNSUPPORTED"
    details: ClassVar[tuple[str, ...]] = ("engine",)
    path = ("negative_prompt",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"With these settings {engine} would ignore a negative prompt.")
        self.engine = engine


class SettingOutOfRange(Refusal):
    """A number outside what the engine accepts, or not a number."""

    code: ClassVar[str] = "SETTING_OUT_OF_RANGE"
    details: ClassVar[tuple[str, ...]] = ("setting", "minimum", "maximum")

    def __init__(self, setting: str, minimum: float, maximum: float) -> None:
        words = f"{setting}".replace("_", " ")
        super().__init__(f"{words} has to be between {minimum} and {maximum}.")
        self.path = (setting,)
        self.setting, self.minimum, self.maximum = setting, minimum, maximum


class DurationUnsupported(Refusal):
    """The engine makes no clips of this length."""

    code: ClassVar[str] = "DURATION_UNSUPPORTED"
    details: ClassVar[tuple[str, ...]] = ("asked_s", "durations_s")

    def __init__(self, asked_s: int, durations_s: Iterable[int]) -> None:
        self.asked_s, self.durations_s = asked_s, tuple(durations_s)
        lengths = listed(str(seconds) for seconds in self.durations_s)
        super().__init__(f"This engine makes clips of {lengths} seconds.")


class UnknownMotion(Refusal):
    """The engine cannot move like this."""

    code: ClassVar[str] = "UNKNOWN_MOTION"
    details: ClassVar[tuple[str, ...]] = ("motion", "known")

    def __init__(self, motion: str, known: Iterable[str]) -> None:
        self.motion, self.known = motion, tuple(known)
        super().__init__(f"There is no such motion; there are {listed(self.known)}.")


class TooManySeconds(Refusal):
    """Count times duration is more than one request may ask for."""

    code: ClassVar[str] = "TOO_MANY_SECONDS"
    details: ClassVar[tuple[str, ...]] = ("asked_s", "limit_s")

    def __init__(self, asked_s: int, limit_s: int) -> None:
        super().__init__(f"Ask for at most {limit_s} seconds of clips at once.")
        self.asked_s, self.limit_s = asked_s, limit_s


class SourceRatioDiffers(Refusal):
    """The picture to begin with has another shape than what is asked for."""

    code: ClassVar[str] = "SOURCE_RATIO_DIFFERS"
    details: ClassVar[tuple[str, ...]] = ("width", "height")

    def __init__(self, width: int, height: int) -> None:
        super().__init__(f"What begins with this picture has its shape, {width} to {height}.")
        self.width, self.height = width, height


class SourceNotAPicture(Refusal):
    """Only a picture can be begun with."""

    code: ClassVar[str] = "SOURCE_NOT_A_PICTURE"

    def __init__(self) -> None:
        super().__init__("Begin with a picture; this is none.")


class SourceMissing(Refusal):
    """The engine draws nothing that does not begin with a picture."""

    code: ClassVar[str] = "SOURCE_MISSING"
    details: ClassVar[tuple[str, ...]] = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"{engine} moves a picture: choose the one to begin with.")
        self.engine = engine


class SourcePhotoNotReady(Refusal):
    """The photo was not accepted yet, or the consent that it was uploaded under is over."""

    code: ClassVar[str] = "SOURCE_PHOTO_NOT_READY"

    def __init__(self) -> None:
        super().__init__(
            "Nothing can begin with this photo: it was not accepted, or its time is over."
        )


class SourcePhotoOfAnotherEngine(Refusal):
    """The photo was judged by what another engine may draw."""

    code: ClassVar[str] = "SOURCE_PHOTO_OF_ANOTHER_ENGINE"
    details: ClassVar[tuple[str, ...]] = ("engine",)
    path = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"This photo was uploaded for {engine}; upload it for this engine, too.")
        self.engine = engine


class TwoSources(Refusal):
    """A gallery item and a photo at once."""

    code: ClassVar[str] = "TWO_SOURCES"

    def __init__(self) -> None:
        super().__init__("Begin with a picture or with a photo, not with both.")


class TooManySourcePhotos(Refusal):
    """As many photos to begin with as one owner may have."""

    code: ClassVar[str] = "TOO_MANY_SOURCE_PHOTOS"
    details: ClassVar[tuple[str, ...]] = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__(f"There can be {limit} photos to begin with; delete one first.")
        self.limit = limit


class SourceShowsAnotherTwin(Refusal):
    """The picture to begin with shows a twin, and another one is asked for."""

    code: ClassVar[str] = "SOURCE_SHOWS_ANOTHER_TWIN"

    def __init__(self) -> None:
        super().__init__("This picture shows another twin; ask for that one.")


class VariationDiffers(Refusal):
    """More than the seed differs from the picture that is to be varied."""

    code: ClassVar[str] = "VARIATION_DIFFERS"

    def __init__(self) -> None:
        super().__init__("A variation differs in its seed only; take everything else as it was.")


class CountOutOfRange(Refusal):
    """Too few or too many at once."""

    code: ClassVar[str] = "COUNT_OUT_OF_RANGE"
    details: ClassVar[tuple[str, ...]] = ("minimum", "maximum")
    path = ("count",)

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__(f"Ask for {minimum} to {maximum} at once.")
        self.minimum, self.maximum = minimum, maximum


class UnknownEngine(Refusal):
    """No such engine in the catalogue."""

    code: ClassVar[str] = "UNKNOWN_ENGINE"
    details: ClassVar[tuple[str, ...]] = ("engine",)
    path = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__("There is no such engine.")
        self.engine = engine


class EngineUnavailable(Refusal):
    """The engine is in the catalogue but something it needs is not here."""

    code: ClassVar[str] = "ENGINE_UNAVAILABLE"
    details: ClassVar[tuple[str, ...]] = ("engine", "missing")
    path = ("engine",)

    def __init__(self, engine: str, missing: Iterable[str]) -> None:
        self.engine, self.missing = engine, tuple(missing)
        super().__init__(f"The engine {engine} cannot do this: it lacks {listed(self.missing)}.")


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


class JobHasBegun(Refusal):
    """It does not wait for a worker any more: its place in line is gone."""

    code: ClassVar[str] = "JOB_HAS_BEGUN"

    def __init__(self) -> None:
        super().__init__("This job has begun: only what waits can be moved.")


class MovedTooOften(Refusal):
    """Each move stays in the history of both jobs, so there is an end to them."""

    code: ClassVar[str] = "MOVED_TOO_OFTEN"
    details: ClassVar[tuple[str, ...]] = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__(f"One of these jobs has been moved {limit} times: it keeps its place now.")
        self.limit = limit


class JobNotRetryable(Refusal):
    """Only a job that failed or was cancelled can be tried again."""

    code: ClassVar[str] = "JOB_NOT_RETRYABLE"

    def __init__(self) -> None:
        super().__init__("Only a job that failed or was cancelled can be tried again.")


class AssetNotAvailable(Refusal):
    """It was refused, hidden or purged."""

    code: ClassVar[str] = "ASSET_NOT_AVAILABLE"

    def __init__(self) -> None:
        super().__init__("This picture is not available.")


class ThumbnailsUnfit(Refusal):
    """What was made to stand for it in a tile is not what a tile shows, or not all of it."""

    code: ClassVar[str] = "THUMBNAILS_UNFIT"

    def __init__(self) -> None:
        super().__init__("These are not the thumbnails of a picture.")
