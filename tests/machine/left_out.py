"""What programs leave out, since it is known to break a rule and is being mended."""

from commands.twin.submit_photos import SubmitPhotos
from domain.twin import Twin
from tests.machine.interpreter import Interpreter
from tests.machine.steps import Do, Step


def left_out(step: Step, at: Interpreter) -> bool:
    """A set that was rejected, or gave way to another, is handed in again.

    The deletion that its rejection asked for may come after its photos were accepted after all.
    """
    if not isinstance(step, Do) or not isinstance(step.command, SubmitPhotos):
        return False
    submission = step.command.submission_id
    before = (done.command for done in at.known.answered if done.key != step.key)
    if not any(isinstance(c, SubmitPhotos) and c.submission_id == submission for c in before):
        return False
    twin = at.stage.load(Twin, step.command.twin_id, step.owner)
    counting = () if twin is None else (twin.submitted, twin.accepted)
    return submission not in [one.submission_id for one in counting if one is not None]
