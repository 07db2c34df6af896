"""A creator allows that their face is measured."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class SignBiometricRelease:
    """`text_sha256` is of the exact text that was on the screen, in the language `locale`."""

    twin_id: UUID
    text_sha256: str
    locale: str = "en"


def handle(command: SignBiometricRelease, work: Work) -> None:
    """Sign the release. Raises `ConsentTextChanged` where another text is in force."""
    twin = work.load(Twin, command.twin_id)
    twin.sign_biometric_release(command.text_sha256, command.locale, at=work.now)
    work.save(twin)
