"""Rows in memory: each change sees the ones before it, and the end of it all is written once."""

from datetime import UTC, datetime

import pytest

from projections.read_model import Change, deleted, inserted, replaced, updated
from projections.rows import RowExists, Rows, RowsNotRead, TableChanges
from projections.tables import JOB_ITEMS, JOBS, TWIN_ADAPTERS, TWIN_PHOTOS, Table, key_of
from tests.projections.studio_history import ADA, GRACE
from topics.messages.fact import Fact

LIGHTHOUSE = GRACE
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def fact(position: int) -> Fact:
    return Fact(position, ADA, LIGHTHOUSE, position, "job.dreamed", b"{}", MORNING)


def after(*changes: Change, rows: Rows | None = None) -> Rows:
    """Rows after these changes, each of a fact that was folded whole."""
    found = rows or Rows()
    for change in changes:
        for table, group in change.begins:
            found.begin(table, group)
        change.make(found)
        found.settle()
    return found


def stored(table: Table, **row: object) -> Rows:
    """Rows of which the database holds one."""
    rows = Rows()
    whole = {"owner_id": ADA, "position": 1, **row}
    rows.begin(table, table.group(key_of(whole[column] for column in table.key)))
    rows.load(table, whole)
    return rows


def written(rows: Rows) -> TableChanges:
    [changes] = rows.changes()
    return changes


def test_a_row_that_is_new_and_changed_is_inserted_as_it_stands_at_the_end() -> None:
    rows = after(
        inserted(JOBS, fact(1), job_id=LIGHTHOUSE, state="requested", spent=0),
        updated(JOBS, fact(2), job_id=LIGHTHOUSE, state="started"),
        updated(JOBS, fact(3), job_id=LIGHTHOUSE, spent=lambda row: row["spent"] + 5),
        updated(JOBS, fact(4), job_id=LIGHTHOUSE, spent=lambda row: row["spent"] + 2),
    )
    changes = written(rows)
    assert changes.inserted == [
        {"owner_id": ADA, "job_id": LIGHTHOUSE, "state": "started", "spent": 7, "position": 4}
    ]
    assert (changes.updated, changes.deleted) == ([], [])


def test_of_a_stored_row_only_what_changed_is_written() -> None:
    rows = stored(JOBS, job_id=LIGHTHOUSE, state="requested", prompt="a lighthouse in fog")
    after(updated(JOBS, fact(2), job_id=LIGHTHOUSE, state="started"), rows=rows)
    [(row, changed)] = written(rows).updated
    assert changed == {"state", "position"}
    assert row["prompt"] == "a lighthouse in fog"


def test_a_stored_row_that_nothing_changed_is_not_written() -> None:
    rows = stored(JOBS, job_id=LIGHTHOUSE, state="requested")
    after(
        updated(
            JOBS, fact(2), where=lambda row: row["state"] == "ended", job_id=LIGHTHOUSE, state="x"
        ),
        rows=rows,
    )
    assert written(rows) == TableChanges(JOBS, [], [], [])


def test_a_row_that_is_not_there_does_not_change() -> None:
    rows = Rows()
    rows.begin(JOBS, key_of((ADA, LIGHTHOUSE)))
    after(updated(JOBS, fact(2), job_id=LIGHTHOUSE, state="started"), rows=rows)
    assert written(rows) == TableChanges(JOBS, [], [], [])


def test_a_key_that_is_named_in_part_means_all_rows_that_begin_like_it() -> None:
    items = [inserted(JOB_ITEMS, fact(1), job_id=LIGHTHOUSE, item=n, state="w") for n in range(3)]
    other = inserted(JOB_ITEMS, fact(1), job_id=ADA, item=0, state="w")
    rows = after(*items, other, updated(JOB_ITEMS, fact(2), job_id=LIGHTHOUSE, state="refused"))
    states = {(row["job_id"], row["item"]): row["state"] for row in written(rows).inserted}
    assert states == {**{(LIGHTHOUSE, n): "refused" for n in range(3)}, (ADA, 0): "w"}


def test_rows_of_the_same_group_with_another_beginning_do_not_change() -> None:
    rows = Rows()
    rows.begin(TWIN_PHOTOS, key_of((ADA, GRACE)))
    photos = [
        replaced(TWIN_PHOTOS, fact(1), twin_id=GRACE, submission_id=one, photo_id=one, state="new")
        for one in (ADA, GRACE)
    ]
    seen = updated(TWIN_PHOTOS, fact(2), twin_id=GRACE, submission_id=ADA, state="accepted")
    after(*photos, seen, rows=rows)
    states = {row["submission_id"]: row["state"] for row in written(rows).inserted}
    assert states == {ADA: "accepted", GRACE: "new"}


def test_a_row_that_goes_and_comes_back_is_changed() -> None:
    rows = stored(TWIN_ADAPTERS, twin_id=GRACE, engine="pocket", rank=8)
    gone = deleted(TWIN_ADAPTERS, fact(2), twin_id=GRACE)
    after(gone, rows=rows)
    assert written(rows).deleted == [{"owner_id": ADA, "twin_id": GRACE, "engine": "pocket"}]
    after(replaced(TWIN_ADAPTERS, fact(3), twin_id=GRACE, engine="pocket", rank=16), rows=rows)
    [(row, changed)] = written(rows).updated
    assert row["rank"] == 16
    assert {"rank", "position"} <= changed


def test_a_new_row_that_goes_was_never_there() -> None:
    rows = Rows()
    rows.begin(TWIN_ADAPTERS, key_of((ADA, GRACE)))
    after(
        replaced(TWIN_ADAPTERS, fact(1), twin_id=GRACE, engine="pocket", rank=16),
        deleted(TWIN_ADAPTERS, fact(2), twin_id=GRACE),
        rows=rows,
    )
    assert written(rows) == TableChanges(TWIN_ADAPTERS, [], [], [])


def test_a_fact_that_fails_in_the_middle_leaves_no_trace() -> None:
    rows = after(inserted(JOBS, fact(1), job_id=LIGHTHOUSE, state="requested"))
    updated(JOBS, fact(2), job_id=LIGHTHOUSE, state="started").make(rows)
    item = inserted(JOB_ITEMS, fact(2), job_id=LIGHTHOUSE, item=0)
    rows.begin(JOB_ITEMS, key_of((ADA, LIGHTHOUSE)))
    item.make(rows)
    rows.add(JOB_ITEMS, {"item": 1})
    with pytest.raises(RowExists):
        inserted(JOBS, fact(2), job_id=LIGHTHOUSE, state="requested").make(rows)
    rows.undo()
    found = {changes.table: changes.inserted for changes in rows.changes() if changes.inserted}
    assert [(row["state"], row["position"]) for row in found.pop(JOBS)] == [("requested", 1)]
    assert found == {}


def test_rows_that_no_change_asked_for_are_not_taken_for_absent() -> None:
    with pytest.raises(RowsNotRead):
        Rows().get(JOBS, key_of((ADA, LIGHTHOUSE)))
