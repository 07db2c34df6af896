"""What a password has to be, and the one form in which it is hashed."""

import unicodedata
from collections.abc import Callable

from domain.refusals import PasswordHoldsAddress, PasswordTooCommon, PasswordTooWeak

LENGTH_MIN = 12
LENGTH_MAX = 256
"""Argon2 reads every byte: an endless password would be an endless sign-in."""

NAME_LENGTH_MIN = 6
"""What stands before the @ counts as the address from this length on."""


def normal_form(password: str) -> str:
    """The same text however a keyboard composes it: é is one character, or e and an accent."""
    return unicodedata.normalize("NFC", password)


def require_strong(password: str, *, email: str, is_common: Callable[[str], bool]) -> None:
    """Refuse what would be guessed early. `password` and `email` are in their normal form.

    Raises `PasswordTooWeak`, `PasswordHoldsAddress`, `PasswordTooCommon`.
    """
    if len(password) < LENGTH_MIN:
        raise PasswordTooWeak(LENGTH_MIN)
    said, address = password.casefold(), email.casefold()
    local = address.partition("@")[0]
    # A short name, such as "ada", may stand in an honest password.
    if address in said or (len(local) >= NAME_LENGTH_MIN and local in said):
        raise PasswordHoldsAddress()
    if is_common(password):
        raise PasswordTooCommon()
