"""Fields that are read without the library answer exactly what the library would, errors too."""

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import pytest
import strawberry
from graphql import GraphQLSchema, parse
from graphql import execute as execute_document
from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.plain_fields import PlainFieldsExecution
from api.schema import build_schema


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Thing:
    id: strawberry.ID


@strawberry.type
class Wheel(Thing):
    radius: int
    spokes: list[int | None]


@strawberry.type
class Bell:
    tone: str | None


@dataclass
class LooksLikeAWheel:
    """Has all that a wheel has, and is none."""

    id: str = "l"
    radius: int = 1
    spokes: tuple[int, ...] = ()


@strawberry.type
class Bike(Thing):
    name: str
    colour: Colour
    wheels: list[Wheel]
    bell: Bell | None
    spare: list[Bell] | None
    any_thing: Thing

    @strawberry.field
    def wheel(self, number: int = 0, colour: Colour = Colour.RED) -> Wheel | None:
        """Raises IndexError, which is a fault."""
        return self.wheels[number] if colour is Colour.RED else None

    @strawberry.field
    async def later(self) -> str:
        """A field that is waited for."""
        return f"{self.name} later"

    @strawberry.field
    def asked(self, info: strawberry.Info) -> str:
        """A field that must know where it was asked for."""
        return str(info.path.key)


def bike(**other: Any) -> Bike:
    """One whose every value fits, but for what is named."""
    wheels = [
        Wheel(id=strawberry.ID(str(number)), radius=26 + number, spokes=[1, None, number])
        for number in range(2)
    ]
    fit: dict[str, Any] = {
        "id": strawberry.ID("b"),
        "name": "Nova",
        "colour": Colour.BLUE,
        "wheels": wheels,
        "bell": Bell(tone=None),
        "spare": [Bell(tone="c"), Bell(tone="d")],
        "any_thing": wheels[0],
    }
    return Bike(**{**fit, **other})


@strawberry.type
class Query:
    @strawberry.field
    def bike(self) -> Bike | None:
        """The one of the test."""
        return cast("Bike | None", self)

    @strawberry.field
    def bikes(self) -> list[Bike | None]:
        """It twice, around nothing."""
        return cast("list[Bike | None]", [self, None, self])


SCHEMA = strawberry.Schema(query=Query, types=[Wheel])

FRAGMENT = "fragment All on Bike { id name colour wheels { id radius spokes } bell { tone } }"

DOCUMENTS = [
    "{ bike { id name colour } }",
    "{ bike { name first: name __typename } }",
    "{ bike { ...All } bikes { ...All spare { tone } } } " + FRAGMENT,
    "{ bike { bell { tone } bell { other: tone } } }",
    "{ bike { wheel { radius } second: wheel(number: 1) { spokes } } }",
    "{ bike { wheel(number: $n, colour: $c) { radius } name } }",
    "{ bike { wheel(number: 7) { radius } name } }",
    "{ bike { name @include(if: $yes) id @skip(if: $yes) } }",
    "{ bike { later name asked } }",
    "{ bike { anyThing { id __typename ... on Wheel { radius } } } }",
    "{ bikes { wheels { radius } later } }",
    "{ bike { ... on Thing { id } } }",
]

UNFIT: list[dict[str, Any]] = [
    {},
    {"name": None},
    {"colour": "no colour"},
    {"bell": None, "spare": None},
    {"bell": "no bell"},
    {"spare": 5},
    {"spare": [None]},
    {"wheels": [Wheel(id=strawberry.ID("w"), radius=cast("int", "x"), spokes=[])]},
    {"wheels": (Wheel(id=strawberry.ID("w"), radius=2**31, spokes=[2**40]),)},
    {"wheels": [Bell(tone="no wheel")]},
    {"wheels": [LooksLikeAWheel()]},
    {"any_thing": Bell(tone="no thing")},
    {"name": ValueError("an exception as a value")},
]


async def answered(execution: type[Any], document: str, source: Any) -> Any:
    """What this executor says: data in order of its fields, and errors."""
    text = document
    if "$" in document:
        text = f"query ($n: Int = 1, $c: Colour! = RED, $yes: Boolean = true) {document}"
    schema: GraphQLSchema = SCHEMA._schema
    result: Any = execute_document(schema, parse(text), source, executor_class=execution)
    if isinstance(result, Awaitable):
        result = await result
    said = sorted((str(error.path), error.message) for error in result.errors or ())
    return repr(result.data), said


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("unfit", UNFIT, ids=[str(sorted(one)) for one in UNFIT])
async def test_the_answer_is_the_librarys(document: str, unfit: dict[str, Any]) -> None:
    source = bike(**unfit)
    expected = await answered(StrawberryGraphQLCoreExecutionContext, document, source)
    assert await answered(PlainFieldsExecution, document, source) == expected


async def test_plain_fields_do_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the answers would be right, and slow."""
    asked: list[str] = []
    execute_field = Executor.execute_field

    def noted(self: Any, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
        asked.append(details[0].node.name.value)
        return execute_field(self, parent_type, source, details, *rest)

    monkeypatch.setattr(Executor, "execute_field", noted)
    document = "{ bikes { ...All wheel(number: 1) { radius } asked } } " + FRAGMENT
    await answered(PlainFieldsExecution, document, bike())
    assert asked == ["bikes", "asked", "asked"]


def test_the_schema_is_executed_so() -> None:
    assert build_schema().execution_context_class is PlainFieldsExecution
