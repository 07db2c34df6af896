"""Everything that one look at the database tells."""

from dataclasses import dataclass

from queries.survey.connections import Connections
from queries.survey.lags import Lags, lags
from queries.survey.ledger import LedgerLook, LedgerWalk
from queries.survey.open_work import OpenWork, open_work
from queries.survey.parking import Parked, parking
from queries.survey.presence import There, presence


@dataclass(frozen=True)
class Survey:
    """The studio as its database shows it. Counts, ages and names of kinds: nobody's."""

    lags: Lags
    work: OpenWork
    parked: tuple[Parked, ...]
    ledger: LedgerLook
    there: tuple[There, ...] = ()


class Surveyor:
    """Looks by `connections` of `writer` and `projector`. Used by one thread at a time.

    `partitions` are those of the topic of facts: the projector has a place in each.
    """

    def __init__(self, connections: Connections, *, partitions: int) -> None:
        self._connections = connections
        self._partitions = partitions
        self._walk = LedgerWalk()

    def look(self) -> Survey:
        """Look now. Raises psycopg's errors."""
        return Survey(
            lags=lags(self._connections, partitions=self._partitions),
            work=open_work(self._connections),
            parked=parking(self._connections),
            ledger=self._walk.look(self._connections),
            there=presence(self._connections),
        )
