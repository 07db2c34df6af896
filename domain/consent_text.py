"""What a person agrees to, word for word. With a changed word everyone is asked again."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec


class ConsentScope(StrEnum):
    """What a consent covers: ticked one by one, and taken back one by one."""

    TRAINING = "training"
    PICTURES = "general-images"
    CLIPS = "clips"
    SUGGESTIVE = "suggestive"
    ADULT = "adult"


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

FIRST_CONSENT = LegalText(
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

SCOPE_WORDS: Mapping[ConsentScope, str] = MappingProxyType(
    {
        ConsentScope.TRAINING: (
            "Training. My photos may be used to train a digital twin of myself, which draws a few "
            "pictures of me to show what it has learnt."
        ),
        ConsentScope.PICTURES: (
            "Pictures. Still pictures of me may be made with this twin when I ask for them."
        ),
        ConsentScope.CLIPS: (
            "Clips. Short moving pictures of me, without sound, may be made with this twin when I "
            "ask for them."
        ),
        ConsentScope.SUGGESTIVE: (
            "Suggestive. The pictures and clips that I tick may be suggestive in dress and pose, "
            "without nudity, when I ask for that."
        ),
        ConsentScope.ADULT: (
            "Adult. The pictures and clips that I tick may show me in a way that is for adults "
            "only, with nudity, when I ask for that and the law where I am allows it."
        ),
    }
)
"""The words beside each tick box. They are part of the text, and of its digest."""

CONSENT = LegalText(
    version=2,
    locale="en",
    text="\n\n".join(
        (
            "I am an adult and the person in the photos that this twin is made from. I consent to "
            "what I tick, each by itself, and to nothing that I leave unticked.",
            *SCOPE_WORDS.values(),
            "What is not offered here cannot be ticked. Suggestive and adult cover nothing by "
            "themselves. Only I can use this twin.",
            "I can tick more later, and I can take back one tick or this whole consent at any "
            "time. Work that rests on what I take back stops, held credits return, and what was "
            "released on it is hidden until I decide to keep or purge it. When I take back "
            "training, my photos are deleted; the trained twin and the measurement of my face "
            "stay for what else I have ticked. When none of training, pictures and clips is left, "
            "photos, measurements and the trained twin are all deleted.",
        )
    ),
)
"""The text in force."""

CONSENTS = (FIRST_CONSENT, CONSENT)
"""Every version there was. A consent to an earlier one keeps its meaning: a scope that its text did
not name could not be ticked, and what it did name says the same in every version."""


def agreed_text(sha256: str | None) -> LegalText | None:
    """The consent or release, of any version, that this is the digest of; None for another text."""
    known = (*CONSENTS, BIOMETRIC_RELEASE)
    return next((text for text in known if text.sha256 == sha256), None)


def consent_version(sha256: str | None) -> int | None:
    """Which version of the consent this is the digest of; None for any other text."""
    return next((text.version for text in CONSENTS if text.sha256 == sha256), None)
