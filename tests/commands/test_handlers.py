"""A handler is found by the command that its function takes."""

from dataclasses import dataclass

import pytest

from commands.handlers import HANDLERS
from commands.jobs.claims import ClaimDenied
from commands.jobs.record_claim import ClaimGranted, RecordClaim
from commands.studio import Handler, by_command
from commands.work import Work


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


def test_no_two_commands_share_a_stored_name() -> None:
    names = [handler.name for handler in HANDLERS.values() if isinstance(handler, Handler)]
    assert len(set(names)) == len(names)
