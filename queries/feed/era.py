"""Positions of a feed as clients know them: after a restored backup they begin anew, far above.

A restored log takes positions again that clients have seen with other events behind them. So
`suite feed reset` opens an era: what a feed says lies in it, and what lies in another is no place
to resume from.
"""

from dataclasses import dataclass

import msgspec

from domain.kernel.identity import SYSTEM
from domain.kernel.role import Role
from queries.viewer import Connections, View, as_viewer

POSITIONS_PER_ERA = 10**12
"""A thousand events a second for thirty years. Nine million eras fit into a position."""


@dataclass(frozen=True)
class Era:
    """The positions from `start` on, which is a multiple of `POSITIONS_PER_ERA`."""

    start: int

    def shown(self, position: int) -> int:
        """What a client is told of a position of the log."""
        return self.start + position

    def position(self, shown: int) -> int | None:
        """The position of the log behind what a client was told; None if told in another era."""
        position = shown - self.start
        return position if 0 <= position < POSITIONS_PER_ERA else None


def in_log(shown: int) -> int:
    """The position of the log behind what a client was told, in whichever era."""
    return shown % POSITIONS_PER_ERA


class _Start(msgspec.Struct, frozen=True):
    position: int


def current_era(connections: Connections) -> Era:
    """The era that feeds are in now."""
    with as_viewer(connections, SYSTEM, Role.CREATOR) as view:
        return _era(view)


def _era(view: View) -> Era:
    found = view.one(
        _Start,
        "SELECT position FROM views.feed_trimmed WHERE owner_id = %(viewer)s",
        {"viewer": view.viewer_id},
    )
    # SYSTEM follows no feed, so nothing of its own is ever trimmed.
    return Era(0 if found is None else found.position)
