"""A creator withdraws consent: from this save on, nothing of them may be made or released."""

from dataclasses import dataclass
from uuid import UUID

from commands.twin.consent_now import ConsentEpoch
from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class WithdrawConsent:
    """Withdraw everything that was consented to for this twin."""

    twin_id: UUID


def handle(command: WithdrawConsent, work: Work) -> ConsentEpoch:
    """End the epoch and ask for the deletion of all that rests on it, in one save.

    Stopping jobs and hiding pictures are reactions: the epoch fences both until they ran. Raises
    `ConsentMissing`.
    """
    twin = work.load(Twin, command.twin_id)
    twin.withdraw_consent(at=work.now)
    work.save(twin)
    return ConsentEpoch(twin.epoch)
