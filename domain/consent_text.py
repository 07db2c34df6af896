"""What a person agrees to, word for word. With a changed word everyone is asked again."""

import hashlib
from enum import StrEnum

import msgspec


class ConsentScope(StrEnum):
    """What a consent covers."""

    TRAINING = "training"
    PICTURES = "general-images"


class LegalText(msgspec.Struct, frozen=True):
    """One version of a text. An event stores its `sha256`: lower-case hex over the UTF-8 bytes."""

    version: int
    locale: str
    text: str

    @property
    def sha256(self) -> str:
        """The digest by which agreement to exactly this text is recorded."""
        return hashlib.sha256(self.text.encode()).hexdigest()


BIOMETRIC_RELEASE = LegalText(
    version=1,
    locale="en",
    text=(
        "I am the person in the photos that I am about to upload. I allow this studio to measure "
        "my face in them, and to keep that measurement while this twin exists, for two purposes "
        "only: to check that every photo shows me and nobody else, and to check that pictures "
        "made with this twin show me and nobody else. It is not sold, not shared and not used for "
        "anything else. It is deleted when I withdraw my consent or delete this twin."
    ),
)

CONSENT = LegalText(
    version=1,
    locale="en",
    text=(
        "I am an adult and the person in these photos. I consent to the training of a digital "
        "twin of myself from them, and to pictures made with it at my own request, within the "
        "scope that I tick. Only I can use this twin. I can withdraw this consent at any time: "
        "running work stops, held credits return, and photos, measurements and the trained twin "
        "are deleted. Pictures already released are hidden until I decide to keep or purge them."
    ),
)
