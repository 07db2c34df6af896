"""The committed document says what this release does, and no released event has changed."""

from pathlib import Path

import jsonschema
import msgspec
import pytest

from domain.events import STORED_FORM, UPCASTERS
from processes.event_schemas import event_schemas
from tests.domain.golden_streams import golden_streams
from topics.asyncapi import rendered
from topics.message_schemas import (
    RELEASED_EVENTS,
    broken_promises,
    release,
    released,
)

ROOT = Path(__file__).parents[2]
PROMISES = released(RELEASED_EVENTS)
GOLDEN = golden_streams()


def test_the_committed_document_is_the_generated_one() -> None:
    committed = (ROOT / "topics" / "asyncapi.json").read_bytes()
    assert committed == rendered(event_schemas()), "run `suite topics asyncapi`"


def test_every_event_of_this_release_has_a_released_schema() -> None:
    assert event_schemas().keys() <= PROMISES.keys(), "run `suite topics asyncapi`"


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_a_released_event_only_ever_gains_optional_fields(name: str) -> None:
    event_type, _, version = name.rpartition(".v")
    current = event_schemas()
    if name in current:
        assert broken_promises(PROMISES[name], current[name]) == []
    else:
        # An older version is kept readable by an upcaster, for as long as it may be stored.
        assert event_type in STORED_FORM.event_types
        assert (event_type, int(version)) in UPCASTERS


def test_releasing_again_changes_no_promise(tmp_path: Path) -> None:
    lamp = {"lamp.lit.v1": {"type": "object"}}
    assert release(lamp, tmp_path) == ["lamp.lit.v1"]
    assert release({"lamp.lit.v1": {"type": "string"}}, tmp_path) == []
    assert released(tmp_path) == lamp


@pytest.mark.parametrize("stream", GOLDEN)
def test_what_was_stored_fits_the_released_schema(stream: str) -> None:
    for row in GOLDEN[stream]:
        value = msgspec.json.decode(row.data)
        promised = PROMISES[f"{row.event_type}.v{value['v']}"]
        jsonschema.validate(value, promised, cls=jsonschema.Draft202012Validator)


def test_an_event_without_its_fields_does_not_fit_its_schema() -> None:
    requested = PROMISES["job.requested.v1"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"v": 1}, requested, cls=jsonschema.Draft202012Validator)
