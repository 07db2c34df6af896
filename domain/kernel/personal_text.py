"""Free text that a person wrote: readable only while that person's key exists.

An event field of type `FreeText` is sealed under the owner's key when the event is stored and
opened when it is read. After erasure the key is gone and the same field reads as `Erased`.
"""

import unicodedata
from typing import TypeAlias

import msgspec


class PersonalText(msgspec.Struct, frozen=True, tag="text"):
    """Text as its author wrote it. `repr` hides it, so that no log line can carry it."""

    value: str

    def __repr__(self) -> str:
        return "PersonalText(…)"


class Erased(msgspec.Struct, frozen=True, tag="erased"):
    """Text whose key has been destroyed. Nobody can read it again."""


def written(text: str) -> PersonalText:
    """What a person wrote, each letter in its composed form (NFC), whichever their keyboard made.

    The same words are the same text then: to the screening, to an engine and to a search.
    """
    return PersonalText(unicodedata.normalize("NFC", text))


FreeText: TypeAlias = PersonalText | Erased


def is_plain(text: str) -> bool:
    """Whether a text holds nothing that no table and no page could show.

    That is control characters other than tabs and ends of lines, and halves of characters.
    """
    return not any(
        unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\t\n\r" for letter in text
    )


def text_or(text: FreeText | None, replacement: str = "") -> str:
    """The text in clear, or `replacement` where it is absent or erased."""
    return text.value if isinstance(text, PersonalText) else replacement
