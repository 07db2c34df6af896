"""What is said of an output that could not be looked at."""

from gpu_consumers.screening.output_checks import ABSENT
from topics.messages.results import CheckResult, ScreenedOutput
from topics.messages.work import OutputsWork, OutputToScreen


def unscreened(output: OutputToScreen, work: OutputsWork) -> ScreenedOutput:
    """No check was made, and a check that was not made denies."""
    unmade = tuple(CheckResult(name, None, ABSENT) for name in work.required_checks)
    return ScreenedOutput(output.item, unmade)
