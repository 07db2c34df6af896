"""What a password has to be."""

import pytest

from domain.password import normal_form, require_strong
from domain.refusals import PasswordHoldsAddress, PasswordTooCommon, PasswordTooWeak

EMAIL = "ada.lovelace@example.org"


def nothing_is_common(password: str) -> bool:
    return False


def test_one_word_has_one_form_however_it_is_typed() -> None:
    composed, decomposed = "caf\u00e9 by the harbour", "cafe\u0301 by the harbour"
    assert normal_form(decomposed) == normal_form(composed) == composed


def test_a_long_sentence_is_strong() -> None:
    require_strong("correct horse battery staple", email=EMAIL, is_common=nothing_is_common)
    require_strong("a lighthouse for ada", email="ada@example.org", is_common=nothing_is_common)


def test_a_short_password_is_refused_with_the_length_it_needs() -> None:
    with pytest.raises(PasswordTooWeak) as refused:
        require_strong("x" * 11, email=EMAIL, is_common=nothing_is_common)
    assert refused.value.length_min == 12


@pytest.mark.parametrize(
    "password", ["ada.lovelace@example.org", "ADA.Lovelace1815", "my ada.lovelace@example.org"]
)
def test_the_address_is_no_password(password: str) -> None:
    with pytest.raises(PasswordHoldsAddress):
        require_strong(password, email=EMAIL, is_common=nothing_is_common)


def test_what_everybody_tries_first_is_refused() -> None:
    with pytest.raises(PasswordTooCommon):
        require_strong("password1234", email=EMAIL, is_common=lambda password: True)
