"""A program can be told again: from its seed, from what is written down, and shorter."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from inspect import getmembers
from math import nan
from typing import Any
from uuid import UUID

import pytest

from commands.account.register_person import RegisterPerson
from tests.machine.interpreter import Interpreter
from tests.machine.invariants import Broken
from tests.machine.program import Opened, replay, run, shrunk
from tests.machine.read_models import read_models_of
from tests.machine.stage import in_memory_stage
from tests.machine.steps import Do
from tests.machine.written import written

NAMES_COME_FROM = (
    "tests.machine.arguments",
    "tests.machine.steps",
    "commands.jobs.record_screening",
    "commands.gallery.create_label",
    "domain.bulk_change",
    "domain.policy",
    "domain.publish_preset",
    "domain.wallet",
    "domain.price_list",
)


@pytest.fixture
def opened(admin_database: str) -> Opened:
    """Studios in memory."""

    @contextmanager
    def one() -> Iterator[Interpreter]:
        with read_models_of(in_memory_stage(), admin_database) as read_models:
            read_models.empty()
            yield Interpreter(read_models.stage, read_models)

    return one


def test_a_seed_tells_the_same_program_every_time(opened: Opened) -> None:
    first, second = run(7, 400, opened), run(7, 400, opened)
    assert [written(step) for step in first.program] == [written(step) for step in second.program]
    assert first.stage.accepted == second.stage.accepted


def test_what_is_written_down_is_the_program(opened: Opened) -> None:
    names: dict[str, Any] = {"UUID": UUID, "nan": nan}
    for module in NAMES_COME_FROM:
        names |= dict(getmembers(import_module(module)))
    for step in run(8, 400, opened).program:
        assert written(eval(written(step), names)) == written(step)


def test_a_failing_program_is_made_short(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    program = run(9, 60, opened).program
    assert replay(program, opened) is None
    monkeypatch.setattr(Interpreter, "_do", nobody_may_register)
    [step] = shrunk(program, "nobody may register", opened)
    assert isinstance(step, Do)
    assert isinstance(step.command, RegisterPerson)


def nobody_may_register(_: Interpreter, step: Do) -> None:
    """A rule that every program breaks."""
    if isinstance(step.command, RegisterPerson):
        raise Broken("nobody may register", "")
