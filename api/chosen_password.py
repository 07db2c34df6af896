"""A password that somebody chooses: its normal form, if it is strong enough to be taken."""

from api.parts import Parts
from api.refusals import InputInvalid
from domain import password


def chosen_password(parts: Parts, given: str, *, email: str) -> str:
    """The password to hash. `email` is the account's own, in its normal form.

    Raises `InputInvalid`, `PasswordTooWeak`, `PasswordHoldsAddress`, `PasswordTooCommon`.
    """
    secret = password.normal_form(given)
    if len(secret) > password.LENGTH_MAX:
        raise InputInvalid("password", f"At most {password.LENGTH_MAX} characters.")
    password.require_strong(secret, email=email, is_common=parts.common_passwords.holds)
    return secret


def typed_forms(given: str) -> tuple[str, ...]:
    """The normal form first, then as it was typed: an account may be of before there was one."""
    if len(given) > password.LENGTH_MAX:
        return ()
    return tuple(dict.fromkeys((password.normal_form(given), given)))
