"""The one form of an e-mail address: what an account is opened with, and found by."""

from email_validator import EmailNotValidError, validate_email

from api.refusals import InputInvalid

EMAIL_LENGTH_MAX = 254


def normal_address(field: str, given: str) -> str:
    """An address as it is kept: domain in lower case, everything in Unicode's NFC.

    Nobody is asked whether it exists. Raises `InputInvalid` for what is no address.
    """
    try:
        if len(given) > EMAIL_LENGTH_MAX:
            raise EmailNotValidError()
        return validate_email(given.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        # The library's sentence may quote the address.
        raise InputInvalid(field, "This is not an e-mail address.") from None


def address_forms(given: str) -> tuple[str, ...]:
    """Under which forms an account may be found, likeliest first.

    What is no address today may have been one when the account was opened.
    """
    raw = given.strip()
    try:
        return tuple(dict.fromkeys((normal_address("email", given), raw)))
    except InputInvalid:
        return (raw,)
