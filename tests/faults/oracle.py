"""What must be true of a studio that has come to rest, whatever happened to it before."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg

from adapters.event_store.log import EventLog
from commands.ports.object_store import ObjectStore
from domain.asset import Asset
from domain.asset_kind import AssetKind
from domain.events import STORED_FORM
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import NoKeys, Sealer
from domain.policy import Policy
from domain.rating import Rating
from domain.screening_profile import ScreeningProfile
from domain.twin import Twin
from domain.wallet import Wallet
from processes.audit.claimed_balances import claimed_balances
from processes.audit.export import export
from processes.audit.verify import verify
from projections.rebuild import Rebuild
from tests.faults.effects import doubled_effects

PATIENCE_S = 60.0
LOOK_AGAIN_S = 0.05
JOB_ENDS = (Job.Completed, Job.Failed, Job.Cancelled)


def until(look: Callable[[], Any], what: str, *, patience_s: float = PATIENCE_S) -> Any:
    """Look until there is something, and answer it. Fails the test where nothing comes."""
    never = Event()
    ends_s = monotonic() + patience_s
    while not (found := look()):
        assert monotonic() < ends_s, f"not within {patience_s:.0f} s: {what}"
        never.wait(LOOK_AGAIN_S)
    return found


@dataclass(frozen=True)
class Oracle:
    """Reads everything a studio has stored. `admin_url` is the login that migrates."""

    url: str
    admin_url: str
    events: EventLog
    keys: Sealer
    objects: ObjectStore

    def rest(self) -> None:
        """Wait until every job has ended and the read models have seen it."""
        until(lambda: not self.open_jobs(), "every job ends")
        until(lambda: not self.unseen_events(), "read models are current")

    def check(self) -> None:
        """Everything that must be true, once `rest` has returned."""
        assert not self.open_jobs(), "jobs are open"
        assert not (differences := self.differences()), differences
        self._ledger_adds_up()
        self._each_job_ends_and_is_settled_once()
        assert doubled_effects(self.history()) == []
        self._nothing_is_released_without_every_verdict()
        until(lambda: not self.left_behind(), "nothing is left behind in the store")

    def history(self) -> Iterator[tuple[UUID, Aggregate.Event]]:
        """Every event from zero, with its owner; personal text stays sealed."""
        for fact in self.events.stream():
            yield (
                fact.owner_id,
                STORED_FORM.decode(
                    fact.event_type,
                    fact.originator_id,
                    fact.originator_version,
                    fact.data,
                    NoKeys(),
                ),
            )

    def open_jobs(self) -> set[UUID]:
        """Jobs that were requested and have not ended."""
        requested: set[UUID] = set()
        ended: set[UUID] = set()
        for _, event in self.history():
            if isinstance(event, Job.Requested):
                requested.add(event.originator_id)
            elif isinstance(event, JOB_ENDS):
                ended.add(event.originator_id)
        return requested - ended

    def left_behind(self) -> list[str]:
        """Objects that nobody may need: of ended jobs, of refused pictures, of ended consents."""
        released = {
            rendition.object_key
            for _, event in self.history()
            if isinstance(event, Asset.Released)
            for rendition in event.renditions
        }
        withdrawn: set[UUID] = set()
        for _, event in self.history():
            if isinstance(event, Twin.ConsentWithdrawn):
                withdrawn.add(event.originator_id)
            elif isinstance(event, Twin.ConsentGranted):
                withdrawn.discard(event.originator_id)
        of_withdrawn = tuple(
            f"{kind}/{twin}/" for twin in withdrawn for kind in ("photos", "templates", "adapters")
        )
        return [
            key
            for key in self.objects.keys("")
            if key.startswith("quarantine/")
            or key.startswith(of_withdrawn)
            or (key.startswith("gallery/") and key not in released)
            or (
                key.startswith("uploads/")
                and key.split("/")[2] in {str(twin) for twin in withdrawn}
            )
        ]

    def unseen_events(self) -> int:
        """How many events some read model of their owner has not been told of."""
        with psycopg.connect(self.admin_url) as admin:
            unseen = admin.execute(
                """
                SELECT count(*) FROM events.stored_events AS stored
                  LEFT JOIN
                  (SELECT owner_id, min(position) AS position
                     FROM views.read_to GROUP BY owner_id) AS seen USING (owner_id)
                 WHERE coalesce(seen.position, 0) < stored.notification_id
                """
            ).fetchone()
        assert unseen is not None
        return int(unseen[0])

    def differences(self) -> tuple[object, ...]:
        """Where the read models are not what a replay from event zero makes."""
        rebuild = Rebuild(
            lambda: psycopg.connect(self.admin_url, autocommit=True), STORED_FORM, self.keys
        )
        return tuple(rebuild.compare(self.events.stream))

    def _ledger_adds_up(self) -> None:
        ledger = io.BytesIO()
        export(self.events.chained(), ledger, anchor=self.events.anchor())
        ledger.seek(0)
        report = verify(ledger, claimed=claimed_balances(self.url))
        assert report.ok, report.findings
        assert not [owner for owner, held in report.balances.items() if held.reserved], "reserved"

    def _each_job_ends_and_is_settled_once(self) -> None:
        ends: Counter[UUID] = Counter()
        reserved: Counter[UUID] = Counter()
        returned: Counter[UUID] = Counter()
        reservations: Counter[UUID] = Counter()
        for _, event in self.history():
            match event:
                case Job.Completed() | Job.Failed() | Job.Cancelled():
                    ends[event.originator_id] += 1
                case Wallet.Reserved():
                    reservations[event.job_id] += 1
                    reserved[event.job_id] += event.millicredits
                case Wallet.Captured() | Wallet.Released() | Wallet.Expired():
                    returned[event.job_id] += event.millicredits
                case _:
                    continue
        assert set(ends.values()) <= {1}, "a job ended twice"
        assert set(reservations.values()) <= {1}, "a job was paid for twice"
        assert reservations.keys() == ends.keys(), "a job without a reservation, or without an end"
        assert returned == reserved, "a reservation that was not settled exactly"

    def _nothing_is_released_without_every_verdict(self) -> None:
        rows: dict[tuple[str, Rating, ScreeningProfile], Any] = {}
        for _, event in self.history():
            if isinstance(event, Policy.Published):
                rows = {(row.engine, row.rating, row.screening): row for row in event.rows}
            if isinstance(event, Asset.Released):
                required = rows[event.engine, event.rating, _looked_at(event)].checks_for(
                    event.twin_id
                )
                passed = {check.check for check in event.checks if check.passed is True}
                assert set(required) <= passed, set(required) - passed
                are_there = all(
                    self.objects.head(rendition.object_key) is not None
                    for rendition in event.renditions
                )
                assert are_there or self._may_be_gone(event), "a released file is gone"

    def _may_be_gone(self, released: Asset.Released) -> bool:
        return any(
            isinstance(event, Asset.PurgeRequested)
            for _, event in self.history()
            if event.originator_id == released.originator_id
        )


def _looked_at(released: Asset.Released) -> ScreeningProfile:
    moves = released.kind is AssetKind.VIDEO
    return ScreeningProfile.CLIPS if moves else ScreeningProfile.PICTURES
