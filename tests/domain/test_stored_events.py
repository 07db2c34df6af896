"""What was stored once is read for ever, and is the same aggregate again."""

from dataclasses import MISSING, fields
from typing import Any

import msgspec
import pytest

from domain.consent_text import BIOMETRIC_RELEASE
from domain.events import (
    AGGREGATES,
    EVENT_CLASSES,
    STORED_FORM,
    UPCASTERS,
    aggregate_class,
)
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import Erased, PersonalText
from domain.kernel.stored_form import (
    STORED_EVENT_SIZE_MAX_BYTES,
    EventNotStorable,
    NoKeys,
    StoredEventUnreadable,
)
from domain.twin import Twin
from domain.twin_state import TwinState
from tests.domain.golden_streams import golden_streams
from tests.domain.lives import LIVES
from tests.domain.people import ADA, ADAS_TWIN, MONDAY, trained_twin
from tests.domain.stored import GLASS, StoredRow, read, replayed, settled, stored

GOLDEN = golden_streams()


def test_every_event_type_has_a_golden_stream() -> None:
    golden = {row.event_type for rows in GOLDEN.values() for row in rows}
    assert golden == set(STORED_FORM.event_types)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_bytes_are_replayed(name: str) -> None:
    rows = GOLDEN[name]
    aggregate: Aggregate = replayed(rows)
    assert type(aggregate) is aggregate_class(rows[0].event_type)
    assert aggregate.version == len(rows)


@pytest.mark.parametrize("name", GOLDEN)
def test_events_of_the_current_version_are_written_as_they_were(name: str) -> None:
    """But for fields that were added since: those stand behind all others, at their default."""
    for row in GOLDEN[name]:
        event = read(row)
        if msgspec.json.decode(row.data)["v"] == type(event).schema_version:
            written = STORED_FORM.encode(event, ADA, GLASS).decode()
            assert written.startswith(row.data.removesuffix("}"))
            values = msgspec.json.decode(written)
            for added in values.keys() - msgspec.json.decode(row.data).keys():
                assert values[added] == msgspec.json.decode(
                    msgspec.json.encode(default_of(type(event), added))
                )


def default_of(event_class: type[Any], name: str) -> Any:
    [field] = [field for field in fields(event_class) if field.name == name]
    return field.default if field.default_factory is MISSING else field.default_factory()


@pytest.mark.parametrize("name", LIVES)
def test_an_aggregate_from_its_bytes_is_the_aggregate(name: str) -> None:
    aggregate = LIVES[name]()
    assert settled(replayed(stored(aggregate, ADA))) == settled(aggregate)


@pytest.mark.parametrize("name", [name for name in LIVES if name.startswith("twin")])
def test_a_twin_from_any_snapshot_and_the_rest_is_the_twin(name: str) -> None:
    twin = LIVES[name]()
    rows = stored(twin, ADA)
    for cut in range(1, len(rows) + 1):
        early: Twin = replayed(rows[:cut])
        data = msgspec.json.encode(early.snapshot_state())
        state = msgspec.json.decode(data, type=TwinState)
        resumed = Twin.from_snapshot(twin.id, early.version, state)
        assert settled(replayed(rows[cut:], resumed)) == settled(twin)
        assert b"Ada in colour" not in data


def test_a_version_that_is_newer_than_the_release_is_unreadable() -> None:
    row = GOLDEN["wallet-that-saw-everything"][0]
    newer = StoredRow(
        row.event_type,
        row.originator_id,
        row.originator_version,
        row.data.replace('"v":1', '"v":2'),
    )
    with pytest.raises(StoredEventUnreadable):
        read(newer)


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"v":1}', "no json"])
def test_bytes_that_are_no_event_are_unreadable(data: str) -> None:
    with pytest.raises(StoredEventUnreadable):
        read(StoredRow("wallet.opened", ADA, 1, data))


def test_an_unknown_event_type_is_unreadable() -> None:
    with pytest.raises(StoredEventUnreadable):
        read(StoredRow("wallet.overdrawn", ADA, 1, "{}"))
    with pytest.raises(KeyError):
        aggregate_class("piggy-bank.opened")


def test_without_keys_a_name_reads_as_erased_and_the_twin_is_the_same() -> None:
    twin = trained_twin()
    rows = stored(twin, ADA)
    first = rows[0]
    created = STORED_FORM.decode(
        first.event_type, first.originator_id, 1, first.data.encode(), NoKeys()
    )
    assert isinstance(created, Twin.Created)
    assert created.name == Erased()
    assert "Ada in colour" not in first.data
    erased = created.mutate(None)
    assert erased is not None
    assert settled(replayed(rows[1:], erased)) == settled(twin)


def test_an_event_larger_than_the_limit_is_not_stored() -> None:
    novel = PersonalText("fog " * STORED_EVENT_SIZE_MAX_BYTES)
    twin = Twin.create(ADAS_TWIN, owner_id=ADA, name=novel, at=MONDAY)
    with pytest.raises(EventNotStorable):
        stored(twin, ADA)


def test_no_text_of_an_event_holds_a_nul() -> None:
    sealed = Twin.create(ADAS_TWIN, owner_id=ADA, name=PersonalText("A\x00da"), at=MONDAY)
    with pytest.raises(EventNotStorable, match="NUL"):
        stored(sealed, ADA)
    open_text = Twin.create(ADAS_TWIN, owner_id=ADA, name=PersonalText("Ada"), at=MONDAY)
    open_text.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "e\x00n", at=MONDAY)
    with pytest.raises(EventNotStorable, match="NUL"):
        stored(open_text, ADA)


def test_a_text_that_only_spells_a_nul_is_stored() -> None:
    twin = Twin.create(ADAS_TWIN, owner_id=ADA, name=PersonalText("Ada"), at=MONDAY)
    twin.sign_biometric_release(BIOMETRIC_RELEASE.sha256, "\\u0000", at=MONDAY)
    assert len(stored(twin, ADA)) == 2


def test_names_are_unique_and_begin_with_their_aggregate() -> None:
    assert len(STORED_FORM.event_types) == len(EVENT_CLASSES)
    for aggregate in AGGREGATES:
        for event_class in EVENT_CLASSES:
            if event_class.__qualname__.startswith(f"{aggregate.__name__}."):
                assert aggregate_class(event_class.TOPIC) is aggregate


def test_every_version_but_the_last_has_an_upcaster() -> None:
    for event_class in EVENT_CLASSES:
        for version in range(1, event_class.schema_version):
            assert (event_class.TOPIC, version) in UPCASTERS
