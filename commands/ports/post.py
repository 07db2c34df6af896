"""How a letter reaches somebody who has not signed in: by e-mail."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """To one address. Nothing of it is ever logged."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class LetterRefused(Exception):
    """This letter is not taken, however often it is handed in."""


class PostUnavailable(Exception):
    """Nobody takes letters just now; later they may."""


class Post(Protocol):
    """Carries letters. Blocks while it hands one in, for a bounded time."""

    def send(self, letter: Letter) -> None:
        """Hand in one. Raises `LetterRefused`, `PostUnavailable`; neither quotes the letter.

        A letter may arrive although it was not known to: then it arrives twice.
        """
        ...
