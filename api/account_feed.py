"""The feed of who I am here: identity checks and twins."""

from functools import partial

import strawberry

from api.look_desk import SNAPSHOT_SIZE, Feed
from api.scalars import Position
from api.types.twin import Twin, twin
from api.types.verification import Verification, verification
from commands.ports.clock import Clock
from queries.account.overview import account
from queries.feed.after import Delta
from queries.read_position import read_position
from queries.twins.photos import photos
from queries.twins.twins import twins, twins_by_id
from queries.viewer import View


@strawberry.type(description="Who I am here, and all of my twins, as of a position.")
class AccountSnapshot:
    position: Position
    verification: Verification
    twins: list[Twin]


@strawberry.type(description="An identity check was begun or decided.")
class VerificationChanged:
    position: Position
    verification: Verification


@strawberry.type(description="A twin changed at this position; it is shown as it is now.")
class TwinChanged:
    position: Position
    twin: Twin


def account_feed(clock: Clock) -> Feed:
    """How it is shown. A document's validity ends by the clock, and no event says so."""
    return Feed(
        topics=("account", "twins"),
        snapshot=partial(_snapshot, clock),
        changes=partial(_changes, clock),
    )


def _snapshot(clock: Clock, view: View) -> AccountSnapshot:
    page = twins(view, first=SNAPSHOT_SIZE)
    return AccountSnapshot(
        position=Position(read_position(view)),
        verification=verification(account(view), at=clock()),
        twins=[twin(row, photos(view, row.twin_id)) for row in page.items],
    )


def _changes(
    clock: Clock, view: View, deltas: tuple[Delta, ...]
) -> list[VerificationChanged | TwinChanged]:
    if not deltas:
        return []
    now = verification(account(view), at=clock())
    rows = twins_by_id(view, list({one.subject_id for one in deltas if one.topic == "twins"}))
    shown = {id: twin(row, photos(view, id)) for id, row in rows.items()}
    events: list[VerificationChanged | TwinChanged] = []
    for delta in deltas:
        position = Position(delta.position)
        if delta.topic == "account":
            events.append(VerificationChanged(position=position, verification=now))
        elif delta.subject_id in shown:
            events.append(TwinChanged(position=position, twin=shown[delta.subject_id]))
    return events
