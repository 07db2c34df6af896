"""Everything that one look at the database tells."""

from dataclasses import dataclass

from processes.survey.connections import Connections
from processes.survey.lags import Lags, lags
from processes.survey.ledger import LedgerLook, LedgerWalk
from processes.survey.open_work import OpenWork, open_work
from processes.survey.parking import Parked, parking
from processes.survey.presence import There, presence


@dataclass(frozen=True)
class Survey:
    """The studio as its database shows it. Counts, ages and names of kinds: nobody's."""

    lags: Lags
    work: OpenWork
    parked: tuple[Parked, ...]
    ledger: LedgerLook
    there: tuple[There, ...] = ()


class Surveyor:
    """Looks by `connections` of `writer` and `projector`. Used by one thread at a time."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._walk = LedgerWalk()

    def look(self) -> Survey:
        """Look now. Raises psycopg's errors."""
        return Survey(
            lags=lags(self._connections),
            work=open_work(self._connections),
            parked=parking(self._connections),
            ledger=self._walk.look(self._connections),
            there=presence(self._connections),
        )
