"""`gates.json`: which files an operator has brought for the gates of photographs, pinned.

What can be said here bounds what can be let through: no number in it turns a gate off.
"""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from topics.messages.bounds import Sha256

MANIFEST: Final = "gates.json"
MANIFEST_BYTES_MAX: Final = 64 * 1024

FileName: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx(?!\n)$", max_length=100)
]
"""A file of the same folder. What ends otherwise is not watched."""

ModelId: TypeAlias = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]*(?!\n)$", min_length=1, max_length=40)
]
SidePx: TypeAlias = Annotated[int, Meta(ge=16, le=1_024)]
ClassNumber: TypeAlias = Annotated[int, Meta(ge=0, le=999)]
Channel: TypeAlias = Annotated[float, Meta(ge=-1_000, le=1_000)]
SamePersonCosine: TypeAlias = Annotated[float, Meta(ge=0.363, le=0.95)]
"""OpenCV's published threshold at least: stricter is the operator's choice, laxer nobody's."""

VetoFrom: TypeAlias = Annotated[float, Meta(gt=0.0, le=0.5)]
"""At the latest where a minor is as likely as not."""

GeneralLimit: TypeAlias = Annotated[float, Meta(ge=0.0, le=0.5)]
SuggestiveLimit: TypeAlias = Annotated[float, Meta(ge=0.0, le=0.9)]


class ManifestRefused(Exception):
    """There is no manifest, or none that says what it has to. The message is for the operator."""


class PinnedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file beside the manifest, and the SHA-256 it must have."""

    file: FileName
    sha256: Sha256


class FaceModels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """YuNet, SFace, and from which cosine on two photographs show one person."""

    detector: PinnedFile
    recogniser: PinnedFile
    same_person_cosine_min: SamePersonCosine = 0.363


class Classifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An ONNX file with one input and one output, of which some classes are counted together.

    See `PictureInput` and `CountedClasses` for what the fields mean.
    """

    id: ModelId
    file: FileName
    sha256: Sha256
    side_px: SidePx
    classes: Annotated[int, Meta(ge=2, le=1_000)]
    counted: Annotated[tuple[ClassNumber, ...], Meta(min_length=1, max_length=999)]
    outputs: Literal["probabilities", "logits"]
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    colours: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[Channel, Channel, Channel] = (0.0, 0.0, 0.0)
    scale: Annotated[float, Meta(gt=0.0, le=1_000)] = 1.0
    resized_px: SidePx | None = None
    through_jpeg: bool = False

    def __post_init__(self) -> None:
        """msgspec reports a ValueError of here as a ValidationError, with the field's path."""
        numbers = set(self.counted)
        if len(numbers) < len(self.counted) or max(numbers) >= self.classes:
            raise ValueError("`counted` names each of some classes once, from 0")
        if len(numbers) == self.classes:
            raise ValueError("`counted` names every class: nothing would be told apart")
        if self.resized_px is not None and self.resized_px < self.side_px:
            raise ValueError("`resized_px` is smaller than `side_px`")


class AgeModel(Classifier, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`counted` are the classes of minors. Refused is whatever reaches `veto_from`."""

    veto_from: VetoFrom


class ContentModel(Classifier, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`counted` are the explicit classes. A picture of a rating scores its limit at most."""

    general_max: GeneralLimit = 0.2
    suggestive_max: SuggestiveLimit = 0.8


class GateModels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The manifest. Whatever is not in it is missing, and what needs it stays closed."""

    faces: FaceModels | None = None
    age: AgeModel | None = None
    content: ContentModel | None = None


def read_manifest(folder: Path) -> GateModels:
    """The manifest of a folder. Raises ManifestRefused."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise ManifestRefused(f"{MANIFEST} is larger than any manifest")
        return msgspec.json.decode(path.read_bytes(), type=GateModels)
    except OSError as absent:
        raise ManifestRefused(f"{MANIFEST} is not there, or cannot be read") from absent
    except (msgspec.DecodeError, UnicodeDecodeError) as invalid:
        raise ManifestRefused(f"{MANIFEST} does not say what it has to: {invalid}") from invalid
