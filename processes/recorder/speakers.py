"""Who may say what: workers on the results topic, the screener on the verdicts topic.

A broker's access rules keep workers off the verdicts topic; this keeps verdicts off theirs. Without
it, whoever may report a picture could report that it was checked, too.
"""

from topics.codec import Undecodable
from topics.messages.results import (
    FailureReason,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)
from topics.messages.work import WorkKind
from topics.registry import VERDICTS, Message


def is_in_its_place(topic: str, message: Message | Undecodable) -> bool:
    """Whether a message on the topic of this name is one that its writers may say."""
    screens = topic == VERDICTS.name
    match message:
        case JobClaimed():
            return screens == (message.kind is WorkKind.SCREENING)
        case JobFailed():
            return screens == (message.reason is FailureReason.SCREENING_UNAVAILABLE)
        case OutputsScreened() | PhotosJudged() | SourcePhotoJudged() | PackMade():
            return screens
        case JobRendered():
            return not screens
        case _:
            return True
