"""How often the recorder tries what it could not do."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class ParkingPace:
    """How often what failed is tried again, in seconds.

    `in_place_delays_s`: before each further try on the spot, while everybody waits; so they are
    short, and one batch pauses for about `in_place_max_s` at most. `retry_min_s` doubles with every
    later try, up to `retry_max_s`. `lease_s`: how long one
    try may take before another process may try as well. `look_s`: how often it is asked what is
    due. `claim_tries_max`: a claim comes again every few seconds, which is its backoff.
    """

    in_place_delays_s: tuple[float, ...] = (0.05, 0.2)
    in_place_max_s: float = 2.0
    retry_min_s: float = 1.0
    retry_max_s: float = 600.0
    lease_s: float = 60.0
    look_s: float = 1.0
    retries_a_turn_max: int = 50
    retries_turn_s: float = 5.0
    claim_tries_max: int = 4

    def due(self, attempts: int, at: datetime) -> datetime:
        """When to try again what was tried so often."""
        doublings = min(max(attempts - 1, 0), 30)
        return at + timedelta(seconds=min(self.retry_min_s * 2**doublings, self.retry_max_s))
