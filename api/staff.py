"""Who may ask what only staff may: for anybody else there is nothing there."""

from api.context import StudioContext
from domain.kernel.role import Role
from domain.refusals import NotFound


async def require_role(context: StudioContext, role: Role) -> None:
    """The viewer acts in this role now. Raises `NotSignedIn`, and `NotFound` for anybody else."""
    session = await context.session()
    if session.role is not role:
        raise NotFound()
