"""How far the read models have read for a viewer."""

from dataclasses import dataclass

from queries.viewer import View

FEED_CHANNEL = "feed"
"""Where the projector says whose rows have changed: owner ids in hex, or `WATERMARK`."""

WATERMARK = "watermark"


class ReadModelsParked(Exception):
    """The viewer's read models stand before a fact that cannot be folded: waiting does not help.

    `position` is that fact's.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"parked before {position}")
        self.position = position


@dataclass(frozen=True)
class ReadTo:
    """How far the viewer's rows are current. `parked_at`: a fact that they cannot get beyond."""

    position: int
    parked_at: int | None


def read_position(view: View) -> int:
    """Up to which position the viewer's rows are current.

    A fact of the viewer moves it, and so does a watermark that every partition has passed.
    """
    return read_to(view).position


def read_until(view: View, position: int) -> int:
    """As `read_position`, for who waits for a position. Raises `ReadModelsParked` where in vain."""
    found = read_to(view)
    if found.parked_at is not None and position >= found.parked_at:
        raise ReadModelsParked(found.parked_at)
    return found.position


def read_to(view: View) -> ReadTo:
    """As `read_position`, and what stops it. No watermark lifts who is parked."""
    found = view.one(
        ReadTo,
        """
        SELECT parked.position AS parked_at, coalesce(parked.position - 1, greatest(
               (SELECT coalesce(min(position), 0) FROM views.read_to
                 WHERE owner_id = %(viewer)s),
               (SELECT coalesce(min(position), 0) FROM views.watermarks)
               )) AS position
          FROM (SELECT) AS one
          LEFT JOIN views.parked_owners AS parked ON parked.owner_id = %(viewer)s
        """,
        {"viewer": view.viewer_id},
    )
    return ReadTo(0, None) if found is None else found
