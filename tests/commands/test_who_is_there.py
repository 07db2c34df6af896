"""Asking for what nobody is there to draw: it waits, or is refused with what is missing."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from commands.ports.attendance import Attendance, Presence
from commands.quote import QuoteImages, QuoteTraining, Waits
from commands.safety.publish_policy import PublishPolicy
from domain.kernel.identity import SYSTEM
from domain.policy import DEFAULT_ROWS
from domain.refusals import EngineUnavailable
from tests.commands import journey
from tests.commands.studio_spec import GRACE, MONDAY, StudioSpec

XL = "stable-diffusion-xl"
THERE = Presence(1, MONDAY)


def test_a_price_comes_with_the_word_that_nobody_was_ever_there(spec: StudioSpec) -> None:
    assert spec.asks(QuoteImages("pocket", count=2)).waits == Waits(None)


def test_a_price_comes_with_the_time_since_when_nobody_is_there(spec: StudioSpec) -> None:
    spec.attendance = Attendance(draws={"pocket": Presence(0, MONDAY)})
    assert spec.asks(QuoteImages("pocket", count=2)).waits == Waits(MONDAY)
    assert spec.asks(QuoteTraining("pocket")).waits == Waits(MONDAY)


def test_nothing_waits_while_somebody_is_there(spec: StudioSpec) -> None:
    spec.attendance = Attendance(draws={"pocket": THERE})
    assert spec.asks(QuoteImages("pocket", count=2)).waits is None


def test_whoever_draws_something_else_is_not_there_for_it(spec: StudioSpec) -> None:
    spec.attendance = Attendance(draws={XL: THERE}, workers=THERE)
    assert spec.asks(QuoteImages("pocket", count=2)).waits == Waits(None)


def test_a_job_is_taken_while_its_workers_are_away(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    spec.attendance = Attendance(draws={"pocket": Presence(0, MONDAY - timedelta(days=3))})
    spec.when(journey.A_LIGHTHOUSE).then(
        "person.generation-authorised", "wallet.reserved", "job.requested"
    )


def test_the_same_key_answers_the_same_when_everybody_has_gone(spec: StudioSpec) -> None:
    journey.verified(spec)
    journey.rich(spec)
    key = spec.fresh_key()
    spec.attendance = Attendance(draws={"pocket": THERE})
    opened = spec.does(journey.A_LIGHTHOUSE, key=key)
    spec.attendance = Attendance()
    assert spec.does(journey.A_LIGHTHOUSE, key=key) == opened


@pytest.mark.parametrize(
    ("attendance", "missing"),
    [
        (Attendance(), ("weights", "face-analyser", "document-identity", "policy")),
        (Attendance(draws={XL: THERE}), ("face-analyser", "document-identity", "policy")),
        (
            Attendance(draws={XL: THERE}, judges={"pocket": THERE}),
            ("face-analyser", "document-identity", "policy"),
        ),
        (Attendance(draws={XL: THERE}, judges={XL: THERE}), ("document-identity", "policy")),
        (Attendance(judges={XL: THERE}), ("weights", "document-identity", "policy")),
    ],
)
def test_photographs_are_refused_with_all_that_is_missing(
    spec: StudioSpec, attendance: Attendance, missing: tuple[str, ...]
) -> None:
    spec.attendance = attendance
    with pytest.raises(EngineUnavailable) as refusal:
        spec.asks(QuoteImages(XL, count=1))
    assert refusal.value.missing == missing


def test_weights_and_a_row_of_policy_do_not_open_the_gates(spec: StudioSpec) -> None:
    rows = (*DEFAULT_ROWS, *(replace(row, engine=XL) for row in DEFAULT_ROWS))
    spec.given(PublishPolicy(version=2, approvers=(GRACE,), rows=rows), owner=SYSTEM)
    spec.attendance = Attendance(draws={XL: THERE}, judges={XL: THERE})
    with pytest.raises(EngineUnavailable) as refusal:
        spec.asks(QuoteImages(XL, count=1))
    assert refusal.value.missing == ("document-identity",)
