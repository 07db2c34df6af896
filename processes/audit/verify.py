"""Checks an exported ledger offline: `python verify.py ledger.jsonl`.

This one file needs Python's standard library and nothing of ours, so an auditor can read it, copy
it and run it anywhere. It hashes every event again, walks the chain, executes the accounting rules
again without the code that wrote the events, and computes every balance. The rules:

1. A digest covers id, version, type and bytes of an event; a link covers the link before it. No row
   is missing, repeated or out of order.
2. The postings of an event sum to zero and are exactly those its meaning requires.
3. Nothing available or reserved is ever negative.
4. Credits appear once per confirmed payment, for the amount of a purchase that was started, or as a
   promotion, which expires.
5. A reservation is made once per job, draws promotions that expire first, and ends exactly once:
   what is captured and what is released are together what was reserved.
6. A capture cites a job for which credits are reserved.
"""

import argparse
import json
import sys
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

FORMAT = "suite.ledger.v1"
FINDINGS_MAX = 100
"""A broken link breaks what follows: nobody reads the thousandth finding."""

LINE_LENGTH_MAX = 256 * 1024
"""An event has at most 64 KiB, its base64 a third more."""

NO_LINK = bytes(32)
PRICE_LIST_ID = str(uuid5(UUID("00000000-0000-5000-8000-000000000000"), "price-list"))


@dataclass(frozen=True)
class Finding:
    """One rule that does not hold, and at which position. Position 0 is the file as a whole."""

    position: int
    rule: str
    detail: str


@dataclass(frozen=True)
class Balance:
    """Millicredits of one owner after the event at `position`."""

    available: int
    reserved: int
    spent: int
    position: int


@dataclass(frozen=True)
class VerificationReport:
    """What was checked and what was found. `balances` are by owner, as of the position asked for.

    `accounts` are the sums of all postings by account. `behind` counts owners whose claimed balance
    was right but is not the latest.
    """

    rows: int
    ledger_rows: int
    head_position: int
    head_link: str
    balances: Mapping[str, Balance]
    accounts: Mapping[str, int]
    findings: tuple[Finding, ...]
    behind: int = 0

    @property
    def ok(self) -> bool:
        """Whether every rule holds."""
        return not self.findings


class _Broken(Exception):
    """A rule that one event breaks: (rule, detail)."""


def digest_of(originator_id: str, version: int, event_type: str, data: bytes) -> bytes:
    """SHA-256 over `suite.event.v1`, then each part behind its length in four bytes."""
    parts = (UUID(originator_id).bytes, version.to_bytes(8, "big"), event_type.encode(), data)
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return sha256(b"suite.event.v1" + framed).digest()


def link_of(previous_link: bytes, digest: bytes) -> bytes:
    """SHA-256 over `suite.link.v1`, the link before (at first 32 zero bytes), and the digest."""
    return sha256(b"suite.link.v1" + previous_link + digest).digest()


def verify(
    lines: Iterable[str],
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
    for number, line in enumerate(lines, start=1):
        audit.line(number, line)
    return audit.report()


@dataclass
class _Wallet:
    """One owner's credits, computed again from the events."""

    owner: str
    available: int = 0
    reserved: int = 0
    spent: int = 0
    purchased: int = 0
    purchases: dict[str, tuple[int, str]] = field(default_factory=dict)
    lots: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    reservations: dict[str, list[tuple[str | None, int]]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    half_ended: str | None = None


class _Audit:
    def __init__(
        self, as_of: int | None, expected_head: str | None, claimed: Mapping[str, Balance]
    ) -> None:
        self._as_of = as_of
        self._expected_head = expected_head
        self._head_met = expected_head is None
        self._claimed = claimed
        self._findings: list[Finding] = []
        self._rows = self._ledger_rows = self._position = 0
        self._link = NO_LINK
        self._header_seen = self._footer_seen = False
        self._versions: dict[str, int] = {}
        self._wallets: dict[str, _Wallet] = {}
        self._balances: dict[str, Balance] = {}
        self._at_claim: dict[str, Balance] = {}
        self._accounts: dict[str, int] = {}
        self._payments: set[str] = set()
        self._prices = 0

    def line(self, number: int, line: str) -> None:
        try:
            if len(line) > LINE_LENGTH_MAX:
                raise ValueError(f"longer than {LINE_LENGTH_MAX} characters")
            content = json.loads(line)
            if not isinstance(content, dict):
                raise TypeError("not an object")
            self._content(content)
        except _Broken as broken:
            self._found(self._position, *broken.args)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._found(self._position, "format", f"line {number}: {error!r}")

    def report(self) -> VerificationReport:
        if not self._footer_seen:
            self._found(0, "format", "the last line is missing: the file was cut off")
        if not self._head_met:
            self._found(0, "chain", "the link noted earlier does not occur: history was rewritten")
        for wallet in self._wallets.values():
            if wallet.half_ended is not None:
                self._found(0, "reservation", f"job {wallet.half_ended} is only partly settled")
        return VerificationReport(
            rows=self._rows,
            ledger_rows=self._ledger_rows,
            head_position=self._position,
            head_link=self._link.hex(),
            balances=self._balances,
            accounts=self._accounts,
            behind=self._compare_claims(),
            findings=tuple(self._findings),
        )

    def _compare_claims(self) -> int:
        behind = 0
        for owner, claim in self._claimed.items():
            if self._as_of is not None and claim.position > self._as_of:
                continue
            computed = self._at_claim.get(owner)
            if computed != claim:
                self._found(claim.position, "read-model", f"owner {owner}: {claim} ≠ {computed}")
            elif self._balances[owner].position > claim.position:
                behind += 1
        if self._claimed:
            for owner, balance in self._balances.items():
                if owner not in self._claimed and (balance.available or balance.reserved):
                    self._found(balance.position, "read-model", f"owner {owner} is missing")
        return behind

    def _content(self, content: dict[str, Any]) -> None:
        if self._footer_seen:
            raise _Broken("format", "lines behind the last line")
        if not self._header_seen:
            self._header_seen = True
            if content.get("format") != FORMAT:
                raise _Broken("format", f"not {FORMAT}")
        elif "rows" in content:
            self._footer_seen = True
            if (content["rows"], content["head"]) != (self._rows, self._link.hex()):
                raise _Broken("chain", "the last line names another number of rows or another head")
        else:
            self._row(content)

    def _row(self, row: dict[str, Any]) -> None:
        position, digest, link = row["position"], bytes.fromhex(row["digest"]), row["link"]
        expected_position, self._position = self._position + 1, position
        self._rows += 1
        expected_link, self._link = link_of(self._link, digest), bytes.fromhex(link)
        self._head_met = self._head_met or link == self._expected_head
        if position != expected_position:
            self._found(position, "order", f"follows {expected_position - 1}")
        if self._link != expected_link:
            self._found(position, "chain", "does not follow from the row before")
        if "data" not in row:
            return
        self._ledger_rows += 1
        data = b64decode(row["data"], validate=True)
        if digest_of(row["id"], row["version"], row["type"], data) != digest:
            self._found(position, "digest", "the content is not what was hashed")
        if self._as_of is None or position <= self._as_of:
            self._follow_version(row)
            self._account(row, json.loads(data))

    def _follow_version(self, row: dict[str, Any]) -> None:
        version = self._versions.get(row["id"], 0)
        self._versions[row["id"]] = row["version"]
        if row["version"] != version + 1:
            self._found(row["position"], "order", f"version {row['version']} follows {version}")

    def _account(self, row: dict[str, Any], event: dict[str, Any]) -> None:
        if event["v"] != 1:
            raise _Broken("format", f"{row['type']} v{event['v']} is newer than this verifier")
        aggregate, _, kind = row["type"].partition(".")
        if aggregate == "price-list":
            self._price_list(row, kind, event)
            return
        wallet = self._wallet(row["id"], kind, event)
        try:
            self._postings(wallet, kind, event)
            rule = _RULES.get(kind)
            if rule is None:
                raise _Broken("format", f"{row['type']} is unknown to this verifier")
            rule(self, wallet, event)
        finally:
            self._close_entry(wallet, row["position"])

    def _close_entry(self, wallet: _Wallet, position: int) -> None:
        balance = Balance(wallet.available, wallet.reserved, wallet.spent, position)
        if wallet.available < 0 or wallet.reserved < 0:
            self._found(position, "balance", f"owner {wallet.owner} is overdrawn: {balance}")
        held = sum(amount for draws in wallet.reservations.values() for _, amount in draws)
        if held != wallet.reserved:
            self._found(position, "balance", f"{held} are held, {wallet.reserved} are posted")
        self._balances[wallet.owner] = balance
        claim = self._claimed.get(wallet.owner)
        if claim is not None and claim.position == position:
            self._at_claim[wallet.owner] = balance

    def _wallet(self, wallet_id: str, kind: str, event: dict[str, Any]) -> _Wallet:
        if (kind == "opened") != (wallet_id not in self._wallets):
            raise _Broken("order", "a wallet is opened once, and first")
        if kind == "opened":
            owner = event["owner_id"]
            if str(uuid5(UUID(owner), "wallet")) != wallet_id:
                raise _Broken("owner", "this wallet is not its owner's")
            self._wallets[wallet_id] = _Wallet(owner)
        return self._wallets[wallet_id]

    def _price_list(self, row: dict[str, Any], kind: str, event: dict[str, Any]) -> None:
        if row["id"] != PRICE_LIST_ID:
            raise _Broken("owner", "there is one price list")
        if kind == "published":
            self._prices, before = event["version"], self._prices
            if event["version"] != before + 1:
                raise _Broken("order", f"price list {event['version']} follows {before}")

    def _postings(self, wallet: _Wallet, kind: str, event: dict[str, Any]) -> None:
        expected = _MOVES.get(kind)
        postings = [(p["account"], p["millicredits"]) for p in event.get("postings", ())]
        for account, amount in postings:
            self._accounts[account] = self._accounts.get(account, 0) + amount
        moved = dict(postings)
        wallet.available += moved.get("available", 0)
        wallet.reserved += moved.get("reserved", 0)
        wallet.spent += moved.get("revenue", 0)
        if sum(amount for _, amount in postings) != 0:
            self._found(self._position, "postings", "do not sum to zero")
        if expected is None:
            if postings:
                self._found(self._position, "postings", f"{kind} moves nothing")
            return
        amount = event["millicredits"]
        if not _is_amount(amount) or sorted(postings) != sorted(
            [(expected[0], -amount), (expected[1], amount)]
        ):
            self._found(
                self._position, "postings", f"are not {amount} from {expected[0]} to {expected[1]}"
            )

    def _found(self, position: int, rule: str, detail: str) -> None:
        if len(self._findings) < FINDINGS_MAX:
            self._findings.append(Finding(position, rule, detail))

    def opened(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        """An empty wallet: there is nothing to check but its owner, which was."""

    def purchase_started(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        if event["purchase_id"] in wallet.purchases:
            raise _Broken("payment", "this purchase was started before")
        if not _is_amount(event["millicredits"]):
            raise _Broken("payment", "a purchase of nothing")
        wallet.purchases[event["purchase_id"]] = (event["millicredits"], "started")

    def payment_hinted(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        _purchase(wallet, event)

    def purchase_failed(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        amount, state = _purchase(wallet, event)
        if state != "started":
            raise _Broken("payment", f"a purchase failed after it was {state}")
        wallet.purchases[event["purchase_id"]] = (amount, "failed")

    def credited(self, wallet: _Wallet, event: dict[str, Any]) -> None:
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

    def promoted(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        known = event["grant_id"] in wallet.lots
        expires_at = _time(event["expires_at"])
        wallet.lots[event["grant_id"]] = (expires_at, event["millicredits"])
        if known or expires_at <= _time(event["timestamp"]):
            raise _Broken("promotion", "granted twice, or expired when it was granted")

    def promotion_expired(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        expires_at, left = wallet.lots.get(event["grant_id"], (None, 0))
        if expires_at is None:
            raise _Broken("promotion", "expired without having been granted")
        wallet.lots[event["grant_id"]] = (expires_at, left - event["millicredits"])
        if left != event["millicredits"] or expires_at > _time(event["timestamp"]):
            raise _Broken("promotion", "expired too early, or not for what was left of it")

    def reserved(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        self._require_whole(wallet)
        job, at = event["job_id"], _time(event["timestamp"])
        if not job or job in wallet.reservations or job in wallet.ended:
            raise _Broken("reservation", f"job {job} reserves twice")
        lots = sorted((expiry, lot, left) for lot, (expiry, left) in wallet.lots.items())
        sources: list[tuple[str | None, int]] = [
            (lot, left) for expiry, lot, left in lots if expiry > at
        ]
        draws, _ = _split([*sources, (None, wallet.purchased)], event["millicredits"])
        given = _draws(event)
        wallet.reservations[job] = given
        _return(wallet, [(lot, -amount) for lot, amount in given])
        if given != draws:
            raise _Broken("reservation", f"job {job} draws {given}, the rules say {draws}")

    def captured(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        self._require_whole(wallet)
        draws = _reservation(wallet, event)
        taken, rest = _split(draws, event["millicredits"])
        if rest:
            wallet.reservations[event["job_id"]] = rest
            wallet.half_ended = event["job_id"]
        else:
            _end(wallet, event["job_id"])
        if taken != _draws(event):
            raise _Broken("reservation", f"job {event['job_id']} captures what it did not reserve")

    def released(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        if wallet.half_ended not in (None, event["job_id"]):
            self._require_whole(wallet)
        wallet.half_ended = None
        self._all_comes_back(wallet, event)

    def expired(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        self._require_whole(wallet)
        self._all_comes_back(wallet, event)

    def _require_whole(self, wallet: _Wallet) -> None:
        job, wallet.half_ended = wallet.half_ended, None
        if job is not None:
            self._found(self._position, "reservation", f"job {job} is only partly settled")

    def _all_comes_back(self, wallet: _Wallet, event: dict[str, Any]) -> None:
        draws = _reservation(wallet, event)
        _end(wallet, event["job_id"])
        _return(wallet, draws)
        if draws != _draws(event) or _total(draws) != event["millicredits"]:
            raise _Broken(
                "reservation",
                f"job {event['job_id']}: captured and released are not what was reserved",
            )


_MOVES = {
    "credited": ("issued", "available"),
    "promoted": ("promotional", "available"),
    "promotion-expired": ("available", "promotional"),
    "reserved": ("available", "reserved"),
    "captured": ("reserved", "revenue"),
    "released": ("reserved", "available"),
    "expired": ("reserved", "available"),
}

_RULES: dict[str, Callable[[_Audit, _Wallet, dict[str, Any]], None]] = {
    "opened": _Audit.opened,
    "purchase-started": _Audit.purchase_started,
    "payment-hinted": _Audit.payment_hinted,
    "purchase-failed": _Audit.purchase_failed,
    "credited": _Audit.credited,
    "promoted": _Audit.promoted,
    "promotion-expired": _Audit.promotion_expired,
    "reserved": _Audit.reserved,
    "captured": _Audit.captured,
    "released": _Audit.released,
    "expired": _Audit.expired,
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


def _end(wallet: _Wallet, job: str) -> None:
    del wallet.reservations[job]
    wallet.ended.add(job)


def _return(wallet: _Wallet, draws: Sequence[tuple[str | None, int]]) -> None:
    for lot, amount in draws:
        if lot is None:
            wallet.purchased += amount
        else:
            expires_at, left = wallet.lots[lot]
            wallet.lots[lot] = (expires_at, left + amount)


def _draws(event: dict[str, Any]) -> list[tuple[str | None, int]]:
    return [(draw["lot"], draw["millicredits"]) for draw in event["draws"]]


def _total(draws: Sequence[tuple[str | None, int]]) -> int:
    return sum(amount for _, amount in draws)


def _split(
    draws: Sequence[tuple[str | None, int]], amount: int
) -> tuple[list[tuple[str | None, int]], list[tuple[str | None, int]]]:
    first: list[tuple[str | None, int]] = []
    rest: list[tuple[str | None, int]] = []
    for lot, held in draws:
        taken = min(held, amount - _total(first))
        if taken > 0:
            first.append((lot, taken))
        if held > taken:
            rest.append((lot, held - taken))
    return first, rest


def _is_amount(value: Any) -> bool:
    return type(value) is int and value > 0


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found. Exit status 0 where every rule holds, otherwise 1."""
    parser = argparse.ArgumentParser(description="Check an exported ledger offline.")
    parser.add_argument("ledger", help="the file that `suite audit export` wrote")
    parser.add_argument("--as-of", type=int, help="compute balances as of this position")
    parser.add_argument("--head", help="a link noted earlier, in hex, that must still occur")
    given = parser.parse_args(arguments)
    with open(given.ledger, encoding="utf-8") as lines:
        report = verify(lines, as_of=given.as_of, expected_head=given.head)
    for finding in report.findings:
        print(f"position {finding.position}: {finding.rule}: {finding.detail}")
    for owner, balance in sorted(report.balances.items()):
        print(
            f"{owner}  available {balance.available}  reserved {balance.reserved}"
            f"  spent {balance.spent}"
        )
    print(
        f"{report.rows} rows, {report.ledger_rows} of the ledger, {len(report.findings)} findings,"
        f" head {report.head_link}"
    )
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
