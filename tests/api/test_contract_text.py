"""The committed contract is the one that the code answers."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema as build_from_text
from graphql import parse, validate

from api.documents import _LIMITS, _RULES
from api.mutations.jobs import RequestImagesInput
from api.questions import QuoteImagesInput
from api.schema import build_schema, schema_text
from domain.asked_settings import AskedImages
from tests.api.live_studio import ROOT

GRAPHQL = ROOT / "graphql"
OPERATIONS = sorted((GRAPHQL / "operations").glob("*.graphql"))
SCHEMA = build_schema()


def test_the_committed_schema_is_the_generated_one() -> None:
    assert (GRAPHQL / "schema.graphql").read_text() == schema_text(SCHEMA)


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_every_committed_operation_is_valid_and_within_the_limits(path: Path) -> None:
    document = parse(path.read_text())
    committed = build_from_text((GRAPHQL / "schema.graphql").read_text())
    assert validate(committed, document, [*_RULES, *_LIMITS]) == []


def test_every_mutation_names_its_refusals_in_a_union() -> None:
    mutation = SCHEMA._schema.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        union = SCHEMA._schema.get_type(f"{name[0].upper()}{name[1:]}Result")
        assert f"{union}!" == str(field.type)


def test_every_mutation_that_records_something_takes_an_idempotency_key() -> None:
    mutation = SCHEMA._schema.mutation_type
    assert mutation is not None
    without = {
        name
        for name, field in mutation.fields.items()
        if "input" not in field.args
        or "idempotencyKey" not in field.args["input"].type.of_type.fields
    }
    # What is no event, and the same when it is done twice.
    of_the_vault = {
        "requestPasswordLink",
        "setPassword",
        "changePassword",
        "endSession",
        "endOtherSessions",
    }
    assert without == {"signIn", "signOut", "requestDownload", "requestArchive"} | of_the_vault


@pytest.mark.parametrize("form", [RequestImagesInput, QuoteImagesInput])
def test_every_form_for_pictures_asks_for_all_their_settings(form: Any) -> None:
    asked = {field.name for field in fields(AskedImages)}
    assert {field.name for field in fields(form)} >= asked
