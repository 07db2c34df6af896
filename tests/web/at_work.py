"""A studio that works by itself: what is asked for is judged, drawn, released and shown."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from domain.photo_set import PhotoVerdict
from domain.twin import Twin
from tests.api.creator import PASSWORD, Creator, Visitor, uuid_of
from tests.api.live_studio import LiveStudio
from tests.web.stand import picture_files

LOOKED_EVERY_S = 0.05


class Somebody(Creator):
    """Whoever has signed up at the page."""

    def __init__(self, live: LiveStudio, email: str) -> None:
        Visitor.__init__(self, live)
        self.email = email

    def is_there(self) -> bool:
        """Whether the account is known by now; the session is theirs then."""
        answer = self.mutate(
            "signIn",
            on="SignInSuccess",
            fields="token viewer { id }",
            email=self.email,
            password=PASSWORD,
        )
        if answer["__typename"] != "SignInSuccess":
            return False
        self.token, self.person = answer["token"], uuid_of(answer["viewer"]["id"])
        return True


@contextmanager
def at_work(live: LiveStudio, email: str) -> Iterator[None]:
    """All that follows from what this person does at the page is done, for a `with` block."""
    ended = threading.Event()
    failed: list[BaseException] = []
    somebody = Somebody(live, email)

    def work() -> None:
        try:
            while not ended.wait(LOOKED_EVERY_S):
                live.payment.deliver_webhooks()
                live.settle()
                if somebody.token is not None or somebody.is_there():
                    _whatever_waits(somebody)
        except BaseException as error:  # Told where the test waits for it.
            failed.append(error)

    thread = threading.Thread(target=work, name="at work")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert failed == []


def _whatever_waits(somebody: Creator) -> None:
    live = somebody.live
    for edge in somebody.run("Viewer")["twins"]["edges"]:
        twin = uuid_of(edge["node"]["id"])
        if edge["node"]["status"] == "PHOTOS_JUDGING":
            found = somebody.load(Twin, twin)
            assert found.submitted is not None
            verdicts = tuple(PhotoVerdict(photo) for photo in found.submitted.photos)
            submission = found.submitted.submission_id
            live.does(
                RecordPhotoVerdicts(twin, submission, verdicts, (), "pocket-analyser"),
                somebody.person,
            )
    for edge in somebody.run("Jobs", first=20)["jobs"]["edges"]:
        if edge["node"]["state"] == "REQUESTED":
            files = {} if edge["node"]["kind"] == "TRAINING" else picture_files(3)
            somebody.finished(edge["node"]["id"], files)
