"""Refusals about who somebody is."""

from typing import ClassVar

from domain.kernel.refusal import Refusal


class EmailTaken(Refusal):
    """An account with this address exists."""

    code: ClassVar[str] = "EMAIL_TAKEN"
    path = ("email",)

    def __init__(self) -> None:
        super().__init__("There is already an account with this e-mail address.")


class SignInFailed(Refusal):
    """Address or password is wrong. Which of the two is not said."""

    code: ClassVar[str] = "SIGN_IN_FAILED"

    def __init__(self) -> None:
        super().__init__("E-mail address or password is not right.")


class PasswordTooWeak(Refusal):
    """Shorter than `length_min` characters."""

    code: ClassVar[str] = "PASSWORD_TOO_WEAK"
    details: ClassVar[tuple[str, ...]] = ("length_min",)
    path = ("password",)

    def __init__(self, length_min: int) -> None:
        super().__init__(f"A password needs at least {length_min} characters.")
        self.length_min = length_min


class PasswordTooCommon(Refusal):
    """A password that is tried early: from a list of common ones, or hardly different from one."""

    code: ClassVar[str] = "PASSWORD_TOO_COMMON"
    path = ("password",)

    def __init__(self) -> None:
        super().__init__("This is one of the first passwords that anybody would try.")


class PasswordHoldsAddress(Refusal):
    """A password with the account's own address in it."""

    code: ClassVar[str] = "PASSWORD_HOLDS_ADDRESS"
    path = ("password",)

    def __init__(self) -> None:
        super().__init__("The password may not hold the e-mail address.")


class PasswordWrong(Refusal):
    """Whoever is signed in does not know the password that they have now."""

    code: ClassVar[str] = "PASSWORD_WRONG"
    path = ("old_password",)

    def __init__(self) -> None:
        super().__init__("This is not the password that you have now.")


class PasswordLinkOver(Refusal):
    """A link that was used, is older than it may be, or never was: the three look the same."""

    code: ClassVar[str] = "PASSWORD_LINK_OVER"
    path = ("token",)

    def __init__(self) -> None:
        super().__init__("This link is over. Ask for a new one.")


class PostMissing(Refusal):
    """This studio sends no letters: its operator makes the links."""

    code: ClassVar[str] = "POST_MISSING"

    def __init__(self) -> None:
        super().__init__("This studio has no post. Ask its operator for a link.")


class NotVerified(Refusal):
    """Identity and age are not verified, or no longer."""

    code: ClassVar[str] = "NOT_VERIFIED"

    def __init__(self) -> None:
        super().__init__("Verify your identity and age first.")


class UnderAge(Refusal):
    """An identity check found that this person is no adult. Nothing later undoes that."""

    code: ClassVar[str] = "UNDER_AGE"

    def __init__(self) -> None:
        super().__init__("This studio is for adults; no further identity check is made.")


class AssuranceTooLow(Refusal):
    """This engine draws photographs and needs an identity proved by a document."""

    code: ClassVar[str] = "ASSURANCE_TOO_LOW"
    details: ClassVar[tuple[str, ...]] = ("engine",)
    path = ("engine",)

    def __init__(self, engine: str) -> None:
        super().__init__(f"The engine {engine} needs an identity verified by a document.")
        self.engine = engine
