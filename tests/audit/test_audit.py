"""The auditor's file: what it says, and that no rewriting of history goes unnoticed."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest

from domain.events import STORED_FORM
from domain.kernel.role import Role
from processes.audit import verify as verifier
from processes.audit.verify import Balance, verify
from projections.projector import Projector
from queries.viewer import view_on
from queries.wallet.ledger import accounts_at
from tests.audit.ledger_file import (
    Line,
    edit,
    event_of,
    find,
    find_price_list,
    footer,
    forged,
    insert_after,
    parsed,
    renumber,
    rules,
    written,
)
from tests.projections.studio_history import ADA, GRACE, StudioHistory


def test_an_honest_ledger_verifies_and_its_balances_are_computed_again(
    history: StudioHistory, exported: tuple[bytes, ...]
) -> None:
    report = verify(exported)
    assert report.findings == ()
    assert report.rows == history.position
    assert report.head_link == history.rows[-1].link.hex()
    assert {owner: (b.available, b.reserved, b.spent) for owner, b in report.balances.items()} == {
        str(ADA): (4_800, 400, 5_300),
        str(GRACE): (5_200, 0, 5_300),
    }
    assert sum(report.accounts.values()) == 0
    assert report.accounts["issued"] == -20_000
    assert report.accounts["revenue"] == 10_600


def test_only_wallets_and_prices_are_told_and_nobody_reads_a_prompt(
    exported: tuple[bytes, ...],
) -> None:
    rows = [parsed(line) for line in exported[1:-1]]
    told = {row["type"].partition(".")[0] for row in rows if "data" in row}
    assert told == {"wallet", "price-list"}
    assert {row["class"] for row in rows if "data" in row} == {"ledger"}
    silent = [row for row in rows if "data" not in row]
    assert len(silent) > 20
    shown = ("position", "recorded_at_us", "class", "content", "link")
    assert {tuple(row) for row in silent} == {shown}
    assert {row["class"] for row in silent} == {"other"}
    assert b"lighthouse" not in b"".join(exported)
    assert b"Countess" not in b"".join(exported)


def test_a_balance_is_known_at_every_position(
    history: StudioHistory, exported: tuple[bytes, ...], database: str
) -> None:
    projector = Projector(
        lambda: psycopg.connect(database, autocommit=True), STORED_FORM, history.keys
    )
    projector.apply(history.facts)
    with (
        psycopg.connect(database, autocommit=True) as connection,
        view_on(connection, UUID(int=7), Role.AUDITOR) as view,
    ):
        for position in range(0, history.position + 1, 5):
            now = accounts_at(view, as_of=position, first=10)
            report = verify(exported, as_of=position)
            assert report.ok
            computed = {
                owner: (b.available, b.reserved, b.spent)
                for owner, b in report.balances.items()
                if b.available or b.reserved or b.spent
            }
            assert computed == {
                str(a.owner_id): (a.available, a.reserved, a.spent) for a in now.accounts
            }


def test_the_read_models_balances_are_compared(
    history: StudioHistory, exported: tuple[bytes, ...], database: str
) -> None:
    projector = Projector(
        lambda: psycopg.connect(database, autocommit=True), STORED_FORM, history.keys
    )
    lagging = next(
        f.position
        for f in reversed(history.facts)
        if f.owner_id == ADA and f.event_type == "wallet.reserved"
    )
    projector.apply([f for f in history.facts if f.position < lagging])
    with psycopg.connect(database) as connection:
        connection.execute("SET LOCAL ROLE projector")
        claimed = {
            str(owner): Balance(*rest)
            for owner, *rest in connection.execute(
                "SELECT owner_id, available, reserved, spent, position FROM views.balances"
            )
        }
    report = verify(exported, claimed=claimed)
    assert report.ok
    honest = claimed[str(ADA)]
    claimed[str(ADA)] = Balance(
        honest.available + 1, honest.reserved, honest.spent, honest.position
    )
    assert rules(verify(exported, claimed=claimed)) == {"read-model"}
    del claimed[str(ADA)]
    assert rules(verify(exported, claimed=claimed)) == {"read-model"}


def test_a_flipped_byte_is_noticed_in_every_row_of_the_ledger(exported: tuple[bytes, ...]) -> None:
    for number, line in enumerate(exported[1:-1], start=1):
        row = parsed(line)
        if "data" not in row:
            continue
        data = bytearray(row["data"])
        data[len(data) // 2] ^= 1
        row["data"] = bytes(data)
        report = verify([*exported[:number], written(row), *exported[number + 1 :]])
        assert "digest" in rules(report)
        assert report.findings[0].position == row["position"]


@pytest.mark.parametrize("field", ["content", "link"])
def test_a_flipped_hash_is_noticed_in_every_row(exported: tuple[bytes, ...], field: str) -> None:
    for number, line in enumerate(exported[1:-1], start=1):
        row = parsed(line)
        row[field] = ("0" if row[field][0] != "0" else "1") + row[field][1:]
        report = verify([*exported[:number], written(row), *exported[number + 1 :]])
        assert "chain" in rules(report)


def test_a_deleted_row_is_noticed_wherever_it_was(exported: tuple[bytes, ...]) -> None:
    for number in range(len(exported)):
        report = verify([*exported[:number], *exported[number + 1 :]])
        assert not report.ok


def test_reordered_and_repeated_rows_are_noticed(exported: tuple[bytes, ...]) -> None:
    for number in range(1, len(exported) - 2):
        first, second = exported[number], exported[number + 1]
        swapped = [*exported[:number], second, first, *exported[number + 2 :]]
        assert {"order", "chain"} <= rules(verify(swapped))
        repeated = [*exported[: number + 1], first, *exported[number + 1 :]]
        assert {"order", "chain"} <= rules(verify(repeated))


def test_a_cut_off_tail_is_noticed_even_with_a_new_last_line(exported: tuple[bytes, ...]) -> None:
    head = parsed(exported[-2])["link"]
    assert verify(exported, expected_head=head).ok
    # The last save goes, so that no reservation is left half settled.
    kept = exported[:-3]
    last = footer(len(kept) - 1, bytes.fromhex(parsed(kept[-1])["link"]))
    assert verify([*kept, last]).ok
    assert rules(verify([*kept, last], expected_head=head)) == {"chain"}


def test_an_empty_file_is_no_ledger() -> None:
    assert not verify([]).ok


class TestRulesOfAccounting:
    """Histories whose hashes are right and whose credits are not."""

    def test_the_forger_of_these_tests_changes_nothing_by_itself(
        self, exported: tuple[bytes, ...]
    ) -> None:
        assert forged(exported, lambda rows: None).ok

    def test_more_is_credited_than_was_bought(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            credited = find(rows, "wallet.credited")
            edit(
                credited,
                millicredits=11_000,
                postings=[
                    {"account": "issued", "millicredits": -11_000},
                    {"account": "available", "millicredits": 11_000},
                ],
            )

        assert rules(forged(exported, rewrite)) >= {"payment"}

    def test_postings_do_not_sum_to_zero(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            credited = find(rows, "wallet.credited")
            postings = event_of(credited)["postings"]
            postings[1]["millicredits"] += 1
            edit(credited, postings=postings)

        assert rules(forged(exported, rewrite)) >= {"postings"}

    def test_postings_go_to_the_wrong_account(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            captured = find(rows, "wallet.captured")
            postings = event_of(captured)["postings"]
            postings[1]["account"] = "refunded"
            edit(captured, postings=postings)

        assert rules(forged(exported, rewrite)) == {"postings"}

    def test_one_payment_credits_two_wallets(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            edit(find(rows, "wallet.credited", GRACE), payment_reference=f"pay-{ADA}")

        assert rules(forged(exported, rewrite)) == {"payment"}

    def test_one_purchase_is_credited_twice(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            insert_after(rows, find(rows, "wallet.credited"), payment_reference="pay-again")

        assert rules(forged(exported, rewrite)) == {"payment"}

    def test_credits_come_from_a_purchase_that_nobody_started(
        self, exported: tuple[bytes, ...]
    ) -> None:
        def rewrite(rows: list[Line]) -> None:
            edit(find(rows, "wallet.credited"), purchase_id=str(uuid5(ADA, "imagined")))

        assert rules(forged(exported, rewrite)) == {"payment"}

    def test_more_is_reserved_than_there_is(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            reserved = find(rows, "wallet.reserved", nth=2)
            draws = [{"lot": None, "millicredits": 90_000}]
            edit(
                reserved,
                millicredits=90_000,
                draws=draws,
                postings=[
                    {"account": "available", "millicredits": -90_000},
                    {"account": "reserved", "millicredits": 90_000},
                ],
            )

        assert rules(forged(exported, rewrite)) == {"balance", "reservation"}

    def test_a_reservation_spares_the_promotion_that_expires_first(
        self, exported: tuple[bytes, ...]
    ) -> None:
        def rewrite(rows: list[Line]) -> None:
            reserved = find(rows, "wallet.reserved")
            draws = [{"lot": None, "millicredits": event_of(reserved)["millicredits"]}]
            edit(reserved, draws=draws)

        assert "reservation" in rules(forged(exported, rewrite))

    def test_a_job_is_captured_twice(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            insert_after(rows, find(rows, "wallet.captured"))

        assert "reservation" in rules(forged(exported, rewrite))

    def test_a_capture_cites_no_job(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            edit(find(rows, "wallet.captured"), job_id=str(uuid5(ADA, "imagined")))

        assert "reservation" in rules(forged(exported, rewrite))

    def test_what_was_not_captured_never_comes_back(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            released = find(rows, "wallet.released")
            rows.remove(released)
            renumber(rows, released["id"])

        assert rules(forged(exported, rewrite)) == {"reservation"}

    def test_less_comes_back_than_was_left(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            edit(
                find(rows, "wallet.released"),
                millicredits=99,
                draws=[{"lot": None, "millicredits": 99}],
                postings=[
                    {"account": "reserved", "millicredits": -99},
                    {"account": "available", "millicredits": 99},
                ],
            )

        assert rules(forged(exported, rewrite)) == {"reservation", "balance"}

    def test_a_job_reserves_again_after_it_was_settled(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            settled = event_of(find(rows, "wallet.captured"))["job_id"]
            edit(find(rows, "wallet.reserved", nth=2), job_id=settled)

        assert "reservation" in rules(forged(exported, rewrite))

    def test_a_promotion_expires_before_its_time(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            promoted = find(rows, "wallet.promoted")
            event = event_of(promoted)
            expired = dict(promoted, type="wallet.promotion-expired")
            edit(
                expired,
                postings=[
                    {"account": "available", "millicredits": -500},
                    {"account": "promotional", "millicredits": 500},
                ],
            )
            assert event["millicredits"] == 500
            rows.insert(rows.index(promoted) + 1, expired)
            renumber(rows, promoted["id"])

        assert "promotion" in rules(forged(exported, rewrite))

    def test_amounts_are_whole_and_positive(self, exported: tuple[bytes, ...]) -> None:
        for amount in (0, -10_000, 10_000.0, "10000", True):

            def rewrite(rows: list[Line], amount: Any = amount) -> None:
                edit(find(rows, "wallet.credited"), millicredits=amount)

            assert not forged(exported, rewrite).ok

    def test_a_wallet_belongs_to_the_owner_of_its_id(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            edit(find(rows, "wallet.opened"), owner_id=str(uuid5(ADA, "somebody else")))

        assert "owner" in rules(forged(exported, rewrite))

    def test_a_price_list_skips_a_version(self, exported: tuple[bytes, ...]) -> None:
        def rewrite(rows: list[Line]) -> None:
            edit(find_price_list(rows), version=2)

        assert rules(forged(exported, rewrite)) == {"order"}

    def test_an_entry_of_an_unknown_kind_is_not_passed_over(
        self, exported: tuple[bytes, ...]
    ) -> None:
        def rewrite(rows: list[Line]) -> None:
            find(rows, "wallet.payment-hinted")["type"] = "wallet.gifted"

        assert "format" in rules(forged(exported, rewrite))


def test_the_verifier_runs_alone_with_nothing_but_python(
    exported: tuple[bytes, ...], tmp_path: Path
) -> None:
    alone = tmp_path / "verify.py"
    alone.write_bytes(Path(verifier.__file__).read_bytes())
    kept = tmp_path / "ledger.jsonl"
    kept.write_bytes(b"".join(exported))
    # -I: no environment, no site of ours, no current folder on the path.
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(kept)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "available 4800  reserved 400  spent 5300" in run.stdout
    kept.write_bytes(b"".join(exported[:-2]))
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(kept)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 1
