"""How long there is to wait: the place in line, when a job begins, what is left of one."""

from uuid import UUID, uuid5

import msgspec

from api.progress import ProgressBoard
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse
from topics.messages.progress import JobProgressed, Phase

JOBS = """
subscription { jobs { __typename
  ... on JobsSnapshot { jobs { id queue { place placeIsLeast startsInS takesS } } }
  ... on JobQueueMoved { id queue { place } } } }
"""
ADA = UUID(int=1)
JOB = uuid5(ADA, "job")


def word(step: int, at_s: float, phase: Phase = Phase.STEP, attempt: int = 1) -> JobProgressed:
    return JobProgressed(JOB, attempt, ADA, phase, step, 100, at_s)


def left_s(*words: JobProgressed) -> float | None:
    """What is left after the last of these words."""
    board = ProgressBoard(lambda _owner: None)
    for one in words:
        board.note(one)
    found = board.of_job(JOB, words[-1].attempt)
    assert found is not None
    return found.left_s


def test_a_waiting_job_tells_its_place_and_is_followed_to_its_turn(fresh: LiveStudio) -> None:
    grace, ada = (Creator(fresh, name).verified().rich() for name in ("Grace", "Ada"))
    hers, mine = grace.images(), ada.images()
    fresh.settle()
    [shown] = [edge["node"] for edge in ada.run("Jobs", first=10)["jobs"]["edges"]]
    waits = {"place": 2, "placeIsLeast": False, "startsInS": None, "takesS": None}
    assert shown["queue"] == waits
    with sse(ada, JOBS) as feed:
        assert feed.value()["jobs"] == [{"id": mine, "queue": waits}]
        # Nothing of Ada's has changed, and she is told nevertheless.
        grace.did("cancelJob", job=hers)
        fresh.settle()
        while (moved := feed.value())["queue"]["place"] != 1:
            continue
        assert (moved["__typename"], moved["id"]) == ("JobQueueMoved", mine)


def test_who_has_begun_stands_in_no_line(fresh: LiveStudio) -> None:
    ada = Creator(fresh).verified().rich()
    ada.claimed(ada.images())
    fresh.settle()
    [shown] = [edge["node"] for edge in ada.run("Jobs", first=10)["jobs"]["edges"]]
    assert (shown["state"], shown["queue"]) == ("STARTED", None)


def test_what_is_left_follows_from_the_pace_of_the_steps_made(fresh: LiveStudio) -> None:
    ada = Creator(fresh).verified().rich()
    job = ada.claimed(ada.images())
    fresh.settle()
    for step, at_s in ((10, 1_000.0), (30, 1_010.0)):
        fresh.parts.progress.note(
            msgspec.structs.replace(word(step, at_s), job=job.job_id, owner=ada.person)
        )
    [shown] = [edge["node"] for edge in ada.run("Jobs", first=10)["jobs"]["edges"]]
    assert shown["progress"]["timeLeftS"] == 35


def test_one_step_is_no_pace_and_neither_is_another_attempts() -> None:
    assert left_s(word(10, 5.0)) is None
    assert left_s(word(10, 5.0), word(20, 6.0), word(0, 7.0, attempt=2)) is None
    assert left_s(word(0, 1.0, Phase.LOAD), word(10, 5.0), word(30, 9.0)) == 14.0


def test_what_is_drawn_between_steps_takes_time_and_never_less_than_none() -> None:
    assert left_s(word(10, 5.0), word(30, 9.0), word(30, 11.0, Phase.DECODE)) == 12.0
    assert left_s(word(10, 5.0), word(100, 9.0), word(1, 60.0, Phase.UPLOAD)) == 0.0
