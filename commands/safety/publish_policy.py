"""An operator publishes what may be made where. Owner of the command: `SYSTEM`."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

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


class PolicyPublished(msgspec.Struct, frozen=True):
    """New jobs and every release rest on this version from now on."""

    version: int


def handle(command: PublishPolicy, work: Work) -> PolicyPublished:
    """Publish a version, opening the policy for the first.

    Raises `VersionNotNext`, `PolicyIncomplete`, `ApprovalMissing`. For any owner but `SYSTEM` there
    is no policy to publish: `NotFound`.
    """
    if work.owner_id != SYSTEM:
        raise NotFound()
    policy = work.find(Policy, POLICY_ID) or Policy.open(at=work.now)
    policy.publish(command.version, command.rows, command.approvers, at=work.now)
    work.save(policy)
    return PolicyPublished(command.version)
