"""Released schemas are promises: only an additional optional field keeps them."""

import copy
from typing import Any

import jsonschema
import msgspec
import pytest

from tests.topics.sample_messages import SAMPLES, encoded
from topics.asyncapi import document
from topics.asyncapi import rendered as rendered_document
from topics.codec import message_type
from topics.message_schemas import (
    RELEASED,
    Schema,
    broken_promises,
    message_schemas,
    released,
)
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact
from topics.registry import TOPICS

EVENT: dict[str, Schema] = {
    "job.rendered.v1": {"type": "object", "properties": {"v": {"type": "integer"}}}
}
OURS = [name for name, one in SAMPLES.items() if not isinstance(one, Fact | DeadLetter)]
"""Messages whose value is not somebody else's bytes."""


class Before(msgspec.Struct, tag="lamp.lit"):
    keeper: str
    hours: int | None = None


def schema(kind: Any) -> Schema:
    return msgspec.json.schema(kind)


def test_every_released_schema_is_kept() -> None:
    current = message_schemas()
    promises = released(RELEASED)
    assert promises.keys() == current.keys()
    for name, promised in promises.items():
        assert broken_promises(promised, current[name]) == [], name


def test_an_additional_optional_field_is_compatible() -> None:
    class After(msgspec.Struct, tag="lamp.lit"):
        keeper: str
        hours: int | None = None
        oil: str = "whale"

    assert broken_promises(schema(Before), schema(After)) == []


class Required(msgspec.Struct, tag="lamp.lit"):
    keeper: str
    oil: str
    hours: int | None = None


class Gone(msgspec.Struct, tag="lamp.lit"):
    keeper: str


class Retyped(msgspec.Struct, tag="lamp.lit"):
    keeper: int
    hours: int | None = None


class Renamed(msgspec.Struct, tag="lamp.burning"):
    keeper: str
    hours: int | None = None


class NoLongerNull(msgspec.Struct, tag="lamp.lit"):
    keeper: str
    hours: int = 0


@pytest.mark.parametrize("after", [Required, Gone, Retyped, Renamed, NoLongerNull])
def test_any_other_change_breaks_the_promise(after: type) -> None:
    assert broken_promises(schema(Before), schema(after)) != []


def test_a_change_inside_a_nested_struct_is_found() -> None:
    promised = message_schemas()["job.granted.v1"]
    changed = copy.deepcopy(promised)
    del changed["$defs"]["Upload"]["properties"]["size_bytes_max"]
    assert broken_promises(promised, changed) != []


class Buoy(msgspec.Struct, tag="buoy"):
    number: int


class Horn(msgspec.Struct, tag="horn"):
    seconds: int


class LouderHorn(msgspec.Struct, tag="horn"):
    seconds: float


class Tower(msgspec.Struct, tag="tower"):
    height_m: int


def test_a_further_kind_of_part_is_compatible() -> None:
    assert broken_promises(schema(Buoy | Horn), schema(Buoy | Horn | Tower)) == []
    assert broken_promises(schema(Buoy | Horn), schema(Tower | Horn | Buoy)) == []


@pytest.mark.parametrize("after", [Buoy | Tower, Buoy | LouderHorn | Tower, Horn | Tower])
def test_a_kind_of_part_stays_and_stays_as_it_was(after: Any) -> None:
    assert broken_promises(schema(Buoy | Horn), schema(after)) != []


@pytest.mark.parametrize("name", OURS)
def test_what_is_published_fits_its_schema(name: str) -> None:
    message = SAMPLES[name]
    value = msgspec.json.decode(encoded(message).value)
    found = message_schemas()[f"{message_type(type(message))}.v1"]
    jsonschema.validate(value, found, cls=jsonschema.Draft202012Validator)


def test_the_document_names_every_topic_and_every_message() -> None:
    made = document(EVENT)
    assert set(made["channels"]) == {topic.name for topic in TOPICS}
    assert set(made["components"]["messages"]) == {
        "dead-letter",
        "fact.job.rendered.v1",
        *message_schemas(),
    }
    assert set(made["channels"]["suite.facts.v1"]["messages"]) == {
        "fact.job.rendered.v1",
        "watermark.v1",
    }


def test_every_reference_in_the_document_leads_somewhere() -> None:
    made = msgspec.json.decode(rendered_document(EVENT))

    def check(part: Any) -> None:
        if isinstance(part, dict):
            for word, content in part.items():
                if word == "$ref":
                    follow(content)
                check(content)
        elif isinstance(part, list):
            for one in part:
                check(one)

    def follow(reference: str) -> None:
        found = made
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]

    check(made)


def test_the_schemas_in_the_document_are_those_of_the_messages() -> None:
    message = SAMPLES["job.granted.image"]
    made = document({})
    pointer = {"$ref": "#/components/schemas/job.granted.v1", "components": made["components"]}
    value = msgspec.json.decode(encoded(message).value)
    jsonschema.validate(value, pointer, cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            value | {"attempt": "first"}, pointer, cls=jsonschema.Draft202012Validator
        )
