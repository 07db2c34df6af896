"""Which passwords are common: those of the lists, and what people make of them."""

import pytest

from adapters.vault.common_passwords import ZxcvbnPasswords

COMMON = ZxcvbnPasswords()


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc",
        "Justin Bieber",
        "Password1234",
        "P@ssw0rd!2024",
        "password123456789",
        "2024-sunshine!",
        "passwordpassword",
        "Monkey1Monkey1",
        "123456789012",
        "0987654321098",
        "abcdefghijklm",
        "qwertyuiopasd",
        "aaaaaaaaaaaaaaaa",
        "121212121212",
    ],
)
def test_a_password_that_is_tried_early_is_common(password: str) -> None:
    assert COMMON.holds(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a lighthouse in fog",
        "another long password",
        "dragon8492756193",
        "849302758493",
        "naïve café über alles",
    ],
)
def test_what_is_somebodys_own_is_not(password: str) -> None:
    assert not COMMON.holds(password)
