"""What whoever changes a consent is told of it, beside that it was done."""

import msgspec

from domain.consent_text import ConsentScope


class ConsentEpoch(msgspec.Struct, frozen=True):
    """Consent is in force under this epoch, or fenced off by it."""

    epoch: int


class ConsentTicked(msgspec.Struct, frozen=True):
    """All that is ticked now. With nothing left, consent is withdrawn and the epoch a new one."""

    epoch: int
    scope: tuple[ConsentScope, ...]
