"""Checks an exported ledger offline: `python verify.py ledger.jsonl --head LINK`.

This one file needs Python's standard library and nothing of ours, so an auditor can read it, copy
it and run it anywhere. It hashes every event again, walks the chain, executes the accounting rules
again without the code that wrote the events, and computes every balance. The rules:

1. A digest covers position, time, class and content of a row; a link covers the link before it. No
   row is missing, repeated or out of order, and none was recorded before the row before it.
2. A row of the ledger shows its content: owner, id, version, type and bytes of its event. Whose
   class is `ledger` and shows none, hides something.
3. Rows of an earlier release are covered by the anchor behind them.
4. The postings of an event sum to zero and are exactly those its meaning requires.
5. Nothing available or reserved is ever negative.
6. A purchase is of a package that was on sale, for its price and its credits.
7. Credits appear once per confirmed payment, for the amount of a purchase that was started, once
   and in one wallet, or as a promotion, which expires.
8. A reservation is made once per job, in one wallet, draws promotions that expire first, and ends
   exactly once: what is captured and what is released are together what was reserved.
9. A capture cites a job for which credits are reserved.
10. Times name their offset from UTC, and run backwards in no wallet.

What it cannot see: whoever computes every digest and link again, and breaks no rule, has another
ledger that is as good. Only a link that was noted before, and kept elsewhere, tells them apart.
"""

import argparse
import json
import re
import sys
from base64 import b64decode
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import IO, Any, NamedTuple
from uuid import UUID, uuid5

FORMAT = "suite.ledger.v2"
FORMAT_OF_BEFORE = "suite.ledger.v1"
FINDINGS_MAX = 100
"""A broken link breaks what follows: nobody reads the thousandth finding."""

LINE_LENGTH_MAX = 256 * 1024
"""An event has at most 64 KiB, its base64 a third more."""

DETAIL_LENGTH_MAX = 300
AMOUNT_MAX = 2**63 - 1
"""More than any database column holds; an auditor's integers would go on."""

CLOCKS_APART_MAX = timedelta(minutes=5)
"""How far apart the clocks of two machines may be that write one wallet, one after the other."""

RECORDED_LATE_MAX = timedelta(hours=1)
"""How long after a purchase was started it may be recorded: it waits for seconds, if at all."""

NO_LINK = bytes(32)
SYSTEM = "00000000-0000-5000-8000-000000000000"
PRICE_LIST_ID = str(uuid5(UUID(SYSTEM), "price-list"))
LEDGER = b"ledger"

_ROW = re.compile(
    rb'\{"position":([1-9][0-9]{0,17}),"recorded_at_us":([0-9]{1,18}),"class":"(ledger|other)",'
    rb'"content":"([0-9a-f]{64})"(?:,"digest":"([0-9a-f]{64})")?,"link":"([0-9a-f]{64})"'
    rb'(?:,"owner":"(.{36})","id":"(.{36})","version":([1-9][0-9]{0,17}),'
    rb'"type":"([a-z.-]{1,100})",(?:"data":(\{.*\})|"base64":"([A-Za-z0-9+/=]*)"))?\}\n?',
    re.DOTALL,
)
"""The one way in which a row is written. What is hashed as `data` is what is read."""

_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EIGHT = (8).to_bytes(4, "big")
_PLACE = Struct(">18sq4sq").pack
_CLASS = {
    class_: len(class_).to_bytes(4, "big") + class_ + (32).to_bytes(4, "big")
    for class_ in (b"ledger", b"other")
}
_VERSION_AND_TYPE_LENGTH = Struct(">IqI").pack
_LENGTH = Struct(">I").pack


class Finding(NamedTuple):
    """One rule that does not hold, and where. Position and line 0 are the file as a whole."""

    position: int
    rule: str
    detail: str
    line: int = 0


class Balance(NamedTuple):
    """Millicredits of one owner after the event at `position`."""

    available: int
    reserved: int
    spent: int
    position: int


@dataclass(frozen=True)
class VerificationReport:
    """What was checked and what was found. `balances` are by owner, as of the position asked for.

    `accounts` are the sums of all postings by account. `findings` are the first;
    `findings_in_all` counts them all. `notes` say what this check could not see.
    """

    rows: int
    ledger_rows: int
    head_position: int
    head_link: str
    balances: Mapping[str, Balance]
    accounts: Mapping[str, int]
    findings: tuple[Finding, ...]
    findings_in_all: int = 0
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every rule holds."""
        return not self.findings


class _Broken(Exception):
    """A rule that one event breaks: (rule, detail)."""


def verify(
    lines: Iterable[bytes],
    *,
    as_of: int | None = None,
    expected_head: str | None = None,
    claimed: Mapping[str, Balance] | None = None,
) -> VerificationReport:
    """Check an export, line by line. Raises nothing: whatever is wrong is a finding.

    `as_of` ends the accounting (not the chain) after that position. `expected_head` is a link noted
    earlier, in hex: it must occur, so history before it cannot have been rewritten. `claimed` are
    balances that somebody else computed, such as the read model's, by owner.
    """
    audit = _Audit(as_of, expected_head, claimed or {})
    audit.read(lines)
    return audit.report()


def verify_file(
    path: Path,
    *,
    as_of: int | None = None,
    expected_head: str | None = None,
    claimed: Mapping[str, Balance] | None = None,
) -> VerificationReport:
    """As `verify`; a file that cannot be read is a finding, too."""
    audit = _Audit(as_of, expected_head, claimed or {})
    try:
        with path.open("rb") as file:
            audit.read(_lines(file))
    except (OSError, ValueError) as error:
        audit.unreadable(error)
    return audit.report()


@dataclass(slots=True)
class _Wallet:
    """One owner's credits, computed again from the events."""

    owner: str
    available: int = 0
    reserved: int = 0
    spent: int = 0
    position: int = 0
    purchased: int = 0
    held: int = 0
    latest: datetime = datetime(1, 1, 1, tzinfo=UTC)
    purchases: dict[str, tuple[int, str]] = field(default_factory=dict)
    lots: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    reservations: dict[str, list[tuple[str | None, int]]] = field(default_factory=dict)
    half_ended: str | None = None

    @property
    def balance(self) -> Balance:
        return Balance(self.available, self.reserved, self.spent, self.position)


@dataclass(slots=True)
class _Stream:
    """One aggregate of the ledger. `prefix` begins what is hashed of each of its events."""

    id: str
    owner: str | None
    prefix: bytes
    version: int = 0
    wallet: _Wallet | None = None


@dataclass(frozen=True)
class _Ended:
    """Until when an offer was accepted, by the clock of whoever bought and by that of the log."""

    until: datetime
    recorded_until_us: int


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


class _Audit:
    def __init__(
        self, as_of: int | None, expected_head: str | None, claimed: Mapping[str, Balance]
    ) -> None:
        self._as_of = as_of
        self._noted: bytes | None = None
        self._noted_at: int | None = None
        self._claimed = claimed
        self._findings: list[Finding] = []
        self._findings_in_all = 0
        self._line_number = self._rows = self._ledger_rows = self._position = 0
        self._recorded_at_us = 0
        self._link = self._commitment = NO_LINK
        self._is_old = False
        self._anchor: int | None = None
        self._format: str | None = None
        self._footer_seen = False
        self._streams: dict[bytes, _Stream] = {}
        self._at_claim: dict[str, Balance] = {}
        self._accounts: dict[str, int] = {}
        self._purchases: set[str] = set()
        self._payments: set[str] = set()
        self._jobs: set[str] = set()
        self._prices = 0
        self._prices_earliest = datetime(1, 1, 1, tzinfo=UTC)
        self._on_sale: dict[tuple[str, int, int, str], _Ended | None] = {}
        if expected_head is not None:
            self._note(expected_head)

    def _note(self, head: str) -> None:
        try:
            self._noted = unhexlify(head.strip())
        except ValueError:
            self._noted = b""
        if len(self._noted) != len(NO_LINK):
            self._found("chain", "the link noted earlier is none: it has 64 digits, 0 to 9, a to f")
        if self._noted == NO_LINK:
            self._noted_at = 0

    def read(self, lines: Iterable[bytes]) -> None:
        for self._line_number, line in enumerate(lines, start=1):
            try:
                self._line(line)
            except _Broken as broken:
                self._found(*broken.args)
            except Exception as error:
                # Whatever a line does to its reader is the line's fault.
                self._found("format", f"{type(error).__name__}: {error}")

    def unreadable(self, error: Exception) -> None:
        said = error.strerror if isinstance(error, OSError) else "no path"
        self._found("file", f"cannot be read: {said}")

    def report(self) -> VerificationReport:
        head_position, self._position, self._line_number = self._position, 0, 0
        if not self._footer_seen:
            self._found("format", "the last line is missing: the file was cut off")
        if self._noted is not None and self._noted_at is None:
            self._found("chain", "the link noted earlier does not occur: history was rewritten")
        wallets = [stream.wallet for stream in self._streams.values() if stream.wallet is not None]
        for wallet in wallets:
            if wallet.half_ended is not None:
                self._found("reservation", f"job {wallet.half_ended} is only partly settled")
        balances = {wallet.owner: wallet.balance for wallet in wallets}
        self._compare_claims(balances)
        return VerificationReport(
            rows=self._rows,
            ledger_rows=self._ledger_rows,
            head_position=head_position,
            head_link=self._link.hex(),
            balances=balances,
            accounts=self._accounts,
            findings=tuple(self._findings),
            findings_in_all=self._findings_in_all,
            notes=tuple(self._notes()),
        )

    def _compare_claims(self, balances: Mapping[str, Balance]) -> None:
        for owner, claim in self._claimed.items():
            if self._as_of is not None and claim.position > self._as_of:
                continue
            computed = self._at_claim.get(owner)
            if computed != claim:
                self._position = claim.position
                self._found("read-model", f"owner {owner}: {claim} ≠ {computed}")
        if self._claimed:
            for owner, balance in balances.items():
                if owner not in self._claimed and (balance.available or balance.reserved):
                    self._position = balance.position
                    self._found("read-model", f"owner {owner} is missing")

    def _notes(self) -> Iterator[str]:
        if self._noted is None:
            yield (
                "no link noted earlier was given: whoever wrote all of this anew, and broke no "
                "rule, is not noticed. Note the head below, and keep it where they cannot write."
            )
        if self._format == FORMAT_OF_BEFORE:
            yield (
                f"{FORMAT_OF_BEFORE} covers neither owner nor time, and a row that shows no "
                "content may have been the ledger's: export again to see."
            )
        elif self._anchor and self._noted_at is not None and self._noted_at <= self._anchor:
            yield (
                "the link noted earlier stands before the anchor: owners, times and classes of the "
                f"rows up to {self._anchor} rest on the anchor alone. Note a later head."
            )
        elif self._noted_at is not None and self._noted_at < self._rows:
            yield (
                f"the link noted earlier stands at position {self._noted_at}: whoever wrote what "
                "follows it anew, or cut it off, and broke no rule, is not noticed. Note the head."
            )

    def _found(self, rule: str, detail: str) -> None:
        self._findings_in_all += 1
        if len(self._findings) < FINDINGS_MAX:
            shown = detail if len(detail) <= DETAIL_LENGTH_MAX else detail[:DETAIL_LENGTH_MAX] + "…"
            self._findings.append(Finding(self._position, rule, shown, self._line_number))

    def _line(self, line: bytes) -> None:
        if len(line) > LINE_LENGTH_MAX:
            raise _Broken("format", f"longer than {LINE_LENGTH_MAX} bytes")
        if self._format == FORMAT and not self._footer_seen:
            shown = _ROW.fullmatch(line)
            if shown is not None:
                self._row(shown)
                return
        content = _json(line.decode())
        if self._footer_seen:
            raise _Broken("format", "lines behind the last line")
        if self._format is None:
            self._format = str(content.get("format"))
            if self._format not in (FORMAT, FORMAT_OF_BEFORE):
                raise _Broken("format", f"neither {FORMAT} nor {FORMAT_OF_BEFORE}")
        elif "rows" in content:
            self._footer(content)
        elif self._format != FORMAT:
            self._row_of_before(content)
        elif "anchor" in content:
            self._anchored(content)
        else:
            raise _Broken("format", "no row as `suite audit export` writes it")

    def _footer(self, content: dict[str, Any]) -> None:
        self._footer_seen = True
        if self._is_old:
            self._found("chain", "the anchor behind the rows of an earlier release is missing")
        if (content["rows"], content["head"]) != (self._rows, self._link.hex()):
            raise _Broken("chain", "the last line names another number of rows or another head")

    def _row(self, shown: re.Match[bytes]) -> None:
        (
            place,
            at,
            class_,
            content_hex,
            old_digest,
            link,
            owner,
            id,
            version,
            kind,
            data,
            base64,
        ) = shown.groups()
        at_us, content = int(at), unhexlify(content_hex)
        self._place(int(place))
        place_and_time = _PLACE(b"suite.event.v2" + _EIGHT, self._position, _EIGHT, at_us)
        digest = sha256(place_and_time + _CLASS[class_] + content).digest()
        if old_digest is not None or self._is_old:
            self._link_old(digest, old_digest, unhexlify(link))
        else:
            if at_us < self._recorded_at_us:
                self._found("time", "recorded before the row before it")
            self._follow(sha256(b"suite.link.v2" + self._link + digest).digest(), unhexlify(link))
        self._recorded_at_us = at_us
        if id is None:
            if class_ == LEDGER:
                self._found("withheld", "a row of the ledger shows no content")
            return
        self._ledger_rows += 1
        if class_ != LEDGER:
            self._found("class", "shows content that is not the ledger's")
        event_bytes = b64decode(base64, validate=True) if data is None else data
        stream = self._stream(id, owner)
        number = int(version)
        framed = _framed(number, kind, event_bytes)
        if sha256(stream.prefix + framed).digest() != content:
            self._found("digest", "the content is not what was hashed")
        if old_digest is not None and _old_digest(stream.id, framed).hex() != old_digest.decode():
            self._found("digest", "the content is not what was hashed at first")
        if data is None:
            raise _Broken("format", "the bytes are no event")
        self._read_event(stream, number, kind, data)

    def _place(self, position: int) -> None:
        expected, self._position = self._position + 1, position
        self._rows += 1
        if position != expected:
            self._found("order", f"follows {expected - 1}")

    def _follow(self, expected: bytes, link: bytes) -> None:
        self._link = link
        if link != expected:
            self._found("chain", "does not follow from the row before")
        if link == self._noted:
            self._noted_at = self._position

    def _link_old(self, digest: bytes, old_digest: bytes | None, link: bytes) -> None:
        if self._rows == 1:
            self._is_old = True
        if old_digest is None or not self._is_old:
            self._is_old = False
            self._follow(b"", link)
            raise _Broken("chain", "rows of an earlier release come first, then their anchor")
        self._commitment = sha256(b"suite.commitment.v2" + self._commitment + digest).digest()
        self._follow(_old_link(self._link, unhexlify(old_digest)), link)

    def _anchored(self, content: dict[str, Any]) -> None:
        if not self._is_old:
            raise _Broken("chain", "an anchor, and no rows of an earlier release before it")
        self._is_old, self._anchor = False, self._position
        place = self._position.to_bytes(8, "big")
        framed = b"".join(
            len(part).to_bytes(4, "big") + part for part in (place, self._link, self._commitment)
        )
        committed = (self._position, self._commitment.hex())
        if (content["anchor"], content["commitment"]) != committed:
            self._found("chain", "the rows before the anchor are not those it commits to")
        self._follow(sha256(b"suite.anchor.v2" + framed).digest(), unhexlify(content["link"]))

    def _row_of_before(self, row: dict[str, Any]) -> None:
        position = row["position"]
        if not _is_amount(position):
            raise _Broken("format", "a position is a whole number from 1 on")
        digest = unhexlify(row["digest"])
        self._place(position)
        self._follow(_old_link(self._link, digest), unhexlify(row["link"]))
        if "data" not in row:
            return
        self._ledger_rows += 1
        version, kind = row["version"], row["type"].encode()
        data = b64decode(row["data"], validate=True)
        if not _is_amount(version):
            raise _Broken("format", "a version is a whole number from 1 on")
        stream = self._stream(row["id"].encode(), None)
        framed = _framed(version, kind, data)
        if _old_digest(stream.id, framed) != digest:
            self._found("digest", "the content is not what was hashed")
        self._read_event(stream, version, kind, data)

    def _stream(self, id: bytes, owner: bytes | None) -> _Stream:
        stream = self._streams.get(id)
        if stream is None:
            its = None if owner is None else _canonical(owner.decode())
            name = _canonical(id.decode())
            stream = _Stream(name, its, b"" if its is None else _stream_prefix(its, name))
            self._streams[id] = stream
        elif owner is not None and owner.decode() != stream.owner:
            raise _Broken("owner", "an aggregate keeps its owner")
        return stream

    def _read_event(self, stream: _Stream, version: int, kind: bytes, data: bytes) -> None:
        if self._as_of is not None and self._position > self._as_of:
            return
        before, stream.version = stream.version, version
        if version != before + 1:
            self._found("order", f"version {version} follows {before}")
        event = _json(data.decode())
        if event["v"] != 1:
            raise _Broken("format", f"version {event['v']} is newer than this verifier")
        entry = _ENTRIES.get(kind)
        if entry is not None:
            self._enter(stream, entry, event)
        elif kind == b"price-list.opened":
            self._require_price_list(stream)
        elif kind == b"price-list.published":
            self._require_price_list(stream)
            self._publish(event)
        else:
            raise _Broken("format", f"{kind.decode()} is unknown to this verifier")

    def _require_price_list(self, stream: _Stream) -> None:
        if stream.id != PRICE_LIST_ID or stream.owner not in (None, SYSTEM):
            raise _Broken("owner", "there is one price list, and it is nobody's")

    def _publish(self, event: dict[str, Any]) -> None:
        at, accepted_until = _time(event["timestamp"]), _time(event["accepted_until"])
        if at < self._prices_earliest:
            self._found("time", "prices of before the prices before them")
        self._prices_earliest = max(self._prices_earliest, at - CLOCKS_APART_MAX)
        before, self._prices = self._prices, event["version"]
        offers = {
            (p["id"], p["millicredits"], p["price_minor_units"], p["currency"]): None
            for p in event["packages"]
        }
        # Who chose a package while these prices were being published was offered the former ones.
        until = max(accepted_until, at + CLOCKS_APART_MAX)
        over = _Ended(until, self._recorded_at_us + _microseconds(until - at + RECORDED_LATE_MAX))
        for offer, ended in self._on_sale.items():
            self._on_sale[offer] = over if ended is None else ended
        self._on_sale.update(offers)
        if self._prices != before + 1:
            raise _Broken("order", f"price list {self._prices} follows {before}")

    def _enter(self, stream: _Stream, entry: "_Entry", event: dict[str, Any]) -> None:
        wallet = stream.wallet
        if wallet is None:
            wallet = self._open(stream, entry, event)
        elif entry.rule is _Audit.opened:
            raise _Broken("order", "a wallet is opened once, and first")
        wallet.position = self._position
        at = _time(event["timestamp"])
        if at >= wallet.latest:
            wallet.latest = at
        elif wallet.latest - at > CLOCKS_APART_MAX:
            self._found("time", "runs backwards in this wallet")
        try:
            if entry.source is not None or "postings" in event:
                self._post(wallet, entry, event)
            entry.rule(self, wallet, event, at)
        finally:
            if wallet.available < 0 or wallet.reserved < 0:
                self._found("balance", f"owner {wallet.owner} is overdrawn: {wallet.balance}")
            if wallet.held != wallet.reserved:
                self._found("balance", f"{wallet.held} are held, {wallet.reserved} are posted")
            if self._claimed:
                claim = self._claimed.get(wallet.owner)
                if claim is not None and claim.position == self._position:
                    self._at_claim[wallet.owner] = wallet.balance

    def _open(self, stream: _Stream, entry: "_Entry", event: dict[str, Any]) -> _Wallet:
        if entry.rule is not _Audit.opened:
            raise _Broken("order", "a wallet is opened once, and first")
        owner = _canonical(event["owner_id"])
        if str(uuid5(UUID(owner), "wallet")) != stream.id or stream.owner not in (None, owner):
            raise _Broken("owner", "this wallet is not its owner's")
        stream.wallet = _Wallet(owner)
        return stream.wallet

    def _post(self, wallet: _Wallet, entry: "_Entry", event: dict[str, Any]) -> None:
        source, target = entry.source, entry.target
        if source is None or target is None:
            raise _Broken("postings", "an event that moves nothing has none")
        amount, postings = event["millicredits"], event["postings"]
        if not _is_amount(amount):
            raise _Broken("postings", "the amount is not a whole number from 1 on")
        if postings == [
            {"account": source, "millicredits": -amount},
            {"account": target, "millicredits": amount},
        ]:
            self._accounts[source] = self._accounts.get(source, 0) - amount
            self._accounts[target] = self._accounts.get(target, 0) + amount
            wallet.available += entry.available * amount
            wallet.reserved += entry.reserved * amount
            wallet.spent += entry.spent * amount
            return
        for posting in postings:
            account, moved = posting["account"], posting["millicredits"]
            if type(moved) is not int or abs(moved) > AMOUNT_MAX:
                raise _Broken("postings", "an amount is not a whole number")
            self._accounts[account] = self._accounts.get(account, 0) + moved
            wallet.available += moved if account == "available" else 0
            wallet.reserved += moved if account == "reserved" else 0
            wallet.spent += moved if account == "revenue" else 0
        if sum(posting["millicredits"] for posting in postings) != 0:
            self._found("postings", "do not sum to zero")
        self._found("postings", f"are not {amount} from {source} to {target}")

    def opened(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        """An empty wallet: there is nothing to check but its owner, which was."""

    def purchase_started(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        purchase, amount = event["purchase_id"], event["millicredits"]
        if purchase in self._purchases:
            raise _Broken("payment", "this purchase was started before")
        self._purchases.add(purchase)
        if not _is_amount(amount):
            raise _Broken("payment", "a purchase of nothing")
        wallet.purchases[purchase] = (amount, "started")
        offer = (event["package"], amount, event["price_minor_units"], event["currency"])
        if offer not in self._on_sale:
            raise _Broken("price", f"{offer} was never on sale")
        ended = self._on_sale[offer]
        if ended is None:
            return
        # What a purchase says of its own time is its writer's; what was recorded is the log's.
        is_late = self._recorded_at_us > ended.recorded_until_us and not self._is_old
        if at > ended.until or is_late:
            raise _Broken("price", f"{offer} was not on sale any more")

    def payment_hinted(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        _purchase(wallet, event)

    def purchase_failed(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        amount, state = _purchase(wallet, event)
        if state != "started":
            raise _Broken("payment", f"a purchase failed after it was {state}")
        wallet.purchases[event["purchase_id"]] = (amount, "failed")

    def credited(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        wallet.purchased += event["millicredits"]
        amount, state = _purchase(wallet, event)
        if state == "credited":
            raise _Broken("payment", "credited twice for one purchase")
        wallet.purchases[event["purchase_id"]] = (amount, "credited")
        reference = event["payment_reference"]
        if not reference or reference in self._payments:
            raise _Broken("payment", "credited twice for one payment, or for none")
        self._payments.add(reference)
        if amount != event["millicredits"]:
            raise _Broken("payment", f"{event['millicredits']} credited, {amount} bought")

    def promoted(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        known = event["grant_id"] in wallet.lots
        expires_at = _time(event["expires_at"])
        wallet.lots[event["grant_id"]] = (expires_at, event["millicredits"])
        if known or expires_at <= at:
            raise _Broken("promotion", "granted twice, or expired when it was granted")

    def promotion_expired(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        expires_at, left = wallet.lots.get(event["grant_id"], (None, 0))
        if expires_at is None:
            raise _Broken("promotion", "expired without having been granted")
        wallet.lots[event["grant_id"]] = (expires_at, left - event["millicredits"])
        if left != event["millicredits"] or expires_at > at:
            raise _Broken("promotion", "expired too early, or not for what was left of it")

    def reserved(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        self._require_whole(wallet)
        job = event["job_id"]
        if not job or job in self._jobs:
            raise _Broken("reservation", f"job {job} reserves twice")
        self._jobs.add(job)
        sources: list[tuple[str | None, int]] = [(None, wallet.purchased)]
        if wallet.lots:
            lots = sorted((expiry, lot, left) for lot, (expiry, left) in wallet.lots.items())
            sources[:0] = [(lot, left) for expiry, lot, left in lots if expiry > at]
        draws, _ = _split(sources, event["millicredits"])
        given = _draws(event)
        wallet.reservations[job] = given
        _return(wallet, given, -1)
        if given != draws:
            raise _Broken("reservation", f"job {job} draws {given}, the rules say {draws}")

    def captured(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        self._require_whole(wallet)
        draws = _reservation(wallet, event)
        taken, rest = _split(draws, event["millicredits"])
        wallet.held -= _total(taken)
        if rest:
            wallet.reservations[event["job_id"]] = rest
            wallet.half_ended = event["job_id"]
        else:
            del wallet.reservations[event["job_id"]]
        if taken != _draws(event):
            raise _Broken("reservation", f"job {event['job_id']} captures what it did not reserve")

    def released(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        if wallet.half_ended not in (None, event["job_id"]):
            self._require_whole(wallet)
        wallet.half_ended = None
        self._all_comes_back(wallet, event)

    def expired(self, wallet: _Wallet, event: dict[str, Any], at: datetime) -> None:
        self._require_whole(wallet)
        self._all_comes_back(wallet, event)

    def _require_whole(self, wallet: _Wallet) -> None:
        job, wallet.half_ended = wallet.half_ended, None
        if job is not None:
            self._found("reservation", f"job {job} is only partly settled")

    def _all_comes_back(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        draws = _reservation(wallet, event)
        del wallet.reservations[event["job_id"]]
        _return(wallet, draws, 1)
        if draws != _draws(event) or _total(draws) != event["millicredits"]:
            raise _Broken(
                "reservation",
                f"job {event['job_id']}: captured and released are not what was reserved",
            )


class _Entry(NamedTuple):
    """What an event of a wallet moves, from where to where, and the rule that it is checked by.

    `available`, `reserved` and `spent` say how often its amount is added to each.
    """

    source: str | None
    target: str | None
    rule: Callable[[_Audit, _Wallet, dict[str, Any], datetime], None]
    available: int = 0
    reserved: int = 0
    spent: int = 0


_ENTRIES = {
    b"wallet.opened": _Entry(None, None, _Audit.opened),
    b"wallet.purchase-started": _Entry(None, None, _Audit.purchase_started),
    b"wallet.payment-hinted": _Entry(None, None, _Audit.payment_hinted),
    b"wallet.purchase-failed": _Entry(None, None, _Audit.purchase_failed),
    b"wallet.credited": _Entry("issued", "available", _Audit.credited, 1),
    b"wallet.promoted": _Entry("promotional", "available", _Audit.promoted, 1),
    b"wallet.promotion-expired": _Entry("available", "promotional", _Audit.promotion_expired, -1),
    b"wallet.reserved": _Entry("available", "reserved", _Audit.reserved, -1, 1),
    b"wallet.captured": _Entry("reserved", "revenue", _Audit.captured, 0, -1, 1),
    b"wallet.released": _Entry("reserved", "available", _Audit.released, 1, -1),
    b"wallet.expired": _Entry("reserved", "available", _Audit.expired, 1, -1),
}


def _purchase(wallet: _Wallet, event: dict[str, Any]) -> tuple[int, str]:
    found = wallet.purchases.get(event["purchase_id"])
    if found is None:
        raise _Broken("payment", "for a purchase that was never started")
    return found


def _reservation(wallet: _Wallet, event: dict[str, Any]) -> list[tuple[str | None, int]]:
    draws = wallet.reservations.get(event["job_id"])
    if draws is None:
        raise _Broken("reservation", f"nothing is reserved for job {event['job_id']}")
    return draws


def _return(wallet: _Wallet, draws: Sequence[tuple[str | None, int]], sign: int) -> None:
    for lot, amount in draws:
        wallet.held -= sign * amount
        if lot is None:
            wallet.purchased += sign * amount
        else:
            expires_at, left = wallet.lots[lot]
            wallet.lots[lot] = (expires_at, left + sign * amount)


def _draws(event: dict[str, Any]) -> list[tuple[str | None, int]]:
    draws = [(draw["lot"], draw["millicredits"]) for draw in event["draws"]]
    for _, amount in draws:
        if not _is_amount(amount):
            raise _Broken("reservation", "an amount is not a whole number from 1 on")
    return draws


def _total(draws: Sequence[tuple[str | None, int]]) -> int:
    return sum([amount for _, amount in draws])


def _split(
    draws: Sequence[tuple[str | None, int]], amount: int
) -> tuple[list[tuple[str | None, int]], list[tuple[str | None, int]]]:
    first: list[tuple[str | None, int]] = []
    rest: list[tuple[str | None, int]] = []
    wanted = amount
    for lot, held in draws:
        taken = min(held, wanted)
        if taken > 0:
            first.append((lot, taken))
            wanted -= taken
        if held > taken:
            rest.append((lot, held - taken))
    return first, rest


def _is_amount(value: Any) -> bool:
    return type(value) is int and 0 < value <= AMOUNT_MAX


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise _Broken("time", f"{text} names no offset from UTC")
    return at


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Broken("format", "a key twice in one object")
    return found


def _no_fraction(text: str) -> float:
    raise _Broken("format", f"{text} is not a whole number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_no_fraction, parse_constant=_no_fraction
)
# Without what `json.loads` does around it, which takes a third of the time.
_SCAN = _DECODER.scan_once  # type: ignore[attr-defined]


def _json(text: str) -> dict[str, Any]:
    try:
        content, end = _SCAN(text, 0)
    except StopIteration:
        raise _Broken("format", "no JSON") from None
    if type(content) is not dict or (end != len(text) and text[end:].strip()):
        raise _Broken("format", "not one JSON object")
    return content


def _canonical(id: str) -> str:
    if _ID.fullmatch(id) is None:
        raise _Broken("format", "an id that is not written as ids are")
    return id


def _stream_prefix(owner: str, id: str) -> bytes:
    return b"suite.content.v2" + _framed_id(owner) + _framed_id(id)


def _framed_id(id: str) -> bytes:
    return _LENGTH(16) + unhexlify(id.replace("-", ""))


def _framed(version: int, kind: bytes, data: bytes) -> bytes:
    return _VERSION_AND_TYPE_LENGTH(8, version, len(kind)) + kind + _LENGTH(len(data)) + data


def _old_digest(id: str, framed: bytes) -> bytes:
    return sha256(b"suite.event.v1" + _framed_id(id) + framed).digest()


def _old_link(previous_link: bytes, digest: bytes) -> bytes:
    return sha256(b"suite.link.v1" + previous_link + digest).digest()


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LINE_LENGTH_MAX + 1):
        rest = line
        while len(rest) > LINE_LENGTH_MAX and not rest.endswith(b"\n"):
            # Of a line without end, the beginning is kept to be refused, and no more.
            rest = file.readline(LINE_LENGTH_MAX + 1)
        yield line


def printed(report: VerificationReport) -> Iterator[str]:
    """The report in lines of plain ASCII, which no terminal takes for anything else."""
    for finding in report.findings:
        place = f"line {finding.line}, position {finding.position}"
        yield ascii(f"{place}: {finding.rule}: {finding.detail}")[1:-1]
    if report.findings_in_all > len(report.findings):
        yield f"and {report.findings_in_all - len(report.findings)} more findings"
    for note in report.notes:
        yield f"note: {note}"
    yield (
        f"{report.rows} rows, {report.ledger_rows} of the ledger, {len(report.balances)} balances, "
        f"{report.findings_in_all} findings; head {report.head_link} at {report.head_position}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found. Exit status 0 where every rule holds, otherwise 1."""
    parser = argparse.ArgumentParser(description="Check an exported ledger offline.")
    parser.add_argument("ledger", type=Path, help="the file that `suite audit export` wrote")
    parser.add_argument("--as-of", type=int, help="compute balances as of this position")
    parser.add_argument("--head", help="a link noted earlier, in hex, that must still occur")
    given = parser.parse_args(arguments)
    report = verify_file(given.ledger, as_of=given.as_of, expected_head=given.head)
    for owner, balance in sorted(report.balances.items()):
        print(
            f"{owner}  available {balance.available}  reserved {balance.reserved}"
            f"  spent {balance.spent}"
        )
    for line in printed(report):
        print(line)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
