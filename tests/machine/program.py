"""Runs a program from a seed; one that fails is made short and written down as Python."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from tests.machine.dice import Dice
from tests.machine.interpreter import Interpreter
from tests.machine.invariants import Broken
from tests.machine.steps import Step
from tests.machine.written import written

CHECK_EVERY_STEPS = 250
SHRINKING_RUNS_MAX = 150

Opened = Callable[[], AbstractContextManager[Interpreter]]
"""A new studio, empty."""


class ProgramFails(AssertionError):
    """The shortest program that was found to break a rule."""


def run(seed: int, steps: int, opened: Opened) -> Interpreter:
    """Carry out so many steps and check. Raises `ProgramFails`."""
    done: list[Step] = []
    try:
        with opened() as studio:
            done = studio.program
            dice = Dice(seed, studio)
            for step in dice.opening():
                studio.carry_out(step)
            for number in range(1, steps + 1):
                studio.carry_out(dice.roll())
                if number % CHECK_EVERY_STEPS == 0:
                    studio.check()
            studio.end()
            return studio
    except Broken as broken:
        fault = broken
    shortest = shrunk(done, fault.name, opened)
    listed = "\n".join(f"    {written(step)}," for step in shortest)
    raise ProgramFails(
        f"{fault}\nseed {seed}, {len(done)} steps; these {len(shortest)} are enough:\n"
        f"program = [\n{listed}\n]"
    )


def replay(program: Sequence[Step], opened: Opened) -> Broken | None:
    """What a program breaks, if anything."""
    try:
        with opened() as studio:
            for step in program:
                studio.carry_out(step)
            studio.check()
            studio.end()
    except Broken as broken:
        return broken
    return None


def shrunk(program: list[Step], name: str, opened: Opened) -> list[Step]:
    """A shorter program that breaks the same rule: steps are left out as long as it does."""
    runs, size = 0, len(program) // 2
    while size and runs < SHRINKING_RUNS_MAX:
        start, shorter = 0, False
        while start < len(program) and runs < SHRINKING_RUNS_MAX:
            tried = program[:start] + program[start + size :]
            found = replay(tried, opened)
            runs += 1
            if found is not None and found.name == name:
                program, shorter = tried, True
            else:
                start += size
        if not shorter or size > 1:
            size //= 2
    return program
