"""The committed document is AsyncAPI 3.0 as its authors define it, and every reference leads on."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SCHEMA = Path(__file__).parent / "asyncapi_spec" / "asyncapi-3.0.0.json"
DOCUMENT = Path(__file__).parents[2] / "topics" / "asyncapi.json"


@pytest.fixture(scope="module")
def specification() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return found


def test_the_document_is_what_the_specification_allows(
    specification: jsonschema.Draft7Validator, document: dict[str, Any]
) -> None:
    assert [error.message for error in specification.iter_errors(document)] == []


def _misspell_an_address(document: dict[str, Any]) -> None:
    channel = document["channels"]["suite.facts.v1"]
    channel["adress"] = channel.pop("address")


def _count_partitions_in_words(document: dict[str, Any]) -> None:
    document["channels"]["suite.facts.v1"]["bindings"]["kafka"]["partitions"] = "twelve"


def _act_otherwise(document: dict[str, Any]) -> None:
    document["operations"]["send.suite.facts.v1"]["action"] = "publish"


@pytest.mark.parametrize(
    "spoil", [_misspell_an_address, _count_partitions_in_words, _act_otherwise]
)
def test_a_spoilt_document_is_not_what_the_specification_allows(
    specification: jsonschema.Draft7Validator,
    document: dict[str, Any],
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    spoil(document)
    assert not specification.is_valid(document)


def test_every_reference_leads_to_something(document: dict[str, Any]) -> None:
    references = set(_references(document))
    assert references
    assert [one for one in sorted(references) if _target(document, one) is None] == []


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for word, content in part.items():
            if word == "$ref":
                yield content
            else:
                yield from _references(content)
    elif isinstance(part, list):
        for one in part:
            yield from _references(one)


def _target(document: dict[str, Any], reference: str) -> Any:
    place: Any = document
    for word in reference.removeprefix("#/").split("/"):
        place = place.get(word.replace("~1", "/").replace("~0", "~"))
        if place is None:
            return None
    return place
