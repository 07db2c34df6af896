"""Ledgers that begin in an earlier release: they verify, and hide no more than they ever could."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.event_store.chain import (
    GENESIS,
    Anchor,
    ChainedEvent,
    anchor_of,
    commitment_of,
    digest_v1_of,
    link_of,
    link_v1_of,
)
from adapters.event_store.log import EventLog
from adapters.postgres.embedded import EmbeddedPostgres
from processes.audit.verify import verify, verify_file
from tests.audit.ledger_file import (
    Line,
    anchor_line,
    find,
    footer,
    forged,
    forgery,
    lines_of,
    parsed,
    rules,
    withheld,
    written,
)
from tests.projections.studio_history import ADA, GRACE, StudioHistory
from tests.store_of_before import StoreOfBefore, opened_store_of_before

GOLDEN = Path(__file__).parent / "golden" / "ledger_v1.jsonl"
"""Written by the last release whose exports were of the first version. Never written again."""

OLD_ROWS = 60
Lines = tuple[bytes, ...]


@pytest.fixture(scope="module")
def golden() -> Lines:
    return tuple(GOLDEN.read_bytes().splitlines(keepends=True))


def test_an_export_of_before_still_verifies(golden: Lines) -> None:
    report = verify(golden)
    assert report.findings == ()
    assert (report.rows, report.ledger_rows) == (95, 23)
    assert {owner: balance[:3] for owner, balance in report.balances.items()} == {
        str(ADA): (4_800, 400, 5_300),
        str(GRACE): (5_200, 0, 5_300),
    }
    assert verify_file(GOLDEN, expected_head=report.head_link.upper()).ok


def test_of_an_export_of_before_the_output_says_what_it_may_hide(golden: Lines) -> None:
    head = parsed(golden[-1])["head"]
    rows = [parsed(line) for line in golden]
    last = max(place for place, row in enumerate(rows) if row.get("type", "").startswith("wallet"))
    hidden = {name: rows[last][name] for name in ("position", "digest", "link")}
    report = verify([*golden[:last], written(hidden), *golden[last + 1 :]], expected_head=head)
    assert any("may have been the ledger's" in note for note in report.notes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":-1'),
        (b'"version":1', b'"version":1' + b"0" * 30),
        (b'"version":1', b'"version":true'),
        (b'"position":1', b'"position":-1'),
        (b'"position":1', b'"position":null'),
        (b'"data":"', b'"data":"!'),
        (b'"data":"', b'"data":"AAAA'),
        (b'"type":"', b'"type":"x'),
        (b'"link":"', b'"link":"zz'),
        (b'"digest":"', b'"digest":"\xff'),
        (b'"position":1', b'"position":1,"position":1'),
    ],
)
def test_a_change_to_an_export_of_before_is_a_finding(
    golden: Lines, old: bytes, new: bytes
) -> None:
    assert old in golden[1]
    assert not verify([golden[0], golden[1].replace(old, new, 1), *golden[2:]]).ok


def begun_before(
    rows: list[ChainedEvent], old_rows: int = OLD_ROWS
) -> tuple[list[ChainedEvent], Anchor]:
    """The same history, whose first rows an earlier release wrote."""
    link, commitment = GENESIS, GENESIS
    chained: list[ChainedEvent] = []
    anchor: Anchor | None = None
    for row in rows:
        if row.position <= old_rows:
            told = (row.originator_id, row.originator_version, row.event_type, row.data)
            digest = digest_v1_of(*told)
            link, commitment = link_v1_of(link, digest), commitment_of(commitment, row.digest_v2)
            chained.append(replace(row, recorded_class=None, digest=digest, link=link))
            if row.position == old_rows:
                anchor = anchor_of(row.position, link, commitment)
                link = anchor.link
        else:
            link = link_of(link, row.digest)
            chained.append(replace(row, link=link))
    assert anchor is not None
    return chained, anchor


@pytest.fixture(scope="module")
def migrated(history: StudioHistory) -> Lines:
    return lines_of(*begun_before(history.rows))


def test_rows_of_two_releases_verify_as_one_chain(
    history: StudioHistory, migrated: Lines, exported: Lines
) -> None:
    report = verify(migrated)
    assert report.findings == ()
    assert report.rows == history.position
    assert report.balances == verify(exported).balances
    rows, anchor = begun_before(history.rows)
    for noted in (rows[3].link, rows[OLD_ROWS - 1].link, anchor.link, rows[-1].link):
        assert verify(migrated, expected_head=noted.hex()).ok


def test_a_head_noted_before_the_anchor_proves_less_and_the_output_says_so(
    history: StudioHistory, migrated: Lines
) -> None:
    rows, _ = begun_before(history.rows)
    [note] = verify(migrated, expected_head=rows[3].link.hex()).notes
    assert "rest on the anchor alone" in note
    assert verify(migrated, expected_head=rows[-1].link.hex()).notes == ()


def test_a_store_that_was_migrated_and_not_used_since_verifies(history: StudioHistory) -> None:
    report = verify(lines_of(*begun_before(history.rows, history.position)))
    assert report.findings == ()
    assert report.head_position == history.position


def of_before(lines: Lines, hides: Callable[[Line], bool]) -> list[bytes]:
    rows = [parsed(line) for line in lines]
    return [
        written(withheld(row)) if "digest" in row and "data" in row and hides(row) else line
        for row, line in zip(rows, lines, strict=True)
    ]


def edited(**fields: object) -> Callable[[Lines], list[bytes]]:
    def edit(lines: Lines) -> list[bytes]:
        rows = [parsed(line) for line in lines]
        credited = find(rows, "wallet.credited")
        assert "digest" in credited
        return [
            written({**row, **fields}) if row is credited else line
            for row, line in zip(rows, lines, strict=True)
        ]

    return edit


def anchor_at(lines: Lines) -> int:
    return next(place for place, line in enumerate(lines) if line.startswith(b'{"anchor"'))


def named_other(lines: Lines) -> list[bytes]:
    rows = [parsed(line) for line in lines]
    row = next(row for row in rows if row.get("type") == "wallet.promoted")
    return [
        written({**withheld(row), "class": "other"}) if one is row else line
        for one, line in zip(rows, lines, strict=True)
    ]


def anchor_moved(lines: Lines, by: int) -> list[bytes]:
    place = anchor_at(lines)
    moved = [*lines[:place], *lines[place + 1 :]]
    moved.insert(place + by, lines[place])
    return moved


def anchor_with(**fields: object) -> Callable[[Lines], list[bytes]]:
    def change(lines: Lines) -> list[bytes]:
        place = anchor_at(lines)
        changed = written({**parsed(lines[place]), **fields})
        return [*lines[:place], changed, *lines[place + 1 :]]

    return change


MUTATIONS: dict[str, tuple[str, Callable[[Lines], list[bytes]]]] = {
    "an old row of the ledger shows no content": (
        "withheld",
        lambda lines: of_before(lines, lambda row: row["type"] == "wallet.promoted"),
    ),
    "no old row of the ledger shows its content": (
        "withheld",
        lambda lines: of_before(lines, lambda row: True),
    ),
    "an old row of the ledger is said to be another's": ("chain", named_other),
    "an old row has another time": ("chain", edited(recorded_at_us=1)),
    "an old row has another owner": ("owner", edited(owner=str(GRACE))),
    "an old row has another digest": ("digest", edited(digest="00" * 32)),
    "an old row has another content": ("digest", edited(content="00" * 32)),
    "the anchor is missing": (
        "chain",
        lambda lines: [*lines[: anchor_at(lines)], *lines[anchor_at(lines) + 1 :]],
    ),
    "the anchor is there twice": (
        "chain",
        lambda lines: [
            *lines[: anchor_at(lines)],
            lines[anchor_at(lines)],
            *lines[anchor_at(lines) :],
        ],
    ),
    "the anchor comes a row early": ("chain", lambda lines: anchor_moved(lines, -1)),
    "the anchor comes a row late": ("chain", lambda lines: anchor_moved(lines, 1)),
    "the anchor names another position": ("chain", anchor_with(anchor=3)),
    "the anchor commits to other rows": ("chain", anchor_with(commitment="00" * 32)),
    "the anchor has another link": ("chain", anchor_with(link="00" * 32)),
    "the anchor has half a link": ("format", anchor_with(link="0")),
    "the file ends before the anchor": (
        "chain",
        lambda lines: [
            *lines[: anchor_at(lines)],
            footer(OLD_ROWS, bytes.fromhex(parsed(lines[anchor_at(lines) - 1])["link"])),
        ],
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_changed_file_of_two_releases_is_noticed(name: str, migrated: Lines) -> None:
    rule, mutate = MUTATIONS[name]
    assert rule in rules(verify(mutate(migrated)))


def test_rows_of_today_cannot_be_shown_as_rows_of_before(exported: Lines) -> None:
    """Or a forger could hide them behind an anchor of their own, and keep the noted head."""
    link, commitment = GENESIS, GENESIS
    shown: list[bytes] = [exported[0]]
    for line in exported[1:-1]:
        row = parsed(line)
        link = bytes.fromhex(row["link"])
        hidden = {**withheld(row), "class": "other", "digest": row["content"]}
        shown.append(
            written(
                {
                    name: hidden[name]
                    for name in ("position", "recorded_at_us", "class", "content", "digest", "link")
                }
            )
        )
    anchor = anchor_of(len(shown) - 1, link, commitment)
    file = [*shown, anchor_line(anchor), footer(len(shown) - 1, anchor.link)]
    assert "chain" in rules(verify(file, expected_head=link.hex()))


def test_whoever_makes_the_anchor_anew_is_caught_by_a_head_noted_after_it(
    history: StudioHistory, migrated: Lines
) -> None:
    def hides_graces_wallet(rows: list[Line]) -> None:
        for place, row in enumerate(rows):
            if row.get("owner") == str(GRACE):
                rows[place] = {**withheld(row), "class": "other"}

    rows, _ = begun_before(history.rows)
    assert forgery(migrated, lambda _: None) == list(migrated)
    assert forged(migrated, hides_graces_wallet, expected_head=rows[3].link.hex()).ok
    later = forged(migrated, hides_graces_wallet, expected_head=rows[-1].link.hex())
    assert rules(later) == {"chain"}


@pytest.fixture
def store_of_before(postgres_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[StoreOfBefore]:
    with opened_store_of_before(postgres_server, tmp_path) as store:
        yield store


def test_a_database_of_before_is_migrated_and_its_noted_head_is_still_accepted(
    store_of_before: StoreOfBefore, history: StudioHistory
) -> None:
    store_of_before.write_facts(history.facts[:OLD_ROWS])
    noted = store_of_before.head()
    store_of_before.migrate()
    store_of_before.write_facts(history.facts[OLD_ROWS:])
    with EventLog(store_of_before.url) as log:
        lines = lines_of(log.chained(), log.anchor())
    for head in (noted, store_of_before.head()):
        report = verify(lines, expected_head=head.hex())
        assert report.findings == ()
    assert report.rows == history.position
    assert {owner: balance[:3] for owner, balance in report.balances.items()} == {
        str(ADA): (4_800, 400, 5_300),
        str(GRACE): (5_200, 0, 5_300),
    }


def test_before_a_database_is_migrated_the_operator_is_told(
    store_of_before: StoreOfBefore, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "processes.cli", "audit", "export", str(tmp_path / "ledger.jsonl")],
        env={**os.environ, "SUITE_DATABASE_URL": store_of_before.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "`suite migrate` goes first" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_superuser_changes_of_an_old_row_of_others_is_noticed(
    store_of_before: StoreOfBefore, history: StudioHistory
) -> None:
    store_of_before.write_facts(history.facts[:OLD_ROWS])
    store_of_before.migrate()
    place = next(f.position for f in history.facts if f.event_type.startswith("twin."))
    store_of_before.tamper(
        f"UPDATE events.stored_events SET data = '{{}}' WHERE notification_id = {place}"
    )
    with EventLog(store_of_before.url) as log:
        report = verify(lines_of(log.chained(), log.anchor()))
    assert rules(report) == {"chain"}
