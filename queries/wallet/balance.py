"""What do I have: available, reserved, spent."""

import msgspec

from queries.viewer import View


class Balance(msgspec.Struct, frozen=True):
    """Millicredits of one owner, as of `position`."""

    available: int
    reserved: int
    spent: int
    position: int


EMPTY = Balance(available=0, reserved=0, spent=0, position=0)


def balance(view: View) -> Balance:
    """The viewer's balance; all zero before anything moved."""
    found = view.one(
        Balance,
        """
        SELECT available, reserved, spent, position FROM views.balances
         WHERE owner_id = %(viewer)s
        """,
        {"viewer": view.viewer_id},
    )
    return found or EMPTY
