"""What the shape of the code promises."""

import ast
import inspect
from pathlib import Path

import domain
from domain import refusals
from domain.events import AGGREGATES
from domain.job_state import AttemptFailure
from domain.kernel.refusal import Refusal
from topics.messages.results import FailureReason

REPOSITORY = Path(domain.__file__).parent.parent
FOLDERS = ("domain", "commands", "processes", "adapters", "api", "projections", "queries")
OF_THE_LIBRARY = {"_id", "_version", "_created_on", "_modified_on", "_pending_events"}


def is_asset_released(node: ast.expr, path: Path) -> bool:
    """Whether an expression names the event class `Asset.Released`."""
    if not isinstance(node, ast.Attribute) or node.attr != "Released":
        return False
    names = {"Asset", "cls"} if path.name == "asset.py" else {"Asset"}
    return isinstance(node.value, ast.Name) and node.value.id in names


def constructions_of_asset_released(path: Path) -> int:
    """Calls that construct the event, themselves or through the library."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    found = 0
    for call in calls:
        named = ast.unparse(call.func).rpartition(".")[2]
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        through_the_library = named in ("_create", "trigger_event") and any(
            is_asset_released(argument, path) for argument in given
        )
        found += is_asset_released(call.func, path) or through_the_library
    return found


def test_one_function_alone_releases_an_asset() -> None:
    found = {
        path.relative_to(REPOSITORY).as_posix(): constructions_of_asset_released(path)
        for folder in FOLDERS
        for path in (REPOSITORY / folder).rglob("*.py")
    }
    assert {name: count for name, count in found.items() if count} == {"domain/release.py": 1}


def all_refusals() -> list[type[Refusal]]:
    return [
        value
        for _, value in inspect.getmembers(refusals, inspect.isclass)
        if issubclass(value, Refusal) and value is not Refusal
    ]


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in all_refusals()]
    assert len(set(codes)) == len(codes)
    assert all(code.isupper() and code.replace("_", "").isalpha() for code in codes)


def test_every_refusal_says_a_sentence_and_carries_its_details() -> None:
    examples: dict[str, object] = {
        "known": ("a",),
        "supported": ("a",),
        "missing": ("a",),
        "scopes": ("a",),
        "durations_s": (3,),
    }
    for refusal in all_refusals():
        parameters = [name for name in inspect.signature(refusal).parameters if name != "args"]
        built = refusal(*[examples.get(name, 1) for name in parameters])
        assert built.message.endswith(".")
        assert built.details == tuple(parameters)
        for detail in built.details:
            assert hasattr(built, detail)


def test_no_aggregate_takes_a_name_that_the_library_needs() -> None:
    for aggregate in AGGREGATES:
        for node in ast.walk(ast.parse(inspect.getsource(aggregate))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                assert node.attr not in OF_THE_LIBRARY


def test_an_attempt_fails_for_the_reasons_that_workers_report() -> None:
    assert {reason.value for reason in AttemptFailure} == {reason.value for reason in FailureReason}
