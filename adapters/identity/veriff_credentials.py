"""What an operator was given by Veriff: the file that `SUITE_VERIFF_CREDENTIALS` names."""

import re
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

SHARED_SECRET_LENGTH_MIN: Final = 16
_BASE_URL: Final = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")
_LOOPBACK: Final = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")


class VeriffCredentialsUnreadable(Exception):
    """The file is missing, can be read by others, or does not say what it has to."""


class VeriffCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One integration's address, API key and shared secrets, as its page shows them.

    What is said is signed with the first secret, what is heard may be signed with any: while a
    secret is changed there are two.
    """

    base_url: str
    api_key: Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$", max_length=200)]
    shared_secrets: Annotated[
        tuple[Annotated[str, Meta(min_length=SHARED_SECRET_LENGTH_MIN, max_length=200)], ...],
        Meta(min_length=1, max_length=4),
    ]

    def __repr__(self) -> str:
        return f"VeriffCredentials({self.base_url})"

    def __post_init__(self) -> None:
        """Only a loopback address may do without encryption: nobody listens there."""
        if not (_BASE_URL.fullmatch(self.base_url) or _LOOPBACK.fullmatch(self.base_url)):
            raise ValueError("`base_url` is the integration's https address, without a path")


def read_credentials(file: Path) -> VeriffCredentials:
    """Raises `VeriffCredentialsUnreadable`."""
    try:
        if file.stat().st_mode & 0o077:
            raise VeriffCredentialsUnreadable(f"{file.name} is readable by others: chmod 600")
        return msgspec.json.decode(file.read_bytes(), type=VeriffCredentials)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        # Only the class: the message may quote a piece of the file.
        said = f"{file.name}: {type(error).__name__}"
        raise VeriffCredentialsUnreadable(said) from None
