"""A file that somebody changed after it was exported: each change is a finding, and no crash."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from processes.audit import verify as verifier
from processes.audit.verify import FINDINGS_MAX, LINE_LENGTH_MAX, verify, verify_file
from processes.cli import cli
from tests.audit.ledger_file import (
    TOLD,
    Line,
    edit,
    find,
    footer,
    forgery,
    parsed,
    rules,
    withheld,
    written,
)
from tests.projections.studio_history import ADA, GRACE

Lines = tuple[bytes, ...]
CREDITED = "wallet.credited"


def with_row(lines: Lines, row: Line, changed: bytes) -> list[bytes]:
    """The file with another line in the place of a row."""
    place = row["position"]
    return [*lines[:place], changed, *lines[place + 1 :]]


def changed(event_type: str, **fields: Any) -> Callable[[Lines], list[bytes]]:
    def change(lines: Lines) -> list[bytes]:
        row = find(rows_of(lines), event_type)
        return with_row(lines, row, written({**row, **fields}))

    return change


def rewritten(event_type: str, old: bytes, new: bytes) -> Callable[[Lines], list[bytes]]:
    def change(lines: Lines) -> list[bytes]:
        row = find(rows_of(lines), event_type)
        line = lines[row["position"]]
        assert old in line
        return with_row(lines, row, line.replace(old, new, 1))

    return change


def inserted(line: bytes) -> Callable[[Lines], list[bytes]]:
    return lambda lines: [*lines[:5], line, *lines[5:]]


def rows_of(lines: Lines) -> list[Line]:
    return [parsed(line) for line in lines[1:-1]]


def of_others(lines: Lines) -> Line:
    return next(row for row in rows_of(lines) if "data" not in row)


def hidden(lines: Lines, hides: Callable[[Line], bool]) -> list[bytes]:
    rows = [withheld(row) if "data" in row and hides(row) else row for row in rows_of(lines)]
    return [lines[0], *map(written, rows), lines[-1]]


def its_last_row(lines: Lines) -> list[bytes]:
    last = [row for row in rows_of(lines) if row.get("owner") == str(ADA)][-1]
    return hidden(lines, lambda row: row["position"] == last["position"])


def named_other(lines: Lines) -> list[bytes]:
    last = [row for row in rows_of(lines) if row.get("owner") == str(GRACE)][-1]
    return with_row(lines, last, written({**withheld(last), "class": "other"}))


def moved_to_another_row(lines: Lines) -> list[bytes]:
    grant, credit = find(rows_of(lines), "wallet.promoted"), find(rows_of(lines), CREDITED)
    told = {name: grant[name] for name in TOLD}
    return with_row(lines, credit, written({**credit, **told, "content": grant["content"]}))


def later_by_a_second(lines: Lines) -> list[bytes]:
    row = of_others(lines)
    return with_row(lines, row, written({**row, "recorded_at_us": row["recorded_at_us"] + 10**6}))


def said_to_be_the_ledgers(lines: Lines) -> list[bytes]:
    row = of_others(lines)
    return with_row(lines, row, written({**row, "class": "ledger"}))


def with_an_old_digest(lines: Lines) -> list[bytes]:
    row = of_others(lines)
    shown = {name: value for name, value in row.items() if name != "link"}
    return with_row(lines, row, written({**shown, "digest": "00" * 32, "link": row["link"]}))


def in_base64(lines: Lines) -> list[bytes]:
    row = find(rows_of(lines), CREDITED)
    data = row.pop("data")
    return with_row(lines, row, written({**row, "base64": b64encode(data).decode()}))


DEEP = 60_000
ANCHOR = b'{"anchor":4,"commitment":"' + b"0" * 64 + b'","link":"' + b"0" * 64 + b'"}\n'

MUTATIONS: dict[str, tuple[str, Callable[[Lines], list[bytes]]]] = {
    "the last row of a wallet shows no content": ("withheld", its_last_row),
    "a whole wallet shows no content": (
        "withheld",
        lambda lines: hidden(lines, lambda row: row["owner"] == str(GRACE)),
    ),
    "the price list shows no content": (
        "withheld",
        lambda lines: hidden(lines, lambda row: row["type"].startswith("price-list")),
    ),
    "nothing shows its content": ("withheld", lambda lines: hidden(lines, lambda row: True)),
    "a row in the middle shows no content": (
        "withheld",
        lambda lines: hidden(lines, lambda row: row["type"] == "wallet.promoted"),
    ),
    "a row without content is said to be another's": ("chain", named_other),
    "a row with content is said to be another's": (
        "class",
        changed(CREDITED, **{"class": "other"}),
    ),
    "another's row is said to be the ledger's": ("withheld", said_to_be_the_ledgers),
    "the content is another row's": ("chain", moved_to_another_row),
    "another's row was recorded later": ("chain", later_by_a_second),
    "a row was recorded at the beginning": ("time", changed(CREDITED, recorded_at_us=0)),
    "the owner is another": ("owner", changed(CREDITED, owner=str(GRACE))),
    "the owner is nobody": ("owner", changed(CREDITED, owner="0" * 36)),
    "the owner is in capitals": ("owner", changed(CREDITED, owner=str(ADA).upper())),
    "the wallet is another": ("digest", changed(CREDITED, id=str(GRACE))),
    "the wallet is in capitals": ("format", changed("wallet.opened", id=str(ADA).upper())),
    "the version is another": ("digest", changed(CREDITED, version=9)),
    "the type is another": ("digest", changed(CREDITED, type="wallet.promoted")),
    "the event has a space more": ("digest", rewritten(CREDITED, b'"v":1', b'"v": 1')),
    "the amount is another": ("digest", rewritten(CREDITED, b":10000", b":90000")),
    "the event is in base64": ("format", in_base64),
    "a row is missing": ("order", lambda lines: [*lines[:9], *lines[10:]]),
    "a row is there twice": ("order", lambda lines: [*lines[:9], lines[8], *lines[9:]]),
    "two rows are swapped": (
        "order",
        lambda lines: [*lines[:8], lines[9], lines[8], *lines[10:]],
    ),
    "a position is skipped": ("order", changed(CREDITED, position=900)),
    "a link is empty": ("chain", changed(CREDITED, link="00" * 32)),
    "a link is short": ("format", changed(CREDITED, link="00" * 31)),
    "a link is in capitals": ("format", changed(CREDITED, link="AB" * 32)),
    "a link is no hex": ("format", changed(CREDITED, link="xy" * 32)),
    "a row shows a digest of before": ("chain", with_an_old_digest),
    "an anchor stands among rows of today": ("chain", inserted(ANCHOR)),
    "the first line is missing": ("format", lambda lines: [*lines[1:]]),
    "the first line is there twice": ("format", lambda lines: [lines[0], *lines]),
    "the format is unknown": (
        "format",
        lambda lines: [b'{"format":"suite.ledger.v3"}\n', *lines[1:]],
    ),
    "the format is said to be of before": (
        "format",
        lambda lines: [b'{"format":"suite.ledger.v1"}\n', *lines[1:]],
    ),
    "the last line is missing": ("format", lambda lines: [*lines[:-1]]),
    "the last line is there twice": ("format", lambda lines: [*lines, lines[-1]]),
    "the last line counts another number": (
        "chain",
        lambda lines: [*lines[:-1], footer(9, bytes.fromhex(parsed(lines[-1])["head"]))],
    ),
    "the last line names another head": (
        "chain",
        lambda lines: [*lines[:-1], footer(len(lines) - 2, bytes(32))],
    ),
    "the last line names the head in capitals": (
        "chain",
        lambda lines: [
            *lines[:-1],
            lines[-1].upper().replace(b"ROWS", b"rows").replace(b"HEAD", b"head"),
        ],
    ),
    "rows come behind the last line": ("format", lambda lines: [*lines, lines[5]]),
    "there is nothing": ("format", lambda lines: []),
    "a line is empty": ("format", inserted(b"\n")),
    "a line is half of one": ("format", inserted(b"{")),
    "a line is a list": ("format", inserted(b"[]\n")),
    "a line is null": ("format", inserted(b"null\n")),
    "a line is an empty object": ("format", inserted(b"{}\n")),
    "a line is deep": ("format", inserted(b"[" * DEEP + b"\n")),
    "a line is deep and whole": ("format", inserted(b'{"a":' * 9_000 + b"1" + b"}" * 9_000)),
    "a line is long": ("format", inserted(b"x" * (LINE_LENGTH_MAX + 1) + b"\n")),
    "a line is no UTF-8": ("format", inserted(b'{"position":"\xff"}\n')),
    "a line is NUL": ("format", inserted(b"\x00" * 40 + b"\n")),
    "a line holds a number without end": ("format", inserted(b'{"rows":' + b"9" * 9_000 + b"}\n")),
    "a line counts no rows": ("chain", inserted(b'{"rows":null,"head":null}\n')),
    "a line counts rows and no head": ("format", inserted(b'{"rows":5}\n')),
    "an event is no UTF-8": ("digest", rewritten(CREDITED, b'"v":1', b'"v":"\xff"')),
    "a version is negative": ("format", changed(CREDITED, version=-1)),
    "a version is zero": ("format", changed(CREDITED, version=0)),
    "a version is huge": ("format", changed(CREDITED, version=10**40)),
    "a version is a text": ("format", changed(CREDITED, version="4")),
    "a position is negative": ("format", changed(CREDITED, position=-1)),
    "a position is huge": ("format", changed(CREDITED, position=10**40)),
    "a position is a fraction": ("format", changed(CREDITED, position=1.5)),
    "a position is a text": ("format", changed(CREDITED, position="one")),
    "a position has a zero before it": ("format", rewritten(CREDITED, b'tion":', b'tion":0')),
    "a time is negative": ("format", changed(CREDITED, recorded_at_us=-5)),
    "a class is unknown": ("format", changed(CREDITED, **{"class": "secret"})),
    "a type is no type": ("format", changed(CREDITED, type="Wallet Credited")),
    "a row says more": ("format", lambda lines: [lines[0], b'{"x":1,' + lines[1][1:], *lines[2:]]),
    "a row says its position twice": (
        "format",
        lambda lines: [lines[0], b'{"position":9,' + lines[1][1:], *lines[2:]],
    ),
    "a row has spaces": (
        "format",
        lambda lines: [lines[0], lines[1].replace(b",", b", "), *lines[2:]],
    ),
    "lines end as on Windows": (
        "format",
        lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    ),
    "the file begins with a byte order mark": (
        "format",
        lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]],
    ),
}


def test_the_corpus_is_large() -> None:
    assert len(MUTATIONS) >= 60


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_changed_file_is_noticed_where(name: str, exported: Lines) -> None:
    rule, mutate = MUTATIONS[name]
    lines = mutate(exported)
    assert lines != list(exported)
    report = verify(lines)
    assert rule in rules(report)
    assert all(finding.line <= len(lines) for finding in report.findings)


def test_a_finding_names_its_line(exported: Lines) -> None:
    report = verify(inserted(b"{}\n")(exported))
    assert [finding.line for finding in report.findings if finding.rule == "format"] == [6]


def test_findings_are_counted_beyond_those_that_are_kept(exported: Lines) -> None:
    report = verify([exported[0], *[b"?\n"] * (FINDINGS_MAX + 50)])
    assert len(report.findings) == FINDINGS_MAX
    assert report.findings_in_all == FINDINGS_MAX + 51


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda head: f" {head}\n"])
def test_a_noted_head_may_be_written_in_capitals(
    exported: Lines, spelling: Callable[[str], str]
) -> None:
    head = parsed(exported[-1])["head"]
    assert verify(exported, expected_head=spelling(head)).ok


@pytest.mark.parametrize("head", ["", "ab", "xy" * 32, "ä" * 64, "0" * 63, "00" * 33])
def test_what_is_no_link_never_occurs(exported: Lines, head: str) -> None:
    assert rules(verify(exported, expected_head=head)) == {"chain"}


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", "-S", str(verifier.__file__), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"[" * DEEP, b"x" * (3 * LINE_LENGTH_MAX), b"", b'{"format":"\xed\xa0\x80"}'],
)
def test_whatever_is_in_the_file_there_is_no_stack_trace(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(content)
    done = run(str(path))
    assert (done.returncode, done.stderr) == (1, "")
    assert "line 1, position 0: format: " in done.stdout or not content
    again = CliRunner().invoke(cli, ["audit", "verify", str(path)])
    assert again.exit_code == 1
    assert again.exception is None or isinstance(again.exception, SystemExit)


@pytest.mark.parametrize("name", ["missing.jsonl", ".", "\x01"])
def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path, name: str) -> None:
    done = run(str(tmp_path / name))
    assert (done.returncode, done.stderr) == (1, "")
    assert "file: cannot be read" in done.stdout
    assert "file" in rules(verify_file(tmp_path / name))


def test_a_long_line_is_one_finding_and_is_not_kept(tmp_path: Path, exported: Lines) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(inserted(b"x" * (5 * LINE_LENGTH_MAX) + b"\n")(exported)))
    report = verify_file(path)
    assert [(finding.line, finding.rule) for finding in report.findings] == [(6, "format")]


def test_what_a_file_says_moves_no_terminal(tmp_path: Path, exported: Lines) -> None:
    path = tmp_path / "ledger.jsonl"
    clears_the_screen = "\x1b[2J\ud800"
    lines = forgery(
        exported, lambda rows: edit(find(rows, "wallet.captured"), job_id=clears_the_screen)
    )
    path.write_bytes(b"".join(lines))
    done = run(str(path), "--head", "\x1b[2J")
    assert (done.returncode, done.stderr) == (1, "")
    assert "nothing is reserved for job \\x1b[2J" in done.stdout
    assert "\x1b" not in done.stdout
