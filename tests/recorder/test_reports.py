"""A report becomes the command that records it: every value that the domain keeps, as reported."""

from dataclasses import asdict
from typing import Any
from uuid import uuid5

import msgspec
import pytest

from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import RecordScreening, ScreenedItem
from domain.checks import CheckVerdict
from domain.job_state import AdapterFile, JobOutput
from domain.kernel.identity import SYSTEM
from processes.recorder.reports import Report, reported
from topics.messages.results import (
    CheckResult,
    JobRendered,
    OutputsScreened,
    RenderedOutput,
    ScreenedOutput,
    TrainedAdapter,
)

JOB, CLAIM = uuid5(SYSTEM, "job"), uuid5(SYSTEM, "claim")
SHA256 = "5e" * 32
PICTURE = RenderedOutput(0, "quarantine/0.png", SHA256, 9_000, 512, 384, "image/png", 7)
ADAPTER = TrainedAdapter("quarantine/adapter.safetensors", SHA256, 80_000, 16, 400, 0.93)
IDENTITY = CheckResult("identity", passed=True, model="pocket-analyser-1", score=0.91)
MINOR = CheckResult("minor", passed=None, model="absent")


def command(report: Report) -> Any:
    """The command that records this report."""
    return reported(report).command


def test_a_rendering_is_recorded_as_reported() -> None:
    assert command(JobRendered(JOB, 1, CLAIM, (PICTURE,))) == RecordRendered(
        JOB,
        1,
        CLAIM,
        (JobOutput(0, "quarantine/0.png", SHA256, 9_000, 512, 384, "image/png", 7),),
    )


def test_a_trained_adapter_is_recorded_as_reported() -> None:
    assert command(JobRendered(JOB, 2, CLAIM, (), ADAPTER)) == RecordRendered(
        JOB,
        2,
        CLAIM,
        (),
        AdapterFile("quarantine/adapter.safetensors", SHA256, 80_000, 16, 400, 0.93),
    )


def test_verdicts_are_recorded_as_reported_and_a_check_that_was_not_made_stays_so() -> None:
    signed = ScreenedOutput(0, (IDENTITY, MINOR), "gallery/0.png", SHA256, 9_100)
    report = OutputsScreened(JOB, 1, CLAIM, (signed, ScreenedOutput(1, ())), (MINOR,), 2)
    identity = CheckVerdict("identity", passed=True, model="pocket-analyser-1", score=0.91)
    minor = CheckVerdict("minor", passed=None, model="absent")
    assert command(report) == RecordScreening(
        JOB,
        1,
        CLAIM,
        (ScreenedItem(0, (identity, minor), SHA256, 9_100), ScreenedItem(1, ())),
        (minor,),
        screening=2,
    )


def test_the_screener_of_an_earlier_release_means_the_first_screening() -> None:
    assert asdict(command(OutputsScreened(JOB, 1, CLAIM, ())))["screening"] == 1


@pytest.mark.parametrize(
    ("message", "value"),
    [
        (RenderedOutput, JobOutput),
        (TrainedAdapter, AdapterFile),
        (CheckResult, CheckVerdict),
        (ScreenedOutput, ScreenedItem),
    ],
)
def test_a_message_says_whatever_the_domain_keeps(message: Any, value: Any) -> None:
    said = {field.name for field in msgspec.structs.fields(message)}
    assert {field.name for field in msgspec.structs.fields(value)} <= said
