"""One thing that is well or not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """`what` is how it is, in a few words. `advice` is what to do, and None where it is well."""

    subject: str
    what: str
    advice: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to do."""
        return self.advice is None
