"""What programs leave out, since it is known to break a rule and is being mended."""

from commands.twin.submit_photos import SubmitPhotos
from tests.machine.known import Known
from tests.machine.steps import Do, Step


def left_out(step: Step, known: Known) -> bool:
    """The same photo set under another key stops every read model (issue 9, finding 1)."""
    if not isinstance(step, Do) or not isinstance(step.command, SubmitPhotos):
        return False
    submission = step.command.submission_id
    return any(
        isinstance(done.command, SubmitPhotos)
        and done.command.submission_id == submission
        and done.key != step.key
        for done in known.answered
    )
