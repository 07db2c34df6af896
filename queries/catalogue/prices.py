"""What things cost: the price list that is in force."""

from datetime import datetime
from typing import Any

import msgspec

from queries.viewer import View


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """One published price list. Quotes of the version before it are accepted until
    `previous_accepted_until`."""

    version: int
    entries: list[dict[str, Any]]
    packages: list[dict[str, Any]]
    previous_accepted_until: datetime
    published_at: datetime
    position: int


def price_list(view: View) -> PriceList | None:
    """The newest price list, None before the first was published."""
    return view.one(PriceList, "SELECT * FROM views.price_lists ORDER BY version DESC LIMIT 1")
