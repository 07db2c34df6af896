"""An operator publishes what may be made where. Owner of the command: `SYSTEM`."""

from dataclasses import dataclass
from uuid import UUID

from commands.digest import changing_default
from commands.work import Work
from domain.kernel.identity import POLICY_ID, SYSTEM
from domain.policy import DEFAULT_ROWS, Policy, PolicyRow
from domain.refusals import NotFound


@dataclass(frozen=True)
class PublishPolicy:
    """`version` is the next one; the rows replace those in force. What no row names is denied."""

    version: int
    approvers: tuple[UUID, ...]
    rows: tuple[PolicyRow, ...] = changing_default(DEFAULT_ROWS)


def handle(command: PublishPolicy, work: Work) -> None:
    """Publish a version, on which new jobs and every release rest from now on.

    Raises `VersionNotNext`, `PolicyIncomplete`, `ApprovalMissing`. For any owner but `SYSTEM` there
    is no policy to publish: `NotFound`.
    """
    if work.owner_id != SYSTEM:
        raise NotFound()
    policy = work.find(Policy, POLICY_ID) or Policy.open(at=work.now)
    policy.publish(command.version, command.rows, command.approvers, at=work.now)
    work.save(policy)
