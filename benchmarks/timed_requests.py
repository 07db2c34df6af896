"""Requests one at a time, timed until they have come somewhere, in turns with bare rounds."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter

import httpx

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from benchmarks.measure import Arrivals, quantile
from commands.ports.intents import PLACES_PER_OWNER
from tests.flow.studio_desk import StudioDesk

REQUESTS = 120
WARM_UP = 10
DRAWS_PER_PERSON = PLACES_PER_OWNER
"""Nobody takes these up, so that a fifth would wait for a place."""
SECRET = bytes(range(32))


@dataclass(frozen=True)
class Taken:
    """Seconds from a request, and from its commit, until it came; and of a bare round."""

    requested: list[float] = field(default_factory=list)
    committed: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Milliseconds, and ratios to the bare round."""
        quantiles = {
            (side, share): quantile(values[WARM_UP:], share)
            for side, values in (
                ("request", self.requested),
                ("commit", self.committed),
                ("baseline", self.bare),
            )
            for share in (0.5, 0.95)
        }
        return {
            **{
                f"{side}_p{round(share * 100)}_ms": value * 1000
                for (side, share), value in quantiles.items()
            },
            "ratio": quantiles["request", 0.95] / quantiles["baseline", 0.95],
            "ratio_p50": quantiles["request", 0.5] / quantiles["baseline", 0.5],
            "ratio_from_commit": quantiles["commit", 0.95] / quantiles["baseline", 0.95],
        }


def timed_requests(desk: StudioDesk, arrivals: Arrivals, bare_round: Callable[[], float]) -> Taken:
    """REQUESTS after WARM_UP more. `bare_round` does one, and says the seconds it took."""
    taken = Taken()
    owner = desk.creator()
    for number in range(WARM_UP + REQUESTS):
        if number % DRAWS_PER_PERSON == 0:
            owner = desk.creator()
        began_s = perf_counter()
        job = desk.draw(None, owner)
        committed_s = perf_counter()
        arrived_s = arrivals.when(job)
        taken.requested.append(arrived_s - began_s)
        taken.committed.append(max(0.0, arrived_s - committed_s))
        taken.bare.append(bare_round())
    return taken


def open_desk(url: str, admin_url: str, stack: ExitStack) -> StudioDesk:
    """A studio whose objects nobody fetches: their URLs are signed, no more."""
    objects = InMemoryObjectStore(Presigner("http://studio.test/objects", SECRET))
    http = stack.enter_context(httpx.Client())
    return StudioDesk(url, admin_url, objects, http, stack, kek=SECRET, args_secret=SECRET)
