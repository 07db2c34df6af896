"""What a document may ask for: limits that no document can make slow, and nothing unheard of."""

import gc
import time
from typing import Any

import httpx
import pytest
from graphql import (
    build_client_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    parse,
    print_schema,
)
from graphql import build_schema as build_from_text

from api import limits
from api.documents import LOOKS_MAX, PREPARED_DOCUMENTS_MAX, DocumentCache
from api.schema import build_schema
from tests.api.creator import DOCUMENTS, Visitor
from tests.api.live_studio import ROOT, LiveStudio

SDL = ROOT / "graphql" / "schema.graphql"

CHAIN = 80
"""Each fragment of a chain is spread twice, so a naive walk takes two to the power of this."""


def chain(kind: str, length: int) -> str:
    """A small document that unfolds without end."""
    links = " ".join(
        f"fragment f{n} on {kind} {{ ...f{n + 1} ...f{n + 1} }}" for n in range(length)
    )
    return f"{{ catalogue {{ ...f0 }} }} {links} fragment f{length} on {kind} {{ priceVersion }}"


def circle() -> str:
    """Fragments that never end."""
    return (
        "{ catalogue { ...a } } fragment a on Catalogue { ...b } fragment b on Catalogue { ...a }"
    )


BEYOND = {
    "tokens": "{ catalogue { " + "priceVersion " * 1_100 + "} }",
    "nesting": "{ a" * 40 + "}" * 40,
    "nesting of lists": "{ catalogue(a: " + "[" * 10_000 + ") }",
    "depth": "{ viewer { ... on Viewer { " + "a { " * 12 + "b" + " }" * 12 + " } } }",
    "aliases": "{ " + " ".join(f"c{n}: catalogue {{ priceVersion }}" for n in range(21)) + " }",
    "directives": "{ catalogue { priceVersion " + "@include(if: true) " * 21 + "} }",
    "fields": "{ catalogue { " + "priceVersion " * 301 + "} }",
    "fragment spreads": "{ catalogue { "
    + "...f " * 41
    + "} } fragment f on Catalogue { priceVersion }",
    "cost": (
        "{ viewer { ... on Viewer { jobs(first: 100) { edges { node { "
        + "id " * 150
        + "} } } gallery(first: 100) { edges { node { "
        + "id " * 60
        + "} } } } } }"
    ),
    "mutations": "mutation { " + "signOut { __typename } " * 5 + "}",
    "mutations in fragments": "mutation { ...a ...a ...a } fragment a on Mutation { "
    "signOut { __typename } x: signOut { __typename } }",
    "a chain of fragments": chain("Catalogue", CHAIN),
    "a circle of fragments": circle(),
    "an unknown fragment": "{ catalogue { ...nope } }",
    "arguments": "{ catalogue(" + " ".join(f"a{n}: {n}" for n in range(300)) + ") { x } }",
    "variables": "query(" + " ".join(f"$v{n}: Int" for n in range(200)) + ") { x }",
    "a long number": "{ viewer { ... on Viewer { jobs(first: " + "9" * 5_000 + ") { x } } } }",
    "a NUL": '{ viewer { ... on Viewer { gallery(text: "\\u0000") { edges { cursor } } } } }',
    "comments": "#\n" * 9_000 + "{ x }",
    "one long text": '{ viewer(minPosition: "' + "9" * 30_000 + '") { __typename } }',
    "block texts": '{ viewer(minPosition: """' + "\\n " * 5_000 + '""") { __typename } }',
    "no end": "{ catalogue { priceVersion ",
    "nothing": "#",
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_document_beyond_a_limit_is_refused(visitor: Visitor, name: str) -> None:
    document = BEYOND[name]
    assert len(document) <= limits.DOCUMENT_SIZE_MAX_BYTES
    answer = visitor.post(document)
    assert answer.status == 400
    assert answer.errors
    assert "data" not in answer.body
    assert "Did you mean" not in answer.response.text
    named = name.split(" of ")[0].split(" in ")[0]
    if named in ("nesting", "depth", "aliases", "directives", "fields", "fragment spreads", "cost"):
        assert answer.errors[0]["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": named}


async def test_a_hostile_document_costs_little(capsys: pytest.CaptureFixture[str]) -> None:
    """Only that it is refused is asserted; how long it took is printed for whoever looks."""
    schema = build_schema()
    await schema.execute("{ warm }")
    slowest = ("", 0.0)
    # As an API process does once it is assembled: a look through all that was imported takes a
    # tenth of a second, of whichever document comes next.
    gc.collect()
    gc.freeze()
    for name, document in BEYOND.items():
        began_s = time.process_time()
        result = await schema.execute(document)
        took_s = time.process_time() - began_s
        slowest = max(slowest, (name, took_s), key=lambda found: found[1])
        assert result.errors, name
    gc.unfreeze()
    with capsys.disabled():
        print(f"\nslowest hostile document: {slowest[0]}, {slowest[1] * 1000:.1f} ms of CPU")


def test_a_feed_costs_what_one_answer_of_it_holds(visitor: Visitor) -> None:
    feed = "subscription { jobs { ... on JobsSnapshot { jobs { " + "id " * 250 + "} } } }"
    assert visitor.post(feed).errors[0]["extensions"]["code"] != "LIMIT_EXCEEDED"


def test_an_honest_document_near_the_limits_is_answered(visitor: Visitor) -> None:
    fields = "priceVersion " * 290
    assert visitor.ask(f"{{ catalogue {{ {fields} }} }}") == {"priceVersion": 1}


def test_a_body_beyond_the_limit_is_refused(live: LiveStudio) -> None:
    document = "{ catalogue { priceVersion } }" + " " * limits.BODY_SIZE_MAX_BYTES
    answer = Visitor(live).post(document)
    assert answer.status == 413
    assert answer.errors[0]["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "body"}


def test_a_document_is_refused_that_only_leaves_room_for_values(visitor: Visitor) -> None:
    document = "{ catalogue { priceVersion } }" + " " * limits.DOCUMENT_SIZE_MAX_BYTES
    [error] = visitor.post(document).errors
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "document"}
    fits = document[: limits.DOCUMENT_SIZE_MAX_BYTES]
    assert visitor.ask(fits) == {"priceVersion": 1}


def test_a_client_that_sends_far_too_much_still_hears_why(live: LiveStudio) -> None:
    """It hears nothing if the server closes before it has sent all: a reset takes the answer."""
    with httpx.Client() as client:
        for _ in range(20):
            chunked = client.post(
                f"{live.url}/graphql",
                content=iter([b" " * 16_384] * 64),
                headers={"content-type": "application/json"},
            )
            assert chunked.status_code == 413
            assert chunked.json()["errors"][0]["extensions"] == {
                "code": "LIMIT_EXCEEDED",
                "limit": "body",
            }


def test_batches_are_refused(visitor: Visitor) -> None:
    answer = visitor.send([{"query": "{ catalogue { priceVersion } }"}] * 2)
    assert answer.status == 400


def test_queries_and_mutations_are_posted(visitor: Visitor) -> None:
    for document in ("{ catalogue { priceVersion } }", "mutation { signOut { __typename } }"):
        answer = visitor.http.get(
            "/graphql", params={"query": document}, headers={"accept": "application/json"}
        )
        assert answer.status_code in (400, 405)
        assert "priceVersion" not in answer.text


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_is_no_request(visitor: Visitor, content_type: str) -> None:
    answer = visitor.http.post(
        "/graphql",
        content=b'{"query": "mutation { signOut { __typename } }"}',
        headers={"content-type": content_type},
    )
    assert answer.status_code in (400, 415)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"null", b'"x"', b"\xff\xfe", b"[" * 30_000, b'{"query": 1}']
)
def test_a_body_that_is_no_request_is_refused(visitor: Visitor, body: bytes) -> None:
    answer = visitor.http.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "Ada\\udfff"])
def test_a_text_that_cannot_be_stored_is_refused(visitor: Visitor, text: str) -> None:
    body = '{"query": "query($t: String) { viewer { __typename ... on Viewer { gallery(text: $t)'
    body += ' { edges { cursor } } } } }", "variables": {"t": "' + text + '"}}'
    for sent in (body, body.replace("gallery(text: $t)", f"{text}")):
        answer = visitor.http.post(
            "/graphql",
            content=sent.encode(),
            headers={"content-type": "application/json", **visitor.headers},
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("first", [0, -1, 101, 10**12, True, "20"])
def test_a_page_size_out_of_range_is_a_document_error(visitor: Visitor, first: object) -> None:
    answer = visitor.post(
        "query($n: PageSize!) { viewer { ... on Viewer { jobs(first: $n) { __typename } } } }",
        n=first,
    )
    assert answer.status == 400
    assert "INTERNAL" not in answer.response.text


@pytest.mark.parametrize("after", ["x", "=", "OTk5OQ==", "a" * 500, 5])
def test_a_foreign_cursor_is_a_document_error(visitor: Visitor, after: object) -> None:
    answer = visitor.post(
        "query($c: Cursor) { viewer { ... on Viewer { jobs(after: $c) { edges { cursor } } } } }",
        c=after,
    )
    assert answer.status == 400
    assert "INTERNAL" not in answer.response.text


@pytest.mark.parametrize("position", ["-1", "x", "9" * 20, "9223372036854775808", 5, 1.5])
def test_a_position_is_a_string_of_digits(visitor: Visitor, position: object) -> None:
    answer = visitor.post(
        "query($p: Position) { viewer(minPosition: $p) { __typename } }", p=position
    )
    assert answer.status == 400


def test_an_unknown_document_id_is_refused(visitor: Visitor) -> None:
    for document_id in ("sha256:0", 5, ["x"]):
        assert visitor.send({"documentId": document_id}).status == 400


def test_the_studios_own_documents_are_known_by_their_hash(visitor: Visitor) -> None:
    assert visitor.http.get("/documents.json").json() == DOCUMENTS.ids_by_name
    assert visitor.run("Catalogue")["priceVersion"] == 1


def test_a_persisted_query_is_a_trusted_document_or_its_client_sends_the_text(
    visitor: Visitor,
) -> None:
    def persisted(sha256: object) -> dict[str, Any]:
        return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256}}}

    known = DOCUMENTS.ids_by_name["Catalogue"].removeprefix("sha256:")
    assert visitor.send(persisted(known)).data["catalogue"]["priceVersion"] == 1
    for unknown in ("0" * 64, 5, None, ["x"]):
        answer = visitor.send(persisted(unknown))
        assert answer.status == 400
        assert answer.errors == [
            {
                "message": "PersistedQueryNotSupported",
                "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
            }
        ]
    # The text comes with its hash, and nothing is kept under it.
    sent = {**persisted("0" * 64), "query": "{ catalogue { priceVersion } }"}
    assert visitor.send(sent).data == {"catalogue": {"priceVersion": 1}}


def test_a_response_has_the_type_that_was_asked_for(visitor: Visitor) -> None:
    for accept in ("application/json", "application/graphql-response+json"):
        answer = visitor.send({"query": "{ catalogue { priceVersion } }"}, accept=accept)
        assert answer.response.headers["content-type"] == f"{accept}; charset=utf-8"


async def test_a_look_at_the_schema_is_answered_from_memory_the_second_time() -> None:
    schema = build_schema()
    look = "query Look { __schema { queryType { ...f } } } fragment f on __Type { name }"
    first, second = [await schema.execute(look) for _ in range(2)]
    assert first.data == second.data == {"__schema": {"queryType": {"name": "Query"}}}
    kept = schema.prepared.look(look)
    assert kept is not None
    assert second.data is kept.data
    for other in (
        "query($x: Boolean!) { __schema @include(if: $x) { queryType { name } } }",
        "{ __schema @skip(if: true) { queryType { name } } }",
        "{ __typename __schema { queryType { name } } }",
        "query A { __schema { queryType { name } } } query B { __typename }",
    ):
        await schema.execute(other, variable_values={"x": True})
        assert schema.prepared.look(other) is None
    for number in range(LOOKS_MAX + 2):
        await schema.execute(f"# {number}\n{look}")
    assert schema.prepared.look(look) is None


def test_prepared_documents_are_bounded() -> None:
    cache, schema = DocumentCache(), build_schema()
    document = parse("{ catalogue { priceVersion } }")
    for number in range(PREPARED_DOCUMENTS_MAX + 10):
        cache.keep(f"# {number}", document)
    assert cache.get("# 0") is None
    assert cache.get(f"# {PREPARED_DOCUMENTS_MAX + 9}") is document
    assert schema.prepared.get("# 0") is None


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer(minPosition: 5) { __typename } }",
        '{ viewer(minPosition: "x") { __typename } }',
        "{ viewer { ... on Viewer { jobs(first: 0) { __typename } } } }",
        '{ viewer { ... on Viewer { jobs(after: "x") { __typename } } } }',
        '{ ledger(asOf: "1", after: "x") { __typename } }',
        '{ ledger(asOf: "1", after: 5) { __typename } }',
    ],
)
def test_a_bad_value_in_a_document_is_found_where_it_stands(
    visitor: Visitor, document: str
) -> None:
    [error] = visitor.post(document).errors
    argument = next(name for name in ('"x"', "5", "0") if f": {name})" in document)
    assert error["locations"] == [{"line": 1, "column": document.index(f": {argument})") + 3}]
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


def test_what_every_tool_asks_of_the_schema_is_answered(visitor: Visitor) -> None:
    document = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    found = visitor.post(document).data
    asked, committed = build_client_schema(found), build_from_text(SDL.read_text())
    assert print_schema(lexicographic_sort_schema(asked)) == print_schema(
        lexicographic_sort_schema(committed)
    )


@pytest.mark.parametrize(
    "document",
    [
        "{ " + " ".join(f"s{n}: __schema {{ types {{ name }} }}" for n in range(21)) + " }",
        "{ "
        + " ".join(
            f"s{n}: __schema {{ types {{ fields {{ type {{ name }} }} }} }}" for n in range(15)
        )
        + " }",
        "{ __schema { types { fields { type { fields { name type { name } } } } } } }",
        "{ __schema { types { possibleTypes { possibleTypes { name } } } } }",
        "{ "
        + " ".join(f"s{n}: __schema {{ types {{ ...a }} }}" for n in range(15))
        + " } fragment a on __Type { ...b } fragment b on __Type { fields { type { name } } }",
        "{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...a } } }",
        '{ __type(name: "Refusal") { possibleTypes { interfaces { possibleTypes { name } } } } }',
    ],
)
def test_a_look_at_the_schema_that_costs_more_than_the_standard_one_is_refused(
    visitor: Visitor, document: str
) -> None:
    answer = visitor.post(document)
    assert answer.status == 400
    assert answer.errors
