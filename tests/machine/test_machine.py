"""Every command, in any order, by anybody: no rule of the studio is ever broken."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

from adapters.postgres.embedded import EmbeddedPostgres
from commands.handlers import HANDLERS
from tests.conftest import TEMPLATE
from tests.machine.arguments import ARGUMENTS
from tests.machine.interpreter import Interpreter
from tests.machine.postgres_stage import postgres_stage
from tests.machine.program import run
from tests.machine.read_models import read_models_of
from tests.machine.stage import in_memory_stage

STEPS = int(os.environ.get("MACHINE_STEPS", "20000"))
STEPS_ON_POSTGRES = int(os.environ.get("MACHINE_POSTGRES_STEPS", "2000"))
FIRST_SEED = int(os.environ.get("MACHINE_SEED", "1"))
STEPS_PER_PROGRAM = 1_000

_numbers = count(1)

NEVER_REFUSED = frozenset({"RegisterPerson"})
"""Who signs up twice is who they were."""


def test_the_machine_knows_every_command() -> None:
    assert set(ARGUMENTS) == set(HANDLERS)


def test_no_program_breaks_a_rule_in_memory(admin_database: str) -> None:
    @contextmanager
    def opened() -> Iterator[Interpreter]:
        with read_models_of(in_memory_stage(), admin_database) as read_models:
            read_models.empty()
            yield Interpreter(read_models.stage, read_models)

    accepted, refused = run_all(STEPS, opened)
    names = {command.__name__ for command in HANDLERS}
    assert names - set(accepted) == set()
    assert names - set(refused) == NEVER_REFUSED


def test_no_program_breaks_a_rule_on_postgres(postgres_server: EmbeddedPostgres) -> None:
    @contextmanager
    def opened() -> Iterator[Interpreter]:
        name = f"machine_{next(_numbers)}"
        postgres_server.create_database(name, template=TEMPLATE)
        admin_url = postgres_server.admin_url(name)
        try:
            with (
                postgres_stage(postgres_server.url(name), admin_url) as (stage, log),
                read_models_of(stage, admin_url) as read_models,
            ):
                yield (studio := Interpreter(stage, read_models))
                studio.invariants.check_audit(log)
        finally:
            postgres_server.drop_database(name)

    run_all(STEPS_ON_POSTGRES, opened)


def run_all(
    steps: int, opened: Callable[[], AbstractContextManager[Interpreter]]
) -> tuple[Counter[str], Counter[str]]:
    """Programs of so many steps together. Answers how often each command was accepted, refused."""
    accepted, refused, kinds = Counter[str](), Counter[str](), Counter[str]()
    began_s = time.monotonic()
    for number in range(-(-steps // STEPS_PER_PROGRAM)):
        length = min(STEPS_PER_PROGRAM, steps - number * STEPS_PER_PROGRAM)
        studio = run(FIRST_SEED + number, length, opened)
        accepted += studio.stage.accepted
        refused += studio.stage.refused
        kinds.update(type(step).__name__ for step in studio.program)
    took_s = time.monotonic() - began_s
    print(f"\n{steps} steps in {took_s:.0f} s: {steps / took_s:.0f} steps/s; {dict(kinds)}")
    for command in HANDLERS:
        name = command.__name__
        print(f"{name:24} {accepted[name]:7} accepted {refused[name]:7} refused")
    return accepted, refused
