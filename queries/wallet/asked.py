"""What was it for: the work and the package behind entries of the statement.

Joined when it is read: the ledger holds amounts and ids, and no text that erasure would miss.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from queries.viewer import View


class WorkAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What a job was asked for. `prompt` is None where none was given, and after erasure."""

    job_id: UUID
    kind: str
    engine: str
    item_count: int
    prompt: str | None
    twin_name: str | None


class PackageAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which package a purchase was of."""

    purchase_id: UUID
    package: str


def work_asked(view: View, job_ids: Sequence[UUID]) -> dict[UUID, WorkAsked]:
    """Those of `job_ids` that the viewer has."""
    found = view.many(
        WorkAsked,
        """
        SELECT j.job_id, j.kind, j.engine, j.item_count, j.prompt, t.name AS twin_name
          FROM views.jobs j
          LEFT JOIN views.twins t ON t.owner_id = j.owner_id AND t.twin_id = j.twin_id
         WHERE j.owner_id = %(viewer)s AND j.job_id = ANY (%(ids)s::uuid[])
        """,
        {"viewer": view.viewer_id, "ids": list(job_ids)},
    )
    return {work.job_id: work for work in found}


def packages_asked(view: View, purchase_ids: Sequence[UUID]) -> dict[UUID, PackageAsked]:
    """Those of `purchase_ids` that the viewer has."""
    found = view.many(
        PackageAsked,
        """
        SELECT purchase_id, package FROM views.purchases
         WHERE owner_id = %(viewer)s AND purchase_id = ANY (%(ids)s::uuid[])
        """,
        {"viewer": view.viewer_id, "ids": list(purchase_ids)},
    )
    return {bought.purchase_id: bought for bought in found}
