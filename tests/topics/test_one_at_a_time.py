"""A batch that takes long is no standstill: before each record the loop shows that it goes on."""

from uuid import UUID

from topics.consume import one_at_a_time
from topics.messages.results import JobAlive
from topics.registry import RESULTS
from topics.transport import Delivery

LIGHTHOUSE = UUID(int=1)


def test_before_each_record_of_a_batch_the_loop_has_turned() -> None:
    course: list[str] = []
    handle = one_at_a_time(
        lambda one: course.append(str(one.offset)), turned=lambda: course.append("turn")
    )
    voice = JobAlive(LIGHTHOUSE, 1, LIGHTHOUSE)
    handle([Delivery(RESULTS.name, 0, offset, str(LIGHTHOUSE), voice) for offset in (7, 8)])
    assert course == ["turn", "7", "turn", "8"]
