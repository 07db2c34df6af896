"""Where the viewer is signed in."""

from datetime import datetime

import strawberry

from api.ids import global_id
from commands.ports.open_sessions import OpenSession


@strawberry.type(name="Session", description="One open session of the viewer.")
class SessionOfViewer:
    id: strawberry.ID
    browser: str | None = strawberry.field(
        description="What it was opened with, such as Firefox. Null for a program of another kind."
    )
    system: str | None
    opened_at: datetime
    last_seen_at: datetime = strawberry.field(description="To within a few minutes.")
    is_this_one: bool = strawberry.field(description="Whether it is the one that asks.")


def session_of_viewer(found: OpenSession) -> SessionOfViewer:
    """A session as its person sees it."""
    return SessionOfViewer(
        id=global_id("Session", found.session_id),
        browser=found.device.browser,
        system=found.device.system,
        opened_at=found.opened_at,
        last_seen_at=found.last_seen_at,
        is_this_one=found.is_this,
    )
