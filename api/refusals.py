"""Every refusal of the domain as a GraphQL type, made from the class itself."""

import functools
import inspect
import operator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.scalars import Millicredits
from domain import refusals as domain_refusals
from domain.kernel.refusal import Refusal

INT_MAX = 2**31 - 1

_FIELD_NAMES = frozenset({"field", "setting"})
"""Details that name a field of the input."""

_AMOUNTS = frozenset({"needed", "available"})
"""Details that are millicredits: they outgrow GraphQL's Int."""


@strawberry.interface(name="Refusal", description="A rule said no. Nothing was saved or charged.")
class RefusalInterface:
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="One sentence, for a person.")
    path: list[str] = strawberry.field(
        description='Where in the input, as in ["files", "6"]; empty if nowhere.'
    )


class NotSignedIn(Refusal):
    """There is no session, or it has ended."""

    code = "NOT_SIGNED_IN"

    def __init__(self) -> None:
        super().__init__("Sign in first.")


class NotConsistentYet(Refusal):
    """The read models have not come to the position asked for; `lag` is in positions."""

    code = "NOT_YET_CONSISTENT"
    details = ("lag",)

    def __init__(self, lag: int) -> None:
        super().__init__("What you just did is not visible yet; ask again.")
        # GraphQL's Int has 32 bits, and whoever asks for the last position there is gets a lag too.
        self.lag = min(lag, INT_MAX)


class ReadModelParked(Refusal):
    """What the viewer sees stands still before the position asked for, until it is put right."""

    code = "READ_MODEL_PARKED"

    def __init__(self) -> None:
        super().__init__(
            "What you just did is stored, and cannot be shown yet: we have to put something right."
        )


class TooManyFeeds(Refusal):
    """This account follows as many feeds as one server allows it."""

    code = "TOO_MANY_FEEDS"
    details = ("maximum",)

    def __init__(self, maximum: int) -> None:
        super().__init__(f"You follow {maximum} feeds at once; end one of them first.")
        self.maximum = maximum


class InputInvalid(Refusal):
    """A value of the input has not the form it needs."""

    code = "INPUT_INVALID"
    details = ("field",)

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.path = (field,)


def _type_of(refusal: type[Refusal]) -> type[RefusalInterface]:
    hints = get_type_hints(refusal.__init__)
    annotations: dict[str, Any] = {}
    for name in getattr(refusal, "details", ()):
        annotations[name] = Millicredits if name in _AMOUNTS else _graphql_type(hints[name])
    description = (inspect.getdoc(refusal) or "").splitlines()[0]
    made = type(refusal.__name__, (RefusalInterface,), {"__annotations__": annotations})
    name = "NotYetConsistent" if refusal is NotConsistentYet else refusal.__name__
    return strawberry.type(made, name=name, description=description)


def _graphql_type(hint: Any) -> Any:
    if get_origin(hint) is not None:
        # The only generic details are names or numbers to choose from.
        return list[int] if get_args(hint) == (int,) else list[str]
    return hint if hint in (int, float, bool) else str


@strawberry.type(
    name="OtherRefusal",
    description="A refusal that the field does not name. Go by its `code`.",
)
class OtherRefusal(RefusalInterface):
    pass


_OURS = (NotSignedIn, NotConsistentYet, ReadModelParked, TooManyFeeds, InputInvalid)

REFUSAL_TYPES: dict[type[Refusal], type[RefusalInterface]] = {
    refusal: _type_of(refusal)
    for refusal in (
        *_OURS,
        *(
            value
            for value in vars(domain_refusals).values()
            if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
        ),
    )
}


def as_graphql(refusal: Refusal, union: Any) -> Any:
    """The GraphQL value of a refusal in one result union.

    A refusal that the union does not name is an `OtherRefusal`: no rule's "no" is ever a fault.
    """
    made = REFUSAL_TYPES.get(type(refusal))
    if made is None or made not in get_args(get_args(union)[0]):
        return OtherRefusal(code=refusal.code, message=refusal.message, path=_path(refusal))
    return typed(refusal)


def typed(refusal: Refusal) -> RefusalInterface:
    """The value of a refusal's own type, where it is known that the result may be one."""
    details = {
        name: _plain(getattr(refusal, name)) for name in getattr(type(refusal), "details", ())
    }
    for name in _FIELD_NAMES & details.keys():
        details[name] = to_camel_case(details[name])
    made = REFUSAL_TYPES[type(refusal)]
    return made(code=refusal.code, message=refusal.message, path=_path(refusal), **details)


def _path(refusal: Refusal) -> list[str]:
    """Which part of the input is meant, named as the contract names it."""
    return [to_camel_case(part) for part in refusal.path]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list | frozenset | set):
        return [item if isinstance(item, int) else str(item) for item in value]
    return value if isinstance(value, int | float | bool) else str(value)


def result_union(name: str, success: type, *refusals: type[Refusal]) -> Any:
    """The result type of a field: its success, or one of the refusals it names.

    Every field may also answer `NotSignedIn`, `NotFound`, `IdempotencyKeyReused`, `InputInvalid`,
    `TooMuchAtOnce`, `TryAgain` and `OtherRefusal`.
    """
    always = (
        NotSignedIn,
        InputInvalid,
        domain_refusals.NotFound,
        domain_refusals.IdempotencyKeyReused,
        domain_refusals.TooMuchAtOnce,
        domain_refusals.TryAgain,
    )
    named = [REFUSAL_TYPES[refusal] for refusal in dict.fromkeys((*always, *refusals))]
    union = functools.reduce(operator.or_, [success, *named, OtherRefusal])
    return Annotated[union, strawberry.union(name)]
