"""Ledgers that somebody wrote anew: every hash is right, and the credits are not, or never were."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest

from adapters.event_store.chain import microseconds
from processes.audit import verify as verifier
from processes.audit.verify import verify
from tests.audit.ledger_file import (
    Line,
    Rewrite,
    edit,
    event_of,
    find,
    find_price_list,
    forged,
    forgery,
    insert_after,
    moved,
    parsed,
    renumber,
    rules,
    withheld,
)
from tests.projections.studio_history import ADA, GRACE, MORNING

Lines = tuple[bytes, ...]
STARTED, CREDITED = "wallet.purchase-started", "wallet.credited"
CAPTURED, RESERVED = "wallet.captured", "wallet.reserved"
PROMOTED = "wallet.promoted"


def with_fields(event_type: str, **fields: Any) -> Rewrite:
    return lambda rows: edit(find(rows, event_type), **fields)


def repeated(event_type: str, **fields: Any) -> Rewrite:
    return lambda rows: insert_after(rows, find(rows, event_type), **fields)


def with_row(event_type: str, **fields: Any) -> Rewrite:
    return lambda rows: find(rows, event_type).update(fields)


def with_bytes(event_type: str, old: bytes, new: bytes) -> Rewrite:
    def rewrite(rows: list[Line]) -> None:
        row = find(rows, event_type)
        assert old in row["data"]
        row["data"] = row["data"].replace(old, new, 1)

    return rewrite


def bought(millicredits: int, **fields: Any) -> Rewrite:
    """A purchase and its credit, in agreement with each other."""

    def rewrite(rows: list[Line]) -> None:
        edit(find(rows, STARTED), millicredits=millicredits, **fields)
        postings = moved(millicredits, "issued", "available")
        edit(find(rows, CREDITED), millicredits=millicredits, postings=postings)

    return rewrite


def without(event_type: str, *, closing_the_gap: bool) -> Rewrite:
    def rewrite(rows: list[Line]) -> None:
        row = find(rows, event_type)
        rows.remove(row)
        if closing_the_gap:
            renumber(rows, row["id"])

    return rewrite


def with_new_prices(rows: list[Line], *, accepted_until: datetime, **fields: Any) -> None:
    """The price list's second version, published after Ada's purchase and before Grace's."""
    first = find_price_list(rows)
    second = dict(first, version=first["version"] + 1)
    second["recorded_at_us"] = find(rows, "wallet.opened", GRACE)["recorded_at_us"]
    edit(second, version=2, accepted_until=accepted_until.isoformat(), **fields)
    rows.insert(rows.index(find(rows, "wallet.opened", GRACE)), second)


def a_package_is_sold_after_it_was_withdrawn(rows: list[Line]) -> None:
    published = MORNING.isoformat()
    with_new_prices(rows, accepted_until=MORNING, packages=[], timestamp=published)


def a_withdrawn_package_is_bought_as_if_before(rows: list[Line]) -> None:
    """Appended to a log in which a package had ended: only the log's own clock tells."""
    opened = find(rows, "wallet.opened", GRACE)
    published = datetime.fromisoformat(event_of(opened)["timestamp"])
    with_new_prices(rows, accepted_until=published, packages=[], timestamp=published.isoformat())
    yesterday = (published - timedelta(days=1)).isoformat()
    for row in rows[rows.index(opened) :]:
        row["recorded_at_us"] += 3 * 3_600 * 10**6
    edit(opened, timestamp=yesterday)
    edit(find(rows, STARTED, GRACE), timestamp=yesterday)


def expired_promotion(millicredits: int, **fields: Any) -> Rewrite:
    def rewrite(rows: list[Line]) -> None:
        promoted = find(rows, PROMOTED)
        expired = dict(promoted, type="wallet.promotion-expired")
        postings = moved(millicredits, "available", "promotional")
        edit(expired, millicredits=millicredits, postings=postings, **fields)
        rows.insert(rows.index(promoted) + 1, expired)
        renumber(rows, promoted["id"])

    return rewrite


def fails_after_its_credit(rows: list[Line]) -> None:
    hinted, credited = find(rows, "wallet.payment-hinted"), find(rows, CREDITED)
    rows.insert(rows.index(credited) + 1, dict(hinted, type="wallet.purchase-failed"))
    find(rows, "wallet.purchase-failed")["recorded_at_us"] = credited["recorded_at_us"]
    edit(find(rows, "wallet.purchase-failed"), timestamp=event_of(credited)["timestamp"])
    renumber(rows, credited["id"])


def the_purchase_is_started_again(rows: list[Line]) -> None:
    insert_after(rows, find(rows, STARTED))


def followed_by_another(rows: list[Line]) -> None:
    find(rows, CREDITED)["data"] += b"{}"


def recorded_an_hour_before(rows: list[Line]) -> None:
    find(rows, CREDITED)["recorded_at_us"] -= 3_600 * 10**6


def without_a_beginning(rows: list[Line]) -> None:
    rows.remove(find(rows, "wallet.opened"))
    renumber(rows, find(rows, CREDITED)["id"])


def of_another_aggregate(rows: list[Line]) -> None:
    for row in rows:
        if row.get("type", "").startswith("price-list"):
            row["id"] = str(uuid5(ADA, "price-list"))


def of_another_owner(rows: list[Line]) -> None:
    for row in rows:
        if row.get("type", "").startswith("price-list"):
            row["owner"] = str(ADA)


def prices_hidden_as_others(rows: list[Line]) -> None:
    for place, row in enumerate(rows):
        if row.get("type", "").startswith("price-list"):
            rows[place] = {**withheld(row), "class": "other"}


def a_second_wallet(rows: list[Line]) -> None:
    opened = find(rows, "wallet.opened")
    second = dict(opened, id=str(uuid5(ADA, "another wallet")))
    rows.insert(rows.index(opened) + 1, second)


def as_in_adas(name: str) -> Rewrite:
    """All that Grace's wallet says of one of hers, be it job or purchase, is said of Ada's."""

    def rewrite(rows: list[Line]) -> None:
        told = [
            (row, event_of(row)[name])
            for row in rows
            if row.get("type", "").startswith("wallet.") and event_of(row).get(name)
        ]
        [adas, *_] = [value for row, value in told if row["owner"] == str(ADA)]
        [graces, *_] = [value for row, value in told if row["owner"] == str(GRACE)]
        for row, value in told:
            if value == graces:
                edit(row, **{name: adas})

    return rewrite


def amount(value: Any) -> Rewrite:
    return with_fields(
        CREDITED,
        millicredits=value,
        postings=[
            {"account": "issued", "millicredits": -10_000},
            {"account": "available", "millicredits": value},
        ],
    )


LONG_AGO = (MORNING - timedelta(days=1)).isoformat()
TWICE = (b'"millicredits":10000', b'"millicredits":1,"millicredits":10000')
DEEP = b'"x":' + b"[" * 20_000 + b"]" * 20_000 + b',"v":1'

FORGERIES: dict[str, tuple[str, Rewrite]] = {
    "ten times its package is bought": ("price", bought(100_000)),
    "a package is bought for one cent": ("price", with_fields(STARTED, price_minor_units=1)),
    "a package is bought in another currency": ("price", with_fields(STARTED, currency="JPY")),
    "a package is bought that nobody sells": ("price", with_fields(STARTED, package="gift")),
    "a package is sold after it was withdrawn": (
        "price",
        a_package_is_sold_after_it_was_withdrawn,
    ),
    "the prices are said to be another's rows": ("price", prices_hidden_as_others),
    "the price list is another aggregate": ("owner", of_another_aggregate),
    "the price list is somebody's": ("owner", of_another_owner),
    "a purchase is started twice": ("payment", the_purchase_is_started_again),
    "a purchase is of nothing": ("payment", with_fields(STARTED, millicredits=0)),
    "a purchase fails after it was credited": ("payment", fails_after_its_credit),
    "a purchase is credited twice": ("payment", repeated(CREDITED, payment_reference="again")),
    "a purchase has no payment": ("payment", with_fields(CREDITED, payment_reference="")),
    "a payment is of a purchase that nobody started": (
        "payment",
        with_fields("wallet.payment-hinted", purchase_id=str(ADA)),
    ),
    "a promotion is granted twice": ("promotion", repeated(PROMOTED)),
    "a promotion is over when it is granted": (
        "promotion",
        with_fields(PROMOTED, expires_at=LONG_AGO),
    ),
    "a promotion expires before its time": ("promotion", expired_promotion(500)),
    "more of a promotion expires than is left": ("promotion", expired_promotion(501)),
    "a promotion expires that nobody granted": (
        "promotion",
        expired_promotion(500, grant_id=str(ADA)),
    ),
    "nothing is posted": ("postings", with_fields(CREDITED, postings=[])),
    "a third posting is made": (
        "postings",
        with_fields(
            CREDITED,
            postings=[*moved(10_000, "issued", "available"), *moved(5, "issued", "available")],
        ),
    ),
    "postings have nowhere to go": ("format", with_fields(CREDITED, postings=[1, 2])),
    "postings are no list": ("format", with_fields(CREDITED, postings=7)),
    "an event that moves nothing posts": (
        "postings",
        with_fields("wallet.opened", postings=moved(5, "issued", "available")),
    ),
    "an amount is zero": ("postings", amount(0)),
    "an amount is negative": ("postings", amount(-10_000)),
    "an amount is a fraction": ("format", amount(10_000.0)),
    "an amount is a text": ("postings", amount("10000")),
    "an amount is true": ("postings", amount(value=True)),
    "an amount is more than any column holds": ("postings", amount(2**63)),
    "an amount is no number": ("format", with_bytes(CREDITED, b":10000", b":NaN")),
    "an amount has no end": ("format", with_bytes(CREDITED, b":10000", b":" + b"9" * 5_000)),
    "a draw is negative": (
        "reservation",
        with_fields(RESERVED, draws=[{"lot": None, "millicredits": -5_000}]),
    ),
    "a draw is of a promotion that nobody granted": (
        "format",
        with_fields(RESERVED, draws=[{"lot": str(GRACE), "millicredits": 5_000}]),
    ),
    "a job reserves twice": ("reservation", repeated(RESERVED)),
    "a reservation names no job": ("reservation", with_fields(RESERVED, job_id=None)),
    "a reservation names many jobs": ("format", with_fields(RESERVED, job_id=[1])),
    "a package is bought as if before it ended": (
        "price",
        a_withdrawn_package_is_bought_as_if_before,
    ),
    "a job is paid by two": ("reservation", as_in_adas("job_id")),
    "a purchase is two people's": ("payment", as_in_adas("purchase_id")),
    "a job is captured twice": ("reservation", repeated(CAPTURED)),
    "a reservation is missing": ("reservation", without(RESERVED, closing_the_gap=True)),
    "a settlement is missing": ("reservation", without("wallet.released", closing_the_gap=True)),
    "a version is missing": ("order", without("wallet.payment-hinted", closing_the_gap=False)),
    "a version is very large": ("order", with_row(CREDITED, version=10**18 - 1)),
    "a wallet is opened twice": ("order", repeated("wallet.opened")),
    "a wallet is never opened": ("order", without_a_beginning),
    "an owner has two wallets": ("owner", a_second_wallet),
    "a wallet passes to somebody else": ("owner", with_row(CREDITED, owner=str(GRACE))),
    "a wallet names another owner": ("owner", with_fields("wallet.opened", owner_id=str(GRACE))),
    "a wallet names no owner": ("format", with_fields("wallet.opened", owner_id="Ada")),
    "an event is of an unknown kind": ("format", with_row(CREDITED, type="wallet.gifted")),
    "an event is of another aggregate": ("format", with_row(CREDITED, type="job.credited")),
    "an event of the ledger is classed as another's": (
        "class",
        with_row(CREDITED, **{"class": "other"}),
    ),
    "an event is newer": ("format", with_fields(CREDITED, v=2)),
    "an event has no version": ("format", with_bytes(CREDITED, b'"v":1,', b"")),
    "an event names a key twice": ("format", with_bytes(CREDITED, *TWICE)),
    "a posting names a key twice": (
        "format",
        with_bytes(CREDITED, b'{"account":"issued"', b'{"account":"revenue","account":"issued"'),
    ),
    "an event is deep": ("format", with_bytes(CREDITED, b'"v":1', DEEP)),
    "an event is no UTF-8": ("format", with_bytes(CREDITED, b'"v":1', b'"v":1,"\xff":1')),
    "an event is followed by another": ("format", followed_by_another),
    "an event ends early": ("format", with_bytes(CREDITED, b'"v":1,', b'"v":1}')),
    "a time names no offset": ("time", with_fields(CREDITED, timestamp="2026-03-02T09:30:00")),
    "a time is a date": ("time", with_fields(CREDITED, timestamp="2026-03-02")),
    "a time is none": ("format", with_fields(CREDITED, timestamp="noon")),
    "a time is missing": ("format", with_bytes(CREDITED, b'"timestamp"', b'"at"')),
    "a promotion's end names no offset": (
        "time",
        with_fields(PROMOTED, expires_at="2026-12-31T00:00:00"),
    ),
    "time runs backwards in a wallet": ("time", with_fields(CREDITED, timestamp=LONG_AGO)),
    "time runs backwards among the rows": ("time", recorded_an_hour_before),
}


def test_the_corpus_is_large() -> None:
    assert len(FORGERIES) >= 60


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_with_a_valid_chain_breaks_a_rule(name: str, exported: Lines) -> None:
    rule, rewrite = FORGERIES[name]
    report = forged(exported, rewrite)
    assert rule in rules(report)
    assert rules(report).isdisjoint({"chain", "digest", "withheld"})


@pytest.mark.parametrize("name", FORGERIES)
def test_a_noted_head_tells_every_forgery(name: str, exported: Lines) -> None:
    head = parsed(exported[-1])["head"]
    assert "chain" in rules(forged(exported, FORGERIES[name][1], expected_head=head))


def test_a_package_of_before_is_sold_while_new_prices_are_published(exported: Lines) -> None:
    def rewrite(rows: list[Line]) -> None:
        bought_at = datetime.fromisoformat(event_of(find(rows, STARTED, GRACE))["timestamp"])
        published = bought_at - timedelta(seconds=2)
        with_new_prices(
            rows, accepted_until=published, packages=[], timestamp=published.isoformat()
        )

    assert forged(exported, rewrite).ok


def test_a_package_of_before_is_accepted_for_as_long_as_its_prices(exported: Lines) -> None:
    def rewrite(rows: list[Line]) -> None:
        until = MORNING + timedelta(days=2)
        with_new_prices(rows, accepted_until=until, packages=[], timestamp=MORNING.isoformat())

    assert forged(exported, rewrite).ok


def test_two_machines_clocks_may_be_a_little_apart(exported: Lines) -> None:
    def rewrite(rows: list[Line]) -> None:
        before = datetime.fromisoformat(event_of(find(rows, "wallet.payment-hinted"))["timestamp"])
        edit(find(rows, CREDITED), timestamp=(before - timedelta(seconds=30)).isoformat())

    assert forged(exported, rewrite).ok


def hides_a_whole_wallet(rows: list[Line]) -> None:
    for place, row in enumerate(rows):
        if row.get("owner") == str(GRACE):
            rows[place] = {**withheld(row), "class": "other"}


def removes_a_whole_wallet(rows: list[Line]) -> None:
    rows[:] = [row for row in rows if row.get("owner") != str(GRACE)]


def everything_happened_a_day_later(rows: list[Line]) -> None:
    for row in rows:
        row["recorded_at_us"] += 24 * 3_600 * 10**6


def is_recorded_today(rows: list[Line]) -> None:
    for row in rows:
        row["recorded_at_us"] = microseconds(datetime(2026, 11, 27, tzinfo=UTC))


REWRITINGS: dict[str, Rewrite] = {
    "another package is bought": bought(50_000, package="studio", price_minor_units=3_900),
    "another payment is named": with_fields(CREDITED, payment_reference="pay-me"),
    "a wallet is hidden as others' rows": hides_a_whole_wallet,
    "a wallet never was": removes_a_whole_wallet,
    "everything happened a day later": everything_happened_a_day_later,
    "everything happened at once": is_recorded_today,
    "a promotion lasts longer": with_fields(
        PROMOTED, expires_at=(MORNING + timedelta(days=90)).isoformat()
    ),
}


@pytest.mark.parametrize("name", REWRITINGS)
def test_whoever_rewrites_everything_is_caught_by_a_noted_head_alone(
    name: str, exported: Lines
) -> None:
    lines = forgery(exported, REWRITINGS[name])
    unnoticed = verify(lines)
    assert unnoticed.ok
    assert any("whoever wrote all of this anew" in note for note in unnoticed.notes)
    head = parsed(exported[-1])["head"]
    noticed = verify(lines, expected_head=head)
    assert rules(noticed) == {"chain"}
    assert noticed.notes == ()


def test_the_output_says_what_only_a_noted_head_proves(exported: Lines, tmp_path: Path) -> None:
    kept = tmp_path / "ledger.jsonl"
    kept.write_bytes(b"".join(exported))

    def said(*arguments: str) -> str:
        command = [sys.executable, "-I", "-S", str(verifier.__file__), str(kept), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "note: no link noted earlier was given" in said()
    assert "note:" not in said("--head", parsed(exported[-1])["head"])
    for place, link in (("9:", parsed(exported[9])["link"]), ("0:", "0" * 64)):
        assert f"note: the link noted earlier stands at position {place}" in said("--head", link)


def test_the_forger_of_these_tests_changes_nothing_by_itself(exported: Lines) -> None:
    assert forgery(exported, lambda rows: None) == list(exported)
