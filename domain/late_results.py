"""Which late results of a job are worth an event: whoever reports without end fills no log."""

from uuid import UUID

DISCARDS_MAX = 32
"""Claims of one job whose late results are deleted by an event of their own. Each attempt is given
to one claim, each screening to two or three where messages come twice. What more there may be of a
job goes with its end: everything that was not released is deleted then, and once more later."""


class LateResults:
    """What a job remembers of the claims on it, as its events say."""

    given_claims: frozenset[tuple[int, UUID]] = frozenset()
    discarded_claims: frozenset[UUID] = frozenset()

    def leaves_bytes(self, attempt: int, claim_id: UUID, *, signed: bool = False) -> bool:
        """Whether bytes of this claim may lie there that nothing was asked to delete yet.

        A worker that was not given the attempt was given no place to write to either. Who screens
        (`signed`) is not recorded.
        """
        given = signed or (attempt, claim_id) in self.given_claims
        room = len(self.discarded_claims) < DISCARDS_MAX
        return given and room and claim_id not in self.discarded_claims
