"""What a field of a message may hold. Outside of it a message is undecodable, whoever sent it.

A worker is the least trusted party, so that what it reports is checked by these types before any
handler sees it. They are sized so that the event which follows from a report always fits into the
store: 64 KiB an event, and columns of 32 and 64 bits. Python and ECMAScript read the patterns
alike: `$` alone would let a line feed through at the end in Python.

A bound is a promise: widened, older readers refuse what newer writers may say; narrowed, newer
readers refuse what older writers have said.
"""

import sys
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

_END: Final = r"(?!\n)$"
_NO_CONTROLS: Final = rf"^[^\x00-\x1f\x7f-\x9f]*{_END}"
_WORDS: Final = rf"^[a-z0-9._-]*{_END}"
_PRINTABLE: Final = rf"^[ !#-\[\]-~]+{_END}"
"""ASCII without `"` and the backslash: one byte each, also inside JSON."""

_SEGMENT: Final = r"(?!\.{1,2}(/|$))[A-Za-z0-9._-]{1,128}"

NAME_LENGTH_MAX: Final = 320
"""A host's name has up to 253 characters, and the process's stands before it."""

LABEL_LENGTH_MAX: Final = 64
PROMPT_LENGTH_MAX: Final = 2_000
"""Three times what the engine that takes the longest allows."""

OUTPUTS_MAX: Final = 16
CHECKS_MAX: Final = 16
"""Outputs of a job, and checks of an output: all of them stand in one `job.screened`."""

CHECK_NAME_LENGTH_MAX: Final = 40
MODEL_NAME_LENGTH_MAX: Final = 128
"""An adapter's checks name a digest, the known pictures a list that an operator has named."""

ENGINES_MAX: Final = 64
"""Of one worker or screener: far more than a catalogue has."""

PACK_FILES_MAX = 12
PHOTOS_MAX: Final = 32
CHECKPOINTS_MAX: Final = 16
FLAWS_MAX: Final = 32
RENDITIONS_MAX: Final = 8
THUMBNAILS_MAX: Final = 8
CLIP_SECONDS_MAX: Final = 60
"""More photos than any set, more flaws than there are names for, more files than an output has."""

FORM_FIELDS_MAX: Final = 64
FORM_VALUE_LENGTH_MAX: Final = 16 * 1024
URL_LENGTH_MAX: Final = 8 * 1024
"""Signatures of object stores bring tokens of several kilobytes."""

PREVIEW_SIZE_MAX_BYTES: Final = 16 * 1024
POSITION_MAX: Final = 2**63 - 1
EVENT_TYPE_LENGTH_MAX: Final = 100
EVENT_SIZE_MAX_BYTES: Final = 64 * 1024

Attempt: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]
ScreeningNumber: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
"""As wide as its column: which attempt is the current one, the domain knows."""

Epoch: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""Which of a twin's consents: counted up by every withdrawal."""

ItemNumber: TypeAlias = Annotated[int, Meta(ge=0, le=999)]
ItemCount: TypeAlias = Annotated[int, Meta(ge=1, le=999)]
Position: TypeAlias = Annotated[int, Meta(ge=0, le=POSITION_MAX)]
Ordinal: TypeAlias = Annotated[int, Meta(ge=1, le=POSITION_MAX)]
"""Counted from 1: a fact's position, an aggregate's version."""

Seed: TypeAlias = Annotated[int, Meta(ge=0, le=2**32 - 1)]
SizeBytes: TypeAlias = Annotated[int, Meta(ge=0, le=2**40)]
Pixels: TypeAlias = Annotated[int, Meta(ge=1, le=65_535)]
FrameCount: TypeAlias = Annotated[int, Meta(ge=1, le=10_000)]
FrameRate: TypeAlias = Annotated[int, Meta(ge=1, le=240)]
"""Whole frames a second."""

Milliseconds: TypeAlias = Annotated[int, Meta(ge=1, le=3_600_000)]
DenoisingStrength: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
"""0 keeps the source as it is, 1 keeps nothing of it."""

StepCount: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
Rank: TypeAlias = Annotated[int, Meta(ge=1, le=4_096)]
Partition: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]

Finite: TypeAlias = Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""Neither NaN nor infinite, in any encoding."""

Cosine: TypeAlias = Annotated[float, Meta(ge=-1.001, le=1.001)]
"""With room for what rounding adds."""

UnixSeconds: TypeAlias = Annotated[float, Meta(ge=0, le=1e11)]
Guidance: TypeAlias = Annotated[float, Meta(ge=0, le=1_000)]
Strength: TypeAlias = Annotated[float, Meta(ge=-100, le=100)]
LearningRate: TypeAlias = Annotated[float, Meta(ge=0, le=1)]

Sha256: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64)]
"""In lower-case hex."""

ObjectKey: TypeAlias = Annotated[
    str, Meta(pattern=rf"^{_SEGMENT}(/{_SEGMENT})*{_END}", min_length=1, max_length=512)
]
"""What the object store takes for a key, and nothing else."""

Thumbhash: TypeAlias = Annotated[
    str, Meta(pattern=rf"^[A-Za-z0-9+/]{{7,34}}={{0,2}}{_END}", max_length=36)
]
"""A ThumbHash in Base64: at most 25 bytes that show a picture as a blur."""

MediaType: TypeAlias = Annotated[
    str, Meta(pattern=rf"^[a-z]+/[a-z0-9][a-z0-9.+-]*{_END}", max_length=100)
]
MemberName: TypeAlias = Annotated[
    str, Meta(pattern=_NO_CONTROLS, min_length=1, max_length=NAME_LENGTH_MAX)
]
EngineId: TypeAlias = Annotated[str, Meta(pattern=_WORDS, max_length=64)]
"""Empty where the grant says which engine it was."""

BatchKey: TypeAlias = Annotated[str, Meta(pattern=_NO_CONTROLS, max_length=200)]
Label: TypeAlias = Annotated[str, Meta(pattern=_NO_CONTROLS, max_length=LABEL_LENGTH_MAX)]
"""A style, a rating, a reason."""

CheckName: TypeAlias = Annotated[str, Meta(pattern=_PRINTABLE, max_length=CHECK_NAME_LENGTH_MAX)]
ModelName: TypeAlias = Annotated[str, Meta(pattern=_PRINTABLE, max_length=MODEL_NAME_LENGTH_MAX)]
FlawName: TypeAlias = Annotated[str, Meta(pattern=rf"^[a-z-]+{_END}", max_length=40)]

PromptText: TypeAlias = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=PROMPT_LENGTH_MAX)]
"""A person's words: several lines of them, if they like."""

Url: TypeAlias = Annotated[
    str, Meta(pattern=rf"^https?://[^\x00-\x20\x7f-\x9f]+{_END}", max_length=URL_LENGTH_MAX)
]
FormFieldName: TypeAlias = Annotated[str, Meta(pattern=_NO_CONTROLS, min_length=1, max_length=100)]
FormFieldValue: TypeAlias = Annotated[
    str, Meta(pattern=_NO_CONTROLS, max_length=FORM_VALUE_LENGTH_MAX)
]
TopicName: TypeAlias = Annotated[str, Meta(pattern=_WORDS, min_length=1, max_length=249)]
"""As long as Kafka lets it be."""

EventType: TypeAlias = Annotated[
    str, Meta(pattern=_WORDS, min_length=1, max_length=EVENT_TYPE_LENGTH_MAX)
]
EventData: TypeAlias = Annotated[bytes, Meta(max_length=EVENT_SIZE_MAX_BYTES)]
PreviewPng: TypeAlias = Annotated[bytes, Meta(max_length=PREVIEW_SIZE_MAX_BYTES)]
