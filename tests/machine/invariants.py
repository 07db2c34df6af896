"""What has to hold of a studio at any time, and at the end of a program."""

import io
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

import msgspec

from adapters.event_store.log import EventLog
from domain.asset import Asset
from domain.bulk_change import BulkChange, BulkChunk
from domain.events import STORED_FORM, aggregate_class
from domain.gallery import Gallery
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import wallet_id
from domain.kernel.stored_form import NoKeys
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.wallet import Wallet
from domain.wallet_state import Account
from processes.audit.export import export
from processes.audit.verify import verify
from processes.reactor.answers import event_of
from tests.machine.read_models import ReadModels
from tests.machine.stage import Stage
from topics.messages.fact import Fact

KEYS = NoKeys()
OUTAGES = frozenset(
    {
        "ProviderUnavailable",
        "OutcomeUnknown",
        "ConcurrentChange",
        "OwnerBusy",
        "PaymentUnexplained",
    }
)
"""What may stop an intent for a while, or until a person looks at it: see who raises these."""


class Broken(AssertionError):
    """A rule does not hold. `name` is the same for the same fault, `detail` is of this case."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name


class Invariants:
    """Reads all facts once, and looks at every aggregate when `check` is called."""

    def __init__(self, stage: Stage, read_models: ReadModels) -> None:
        self._stage = stage
        self._read_models = read_models
        self._read_to = 0
        self._present: dict[UUID, Any] = {}
        self._streams: defaultdict[type[Aggregate], dict[UUID, UUID]] = defaultdict(dict)
        self._accounts: defaultdict[UUID, Counter[Account]] = defaultdict(Counter)

    def projected(self, *, again: int = 0) -> None:
        """The projector reads on."""
        try:
            parked = self._read_models.catch_up(again=again)
        except Exception as error:
            raise Broken(f"the projector raised {type(error).__name__}", repr(error)) from error
        if parked:
            raise Broken("the projector parks an owner", repr(parked))

    def check(self) -> None:
        """Whatever has to hold at any time."""
        for fact in self._stage.facts_after(self._read_to):
            self._read(fact)
            self._read_to = fact.position
        self._load_all()
        self._check_wallets()
        self._check_jobs()
        self._check_snapshots()
        self._check_intents()
        self.projected()
        self._check_read_models()
        self._check_galleries()

    def check_at_the_end(self) -> None:
        """Ten days after the last command, with a reactor at work."""
        for job_id in self._streams[Job]:
            job = self._loaded(Job, job_id)
            if not job.ended:
                raise Broken("a job never ends", f"{job_id} is {job.state}")
        for twin_id in self._streams[Twin]:
            twin = self._loaded(Twin, twin_id)
            if twin.to_delete:
                raise Broken("a deletion is never done", f"{twin_id}: {twin.to_delete}")
        for chunk_id in self._streams[BulkChunk]:
            chunk = self._loaded(BulkChunk, chunk_id)
            if chunk.changed is None and not self._loaded(BulkChange, chunk.change_id).undone:
                raise Broken("a change of many items never ends", f"{chunk_id}")
        shown = [self._read_models.shown_to(owner) for owner in self._owners()]
        self.projected(again=self._read_to)
        if shown != [self._read_models.shown_to(owner) for owner in self._owners()]:
            raise Broken("facts that come again change what is shown", "")
        self._check_read_models()

    def check_audit(self, log: EventLog) -> None:
        """The auditor, who has the exported file and none of our code, finds nothing."""
        out = io.BytesIO()
        export(log.chained(), out, anchor=log.anchor())
        out.seek(0)
        report = verify(out)
        if not report.ok:
            raise Broken("the auditor finds something", repr(report.findings))

    def _read(self, fact: Fact) -> None:
        kind = aggregate_class(fact.event_type)
        self._streams[kind].setdefault(fact.originator_id, fact.owner_id)
        if kind is not Wallet:
            return
        postings = getattr(event_of(fact, STORED_FORM), "postings", ())
        if sum(posting.millicredits for posting in postings):
            raise Broken("postings do not sum to zero", f"position {fact.position}")
        accounts = self._accounts[fact.originator_id]
        for posting in postings:
            accounts[posting.account] += posting.millicredits
        if min(accounts[Account.AVAILABLE], accounts[Account.RESERVED]) < 0:
            raise Broken("a wallet is negative", f"position {fact.position}: {accounts}")

    def _check_wallets(self) -> None:
        for id in self._streams[Wallet]:
            wallet, accounts = self._loaded(Wallet, id), self._accounts[id]
            says = (wallet.available, wallet.reserved, wallet.spent)
            booked = (
                accounts[Account.AVAILABLE],
                accounts[Account.RESERVED],
                accounts[Account.REVENUE],
            )
            if says != booked or min(says) < 0 or any(lot.millicredits < 0 for lot in wallet.lots):
                raise Broken("a wallet is not its postings", f"{id}: {says}, {booked}")

    def _check_jobs(self) -> None:
        open_of: Counter[UUID] = Counter()
        for job_id, owner in self._streams[Job].items():
            job = self._loaded(Job, job_id)
            reserved = self._loaded(Wallet, wallet_id(owner)).reserved_for(job_id)
            if job.ended and reserved:
                raise Broken("a reservation outlives its job", f"{job_id}: {reserved}")
            if not job.ended and reserved != job.quoted_millicredits:
                raise Broken("an open job is not paid for", f"{job_id}: {reserved}")
            open_of[owner] += reserved
        for id, owner in self._streams[Wallet].items():
            wallet = self._loaded(Wallet, id)
            if wallet.reserved != open_of[owner]:
                raise Broken("a reservation has no job", f"{id}: {wallet.reserved}")

    def _check_snapshots(self) -> None:
        for kind in (Wallet, Twin, SourcePhotos):
            for id, owner in self._streams[kind].items():
                loaded: Any = self._loaded(kind, id)
                replayed: Any = None
                for event in self._stage.history(id, owner):
                    replayed = event.mutate(replayed)
                state = replayed.snapshot_state()
                again: Any = kind.from_snapshot(
                    id,
                    replayed.version,
                    msgspec.json.decode(msgspec.json.encode(state), type=type(state)),
                )
                for other in (loaded, again):
                    if (other.snapshot_state(), other.version) != (state, replayed.version):
                        raise Broken("a snapshot is not its replay", f"{kind.__name__} {id}")

    def _check_intents(self) -> None:
        for state in self._stage.failed_intents():
            if state.last_error not in OUTAGES:
                raise Broken(f"{state.intent.reaction} raised {state.last_error}", repr(state))

    def _check_read_models(self) -> None:
        if differences := self._read_models.differences():
            raise Broken("read models differ from a rebuild", repr(differences))

    def _check_galleries(self) -> None:
        twins = self._streams[Twin]
        consents = {id: self._loaded(Twin, id).consent_in_force for id in twins}
        private: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for id, owner in self._streams[Gallery].items():
            private[owner] = self._loaded(Gallery, id).private
        seen: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for asset_id, owner in self._streams[Asset].items():
            asset = self._loaded(Asset, asset_id)
            current = None if asset.twin_id is None else consents[asset.twin_id]
            gone = asset.purge_requested or not asset.released or asset.purge_at is not None
            apart = private[owner].intersection(asset.labels)
            if not gone and not apart and asset.hidden_because(current) is None:
                seen[owner].add(asset_id)
        for owner in self._owners():
            shown = set(self._read_models.shown_to(owner))
            counted = self._read_models.counted_for(owner)
            if counted != len(seen[owner]):
                detail = f"{owner}: {counted}, not {len(seen[owner])}"
                raise Broken("the months count something else", detail)
            complete = len(seen[owner]) > 100 or shown == seen[owner]
            if not complete or not shown <= seen[owner]:
                detail = f"{owner} shown {shown - seen[owner]}, not shown {seen[owner] - shown}"
                raise Broken("a gallery shows something else", detail)

    def _owners(self) -> list[UUID]:
        return list(self._streams[Wallet].values())

    def _load_all(self) -> None:
        ids: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for kind in (Asset, BulkChange, BulkChunk, Gallery, Job, SourcePhotos, Twin, Wallet):
            for id, owner in self._streams[kind].items():
                ids[owner].append(id)
        self._present = {
            aggregate.id: aggregate
            for owner, of_owner in ids.items()
            for aggregate in self._stage.load_all(of_owner, owner)
        }

    def _loaded(self, kind: Any, id: UUID) -> Any:
        found = self._present.get(id)
        if not isinstance(found, kind):
            raise Broken("an aggregate is gone", f"{kind.__name__} {id}")
        return found
