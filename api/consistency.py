"""Reading one's own writes: waiting until the read models have come to a position."""

from anyio.to_thread import run_sync

from api.context import StudioContext
from api.refusals import NotConsistentYet, ReadModelParked
from commands.ports.accounts import Session
from queries.read_position import ReadModelsParked, read_until
from queries.viewer import as_viewer

WAIT_MAX_S = 5.0
LOOK_AGAIN_S = 0.5
"""A watermark, or a wake-up that was lost, is noticed after this."""


async def until_visible(
    context: StudioContext, session: Session, position: int, *, wait_max_s: float = WAIT_MAX_S
) -> None:
    """Wait, holding neither thread nor connection. Raises `NotConsistentYet` after `wait_max_s`.

    Raises `ReadModelParked` at once where waiting is in vain.
    """
    parts = context.parts
    deadline_s = parts.monotonic_s() + wait_max_s
    with parts.feed.joined(session.person_id) as waker:
        while (reached := await run_sync(_read_to, context, session, position)) < position:
            remaining_s = deadline_s - parts.monotonic_s()
            if remaining_s <= 0:
                raise NotConsistentYet(position - reached)
            await waker.wait(min(remaining_s, LOOK_AGAIN_S))


def _read_to(context: StudioContext, session: Session, position: int) -> int:
    connections = context.parts.connections
    with as_viewer(connections, session.person_id, session.role) as view:
        try:
            return read_until(view, position)
        except ReadModelsParked:
            raise ReadModelParked() from None
