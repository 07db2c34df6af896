"""A look may take long; whoever asks never waits for longer than they may."""

import threading

from processes.survey.bounded_look import STALE_S, BoundedLook


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at_s = 1_000.0

    def __call__(self) -> float:
        return self.at_s


class Lookout:
    """Answers how often it has looked; is held, or raises, when a test says so."""

    def __init__(self) -> None:
        self.looks = 0
        self.may_look = threading.Event()
        self.may_look.set()
        self.fails = False

    def __call__(self) -> int:
        assert self.may_look.wait(30.0)
        if self.fails:
            raise ConnectionError("postgresql://ada@lighthouse")
        self.looks += 1
        return self.looks


def test_many_who_ask_at_once_are_answered_by_one_look() -> None:
    clock, lookout = Hand(), Lookout()
    look = BoundedLook(lookout, fresh_s=5.0, wait_max_s=30.0, monotonic_s=clock)
    assert [look.seen().value for _ in range(3)] == [1, 1, 1]
    clock.at_s += 5.0
    assert look.seen().value == 2


def test_whoever_asks_while_a_look_takes_long_is_told_the_last_one_and_its_age() -> None:
    clock, lookout = Hand(), Lookout()
    look = BoundedLook(lookout, fresh_s=5.0, wait_max_s=0.01, monotonic_s=clock)
    first = BoundedLook(lookout, wait_max_s=30.0, monotonic_s=clock)
    assert first.seen().value == 1
    lookout.may_look.clear()
    assert look.seen() == (None, float("inf"), 0)
    lookout.may_look.set()
    while look.seen().value is None:
        threading.Event().wait(0.01)
    lookout.may_look.clear()
    clock.at_s += 10.0
    seen = look.seen()
    assert (seen.value, seen.age_s) == (2, 10.0)
    lookout.may_look.set()


def test_what_is_too_old_to_be_true_is_no_answer() -> None:
    clock, lookout = Hand(), Lookout()
    look = BoundedLook(lookout, wait_max_s=30.0, monotonic_s=clock)
    assert look.seen().value == 1
    lookout.fails = True
    clock.at_s += STALE_S
    assert look.seen() == (1, STALE_S, 1)
    clock.at_s += 1.0
    assert look.seen() == (None, STALE_S + 1.0, 2)
    lookout.fails = False
    assert look.seen().value == 2
