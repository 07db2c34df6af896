"""Found to be under age → withdraw every consent, and with it whatever rests on one."""

from uuid import UUID

from commands.twin.withdraw_all_consents import WithdrawAllConsents
from domain.person import Person


def react(event: Person.VerificationDeclined, owner_id: UUID) -> WithdrawAllConsents | None:
    """A check that merely proved nothing takes nothing away."""
    return WithdrawAllConsents() if event.under_age else None
