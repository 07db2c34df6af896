"""A handler is found by the command that its function takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commands.handlers import HANDLERS
from commands.jobs.claims import ClaimDenied
from commands.jobs.record_claim import ClaimGranted, RecordClaim
from commands.studio import Handler, by_command
from commands.work import Work

ANSWERS_OF_BEFORE: dict[str, list[dict[str, Any]]] = msgspec.json.decode(
    (Path(__file__).parent / "golden" / "answers_of_23119fc.json").read_bytes()
)
"""One of every answer that release 23119fc could store, by the stored name of its command."""

NAMED = {handler.name: handler for handler in HANDLERS.values() if isinstance(handler, Handler)}


@dataclass(frozen=True)
class LightLamp:
    """Light the lamp of the lighthouse."""


def light(command: LightLamp, work: Work) -> bool:
    return True


def light_again(command: LightLamp, work: Work) -> bool:
    return True


def test_a_handler_is_registered_under_the_command_that_it_takes() -> None:
    assert by_command(handler := Handler("light-lamp", light)) == {LightLamp: handler}


def test_two_handlers_of_one_command_are_refused() -> None:
    with pytest.raises(ValueError, match="LightLamp"):
        by_command(Handler("light-lamp", light), Handler("light-lamp-again", light_again))


def test_what_a_handler_returns_is_what_is_stored() -> None:
    handler = HANDLERS[RecordClaim]
    assert isinstance(handler, Handler)
    assert handler.result_type == ClaimGranted | ClaimDenied


@pytest.mark.parametrize("name", sorted(ANSWERS_OF_BEFORE.keys() & NAMED.keys()))
def test_a_retry_is_answered_from_what_an_earlier_release_stored(name: str) -> None:
    for stored in ANSWERS_OF_BEFORE[name]:
        recalled = NAMED[name].recalled(msgspec.json.encode(stored))
        answer = msgspec.json.decode(msgspec.json.encode(recalled))
        # What a later release says besides was not known then, and is null.
        new = {} if answer is None else {name: answer[name] for name in answer.keys() - stored}
        assert set(new.values()) <= {None}
        assert answer is None or {**stored, **answer} == stored | new


@pytest.mark.parametrize("name", sorted(ANSWERS_OF_BEFORE.keys() & NAMED.keys()))
def test_what_a_handler_stores_is_what_it_recalls(name: str) -> None:
    for stored in ANSWERS_OF_BEFORE[name]:
        answer = NAMED[name].recalled(msgspec.json.encode(stored))
        assert NAMED[name].recalled(msgspec.json.encode(answer)) == answer


def test_no_two_commands_share_a_stored_name() -> None:
    recorded = [handler for handler in HANDLERS.values() if isinstance(handler, Handler)]
    assert len(NAMED) == len(recorded)
