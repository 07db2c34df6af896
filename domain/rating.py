"""How adult a picture may be."""

from enum import StrEnum


class Rating(StrEnum):
    """From the mildest to the strongest. The sandbox knows `GENERAL` only."""

    GENERAL = "general"
    SUGGESTIVE = "suggestive"
    ADULT = "adult"

    def within(self, cap: "Rating") -> bool:
        """Whether this rating is no stronger than `cap`."""
        order = list(Rating)
        return order.index(self) <= order.index(cap)
