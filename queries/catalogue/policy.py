"""What is allowed: the policy that is in force."""

from datetime import datetime
from typing import Any

import msgspec

from queries.viewer import View


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One published policy. A rating of an engine without a row is denied."""

    version: int
    rows: list[dict[str, Any]]
    published_at: datetime
    position: int


def policy(view: View) -> Policy | None:
    """The newest policy, None before the first was published."""
    return view.one(Policy, "SELECT * FROM views.policies ORDER BY version DESC LIMIT 1")
