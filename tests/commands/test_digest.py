"""A key is recognised by what was asked under it, whatever became of the command's class since."""

import dataclasses
import math
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.digest import canonical, digest, is_following
from commands.first_digest import first_digest
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.unset_favourite import UnsetFavourite
from commands.handlers import HANDLERS
from commands.jobs.request_images import RequestImages
from commands.ports.event_store import RecordedCommand
from commands.studio import Handler, Studio
from domain.checks import CheckVerdict
from domain.refusals import IdempotencyKeyReused
from tests.commands import journey
from tests.commands.every_command import EVERY_COMMAND, SPARE_COMMANDS
from tests.commands.journey import A_LIGHTHOUSE
from tests.commands.studio_spec import ADA, ARGS_SECRET, StudioSpec

GOLDEN = Path(__file__).parent / "golden"
KEY = uuid5(ADA, "the lighthouse")
RETIRED = ("request-deletion",)
"""Commands that are no more, and that nobody ever sent."""
NAMES = {
    command: handler.name for command, handler in HANDLERS.items() if isinstance(handler, Handler)
}


def _as_of_another_release(
    command: Any, *, module: str, fields: list[tuple[str, Any, Any]]
) -> tuple[type[Any], Any]:
    """The class of a command as another release has it, and the same command of that class."""
    kind = dataclasses.make_dataclass(
        type(command).__name__, fields, bases=(type(command),), frozen=True
    )
    kind.__module__ = module
    values = {f.name: getattr(command, f.name) for f in dataclasses.fields(command)}
    return kind, kind(**values)


@pytest.mark.parametrize(
    ("module", "fields"),
    [
        ("commands.jobs.request_images", [("upscale", "int | None", None)]),
        ("commands.pictures.request_images", []),
    ],
    ids=["a field was added", "the module was moved"],
)
def test_a_retry_across_a_release_gets_the_answer_of_before(
    spec: StudioSpec,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    fields: list[tuple[str, Any, Any]],
) -> None:
    journey.verified(spec)
    journey.rich(spec)
    before = spec.does(A_LIGHTHOUSE, key=KEY)
    monkeypatch.setitem(sys.modules, module, ModuleType(module))
    kind, again = _as_of_another_release(A_LIGHTHOUSE, module=module, fields=fields)
    released = Studio(
        spec.store, {**HANDLERS, kind: HANDLERS[RequestImages]}, spec.clock, ARGS_SECRET
    )
    assert released.execute(again, owner_id=ADA, key=KEY).result == before


def test_a_retry_that_uses_the_new_field_is_another_request(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.does(A_LIGHTHOUSE, key=KEY)
    kind, same = _as_of_another_release(
        A_LIGHTHOUSE, module=RequestImages.__module__, fields=[("upscale", int, 1)]
    )
    released = Studio(
        spec.store, {**HANDLERS, kind: HANDLERS[RequestImages]}, spec.clock, ARGS_SECRET
    )
    with pytest.raises(IdempotencyKeyReused):
        released.execute(dataclasses.replace(same, upscale=2), owner_id=ADA, key=KEY)


def _digests_of_21ddf35(which: str) -> dict[str, str]:
    stored = msgspec.json.decode((GOLDEN / "digests_of_21ddf35.json").read_bytes())
    return dict(stored[which])


@pytest.mark.parametrize(
    ("which", "commands"), [("every", EVERY_COMMAND), ("spare", SPARE_COMMANDS)]
)
def test_a_digest_of_the_first_releases_is_known_again(
    which: str, commands: dict[str, Any]
) -> None:
    for name, stored in _digests_of_21ddf35(which).items():
        if name in RETIRED:
            continue
        found = first_digest(ARGS_SECRET, name, commands[name])
        assert found is not None, name
        assert found.hex() == stored, name


def test_a_row_of_the_first_releases_is_answered(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    asked = SPARE_COMMANDS["request-images"]
    of_then = bytes.fromhex(_digests_of_21ddf35("spare")["request-images"])
    answer = b'{"job_id":"%s","quoted_millicredits":200,"price_version":1}' % str(KEY).encode()
    with spec.store.transaction(ADA) as transaction:
        transaction.insert([], unchanged=[], command=RecordedCommand(KEY, of_then, answer))
    spec.when(asked, key=KEY).then()
    assert spec.result.job_id == KEY
    spec.when(dataclasses.replace(asked, seed=7), key=KEY).then_refused(IdempotencyKeyReused)
    spec.when(EVERY_COMMAND["cancel-job"], key=KEY).then_refused(IdempotencyKeyReused)


def test_what_the_first_releases_could_not_say_is_not_taken_for_theirs() -> None:
    kind, same = _as_of_another_release(
        A_LIGHTHOUSE, module=RequestImages.__module__, fields=[("upscale", int, 1)]
    )
    del kind
    assert first_digest(ARGS_SECRET, "request-images", same) is not None
    larger = dataclasses.replace(same, upscale=2)
    assert first_digest(ARGS_SECRET, "request-images", larger) is None
    assert first_digest(ARGS_SECRET, "draw-a-clip", same) is None


def test_every_command_has_a_name_of_its_own_and_stands_here() -> None:
    assert sorted(NAMES.values()) == sorted(set(NAMES.values())) == sorted(EVERY_COMMAND)
    assert all(NAMES[type(command)] == name for name, command in EVERY_COMMAND.items())
    assert all(name == name.lower() and name.replace("-", "").isalpha() for name in EVERY_COMMAND)


def test_names_and_defaults_of_commands_stay_as_they_were_released() -> None:
    """`python -m tests.commands.every_command` adds commands that are new; nothing ever changes."""
    released = msgspec.json.decode((GOLDEN / "commands.json").read_bytes())
    for name in RETIRED:
        del released["every"][name]
    now = {name: canonical(command).decode() for name, command in EVERY_COMMAND.items()}
    spare = {name: canonical(command).decode() for name, command in SPARE_COMMANDS.items()}
    assert {name: now.get(name) for name in released["every"]} == released["every"]
    assert {name: spare.get(name) for name in released["spare"]} == released["spare"]
    assert set(now) == set(released["every"])


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything a field of this type may hold."""
    if get_origin(hint) is tuple:
        return st.lists(_values(get_args(hint)[0]), max_size=3).map(tuple)
    if get_args(hint):
        return st.one_of([_values(one) for one in get_args(hint)])
    if hint is datetime:
        return st.datetimes(timezones=st.just(UTC))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _commands(hint)
    if hint is float:
        return st.floats()
    if hint is str:
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    return st.from_type(hint)


def _commands(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any instance of a command, or of a struct in one; fields are often left at their default."""
    said = _said(kind) if dataclasses.is_dataclass(kind) else get_type_hints(kind)
    hints = {k: v for k, v in get_type_hints(kind).items() if k in said and k[0] != "_"}
    if issubclass(kind, msgspec.Struct):
        required = {f.name for f in msgspec.structs.fields(kind) if f.required}
    else:
        required = {f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING}
    return st.fixed_dictionaries(
        {name: _values(hints[name]) for name in hints if name in required},
        optional={name: _values(hints[name]) for name in hints if name not in required},
    ).map(lambda values: kind(**values))


def _said(command: Any) -> list[str]:
    """The fields in which whoever asks says what they want."""
    return [field.name for field in dataclasses.fields(command) if not is_following(field)]


ANY_COMMAND = st.sampled_from(sorted(NAMES, key=NAMES.__getitem__)).flatmap(_commands)


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple):
        return all(map(_is_finite, value))
    if isinstance(value, msgspec.Struct):
        return all(_is_finite(getattr(value, name)) for name in value.__struct_fields__)
    if dataclasses.is_dataclass(value):
        return all(_is_finite(getattr(value, f.name)) for f in dataclasses.fields(value))
    return True


@settings(max_examples=250, deadline=None)
@given(ANY_COMMAND.filter(_is_finite))
def test_what_the_digest_covers_says_the_whole_command(command: Any) -> None:
    assert msgspec.json.decode(canonical(command), type=type(command)) == command


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_two_commands_of_different_meaning_never_share_a_digest(data: st.DataObject) -> None:
    one = data.draw(ANY_COMMAND)
    changes = _said(one)
    if data.draw(st.booleans(), label="only one field") and changes:
        changed = data.draw(st.sampled_from(changes))
        hint = get_type_hints(type(one))[changed]
        other = dataclasses.replace(one, **{changed: data.draw(_values(hint))})
    else:
        other = data.draw(ANY_COMMAND)
    shared = _digest(one) == _digest(other)
    # Not a number is not even the same as itself: there, what is written counts.
    same = type(one) is type(other) and (one == other or repr(one) == repr(other))
    assert same or not shared
    assert _digest(deepcopy(one)) == _digest(one)


def test_two_commands_that_say_the_same_of_the_same_thing_are_two_requests() -> None:
    asset = UUID(int=1)
    assert canonical(SetFavourite(asset)) == canonical(UnsetFavourite(asset))
    assert _digest(SetFavourite(asset)) != _digest(UnsetFavourite(asset))


def _digest(command: Any) -> bytes:
    return digest(ARGS_SECRET, NAMES[type(command)], command)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_json_does_not_have_is_not_taken_for_none(score: float) -> None:
    def said(value: float | None) -> bytes:
        return canonical(CheckVerdict("identity", passed=True, model="m", score=value))

    assert len({said(value) for value in (None, score, 0.0, 1.0)}) == 4


@pytest.mark.parametrize("same", [lambda: SPARE_COMMANDS["request-images"], lambda: A_LIGHTHOUSE])
def test_a_default_that_is_spelled_out_is_the_same_request(
    same: Callable[[], RequestImages],
) -> None:
    spelled = dataclasses.replace(same(), seed=None, negative_prompt=None)
    assert canonical(spelled) == canonical(same())


def test_what_a_filter_finds_is_no_part_of_what_was_asked() -> None:
    asked = EVERY_COMMAND["change-assets"]
    found = dataclasses.replace(asked, matched=(UUID(int=1),), as_of=7)
    assert canonical(found) == canonical(asked)


def test_a_default_that_may_change_is_always_covered() -> None:
    published = EVERY_COMMAND["publish-policy"]
    as_shipped = type(published)(version=2, approvers=(UUID(int=1),))
    assert b"rows" in canonical(as_shipped)
