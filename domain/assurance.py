"""How well we know who somebody is, and who may tell us."""

from enum import StrEnum


class Assurance(StrEnum):
    """What an identity check proves."""

    SANDBOX = "sandbox"
    DOCUMENT = "document"


SANDBOX_COUNTRY = "XX"
"""The sandbox proves no country, so it has one of its own (a code ISO 3166 leaves to users)."""

DOCUMENT_PROVIDERS: frozenset[str] = frozenset({"veriff"})
"""Identity providers whose approval rests on a document."""


def assurance_of(provider: str) -> Assurance:
    """What an approval by `provider` proves. Unlisted, it proves no more than the sandbox."""
    return Assurance.DOCUMENT if checks_documents(provider) else Assurance.SANDBOX


def checks_documents(provider: str) -> bool:
    """Whether an approval by `provider` rests on a document."""
    return provider in DOCUMENT_PROVIDERS
