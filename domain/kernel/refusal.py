"""The root of every "no" the product can say."""

from typing import ClassVar, Self


class Refusal(Exception):
    """A business rule said no. Nothing was saved and nothing was charged.

    `code` is stable and public: GraphQL clients switch on it, so it is never renamed.
    `message` is written for a person and never contains personal data.
    Subclasses carry the facts a client needs as attributes, named in `details`.
    `path` leads to the part of the command that is meant: names of its fields, and places in lists.
    """

    code: ClassVar[str]
    details: ClassVar[tuple[str, ...]] = ()
    path: tuple[str, ...] = ()

    def at(self, *path: str | int) -> Self:
        """The same refusal, of this part of the command."""
        self.path = tuple(str(part) for part in path)
        return self

    @property
    def message(self) -> str:
        """One sentence for a person: what was refused and what would help."""
        return str(self)
