"""My tags and collections."""

from uuid import UUID

import msgspec

from queries.viewer import View


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One tag or collection. `kind` is tag or collection; `name` is None after erasure."""

    label_id: UUID
    kind: str
    name: str | None
    private: bool


def labels(view: View) -> tuple[Label, ...]:
    """All of them, the newest first: there are but so many."""
    return tuple(
        view.many(
            Label,
            """
            SELECT label_id, kind, name, private FROM views.labels WHERE owner_id = %(viewer)s
             ORDER BY created_position DESC, label_id
            """,
            {"viewer": view.viewer_id},
        )
    )
