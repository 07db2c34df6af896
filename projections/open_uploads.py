"""Sets of photos of a twin that are planned and not handed in: two columns of the same length."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from projections.tables import Row


def open_without(submission_id: UUID) -> dict[str, Callable[[Row], list[Any]]]:
    """Both columns without one set."""

    def sets(row: Row) -> list[UUID]:
        return [one for one in row["open_uploads"] if one != submission_id]

    def until(row: Row) -> list[datetime]:
        both = zip(row["open_uploads"], row["open_uploads_until"], strict=True)
        return [until for one, until in both if one != submission_id]

    return {"open_uploads": sets, "open_uploads_until": until}
