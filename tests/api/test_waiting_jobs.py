"""How long there is to wait: the place in line, when a job begins, what is left of one."""

from uuid import UUID, uuid5

import msgspec

from api.progress import ProgressBoard
from api.types.job import checkpoints
from commands.jobs.move_job_up import TurnOfJob
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse
from topics.messages.progress import CheckpointSeen, JobProgressed, Phase

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
    turn = fresh.asks(TurnOfJob(uuid_of(mine)), ada.person).turn
    waits = {"place": 2, "placeIsLeast": False, "startsInS": None, "takesS": None}
    assert shown["queue"] == {"turn": str(turn), **waits}
    with sse(ada, JOBS) as feed:
        assert feed.value()["jobs"] == [{"id": mine, "queue": waits}]
        # Nothing of Ada's has changed, and she is told nevertheless.
        grace.did("cancelJob", job=hers)
        fresh.settle()
        while (moved := feed.value())["queue"]["place"] != 1:
            continue
        assert (moved["__typename"], moved["id"]) == ("JobQueueMoved", mine)


def test_a_job_that_is_moved_up_is_told_of_at_once_and_keeps_the_others_places(
    fresh: LiveStudio,
) -> None:
    ada, grace = (Creator(fresh, name).verified().rich() for name in ("Ada", "Grace"))
    first, hers, second = ada.images(), grace.images(), ada.images()
    fresh.settle()
    with sse(ada, JOBS) as feed:
        feed.value()
        moved = ada.did("moveJobUp", "turn position", job=second, aheadOf=first)
        fresh.settle()
        told: dict[str, int] = {}
        while len(told) < 2:
            event = feed.value()
            if event["__typename"] == "JobQueueMoved":
                told[event["id"]] = event["queue"]["place"]
        assert told == {second: 1, first: 3}
    places = [edge["node"]["queue"] for edge in ada.run("Jobs", first=10)["jobs"]["edges"]]
    assert [one["place"] for one in places] == [1, 3]
    assert places[0]["turn"] == moved["turn"]
    [unmoved] = [edge["node"]["queue"] for edge in grace.run("Jobs", first=10)["jobs"]["edges"]]
    assert unmoved["place"] == 2
    # The same wish under another key: it is there already.
    assert ada.did("moveJobUp", "turn", job=second, aheadOf=first)["turn"] == moved["turn"]
    for job, other in ((hers, first), (first, hers), (first, "Job:nothing")):
        refused = ada.mutate("moveJobUp", job=job, aheadOf=other)
        assert refused["code"] == "NOT_FOUND"
    ada.claimed(second)
    assert ada.mutate("moveJobUp", job=first, aheadOf=second)["code"] == "JOB_HAS_BEGUN"
    ada.did("cancelJob", job=first)
    assert ada.mutate("moveJobUp", job=first, aheadOf=second)["code"] == "JOB_ENDED"


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


TRAINING = """
subscription { jobs { __typename
  ... on JobProgressed { id progress { checkpoints { step similarity } } }
  ... on TrainingCheckpointPassed { id checkpoint { step similarity samplesPng } } } }
"""


def test_a_training_shows_its_samples_at_each_checkpoint_live_and_after_a_reload(
    fresh: LiveStudio,
) -> None:
    ada = Creator(fresh)
    job = ada.training(ada.ready_to_train())
    claim = ada.claimed(job)
    fresh.settle()
    said = msgspec.structs.replace(word(50, 1.0), job=claim.job_id, owner=ada.person)
    first, second = CheckpointSeen(48, 0.75), CheckpointSeen(96, 0.875)

    def hear(at_s: float, png: bytes | None, *passed: CheckpointSeen) -> None:
        fresh.parts.progress.note(
            msgspec.structs.replace(said, at_s=at_s, preview_png=png, checkpoints=passed)
        )

    with sse(ada, TRAINING) as feed:
        feed.next()
        hear(1.0, b"one", first)
        told = [event.value for event in feed.rest()]
        assert told[-1]["checkpoint"] == {
            "step": 48,
            "similarity": 0.75,
            "samplesPng": "data:image/png;base64,b25l",
        }
        hear(2.0, b"one", first)
        assert [event.value["__typename"] for event in feed.rest()] == ["JobProgressed"]
        hear(3.0, b"two", first, second)
        progressed, passed = (event.value for event in feed.rest())
        assert [one["step"] for one in progressed["progress"]["checkpoints"]] == [48, 96]
        assert passed["checkpoint"]["step"] == 96
    again = ada.run("Training", job=job)["job"]["progress"]["checkpoints"]
    assert [one["samplesPng"] is not None for one in again] == [True, True]
    assert [one["similarity"] for one in again] == [0.75, 0.875]
    ada.did("cancelJob", job=job)
    fresh.settle()
    assert ada.run("Training", job=job)["job"]["progress"] is None
    assert Creator(fresh, "Grace").run("Training", job=job)["job"] is None


def test_a_node_that_heard_of_a_checkpoint_too_late_tells_its_likeness_alone() -> None:
    board = ProgressBoard(lambda _owner: None)
    passed = (CheckpointSeen(48, 0.75), CheckpointSeen(96, 0.875))
    board.note(msgspec.structs.replace(word(97, 1.0), preview_png=b"two", checkpoints=passed))
    found = board.of_job(JOB, 1)
    assert found is not None
    assert [one.samples_png is not None for one in checkpoints(found)] == [False, True]
    # Another attempt begins with what it has passed itself.
    board.note(word(1, 2.0, attempt=2))
    found = board.of_job(JOB, 2)
    assert found is not None
    assert checkpoints(found) == []


def test_one_step_is_no_pace_and_neither_is_another_attempts() -> None:
    assert left_s(word(10, 5.0)) is None
    assert left_s(word(10, 5.0), word(20, 6.0), word(0, 7.0, attempt=2)) is None
    assert left_s(word(0, 1.0, Phase.LOAD), word(10, 5.0), word(30, 9.0)) == 14.0


def test_what_is_drawn_between_steps_takes_time_and_never_less_than_none() -> None:
    assert left_s(word(10, 5.0), word(30, 9.0), word(30, 11.0, Phase.DECODE)) == 12.0
    assert left_s(word(10, 5.0), word(100, 9.0), word(1, 60.0, Phase.UPLOAD)) == 0.0
