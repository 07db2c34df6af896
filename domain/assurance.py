"""How well we know who somebody is, and who may tell us."""

from enum import StrEnum


class Assurance(StrEnum):
    """What an identity check proves."""

    SANDBOX = "sandbox"
    DOCUMENT = "document"


SANDBOX_COUNTRY = "XX"
"""The sandbox proves no country, so it has one of its own (a code ISO 3166 leaves to users)."""

DOCUMENT_PROVIDERS: frozenset[str] = frozenset()
"""Identity providers whose approval rests on a document. None ships with this release."""


def assurance_of(provider: str) -> Assurance:
    """What an approval by `provider` proves. Unlisted, it proves no more than the sandbox."""
    return Assurance.DOCUMENT if provider in DOCUMENT_PROVIDERS else Assurance.SANDBOX
