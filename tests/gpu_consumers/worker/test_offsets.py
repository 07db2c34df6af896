"""What may be committed when jobs end in another order than they came."""

from __future__ import annotations

from gpu_consumers.worker.offsets import Offsets
from topics.transport import TopicPartition

P = TopicPartition("suite.jobs.image.v1", 0)
Q = TopicPartition("suite.jobs.image.v1", 1)


def taken(*offsets: int) -> Offsets:
    tracker = Offsets()
    for offset in offsets:
        tracker.taken(P, offset)
    return tracker


def test_nothing_is_committed_before_anything_is_finished() -> None:
    assert taken(4, 5).to_commit() == {}


def test_a_later_job_that_ends_first_is_not_committed_over_an_earlier_one() -> None:
    tracker = taken(4, 5, 7)
    tracker.finished(P, 5)
    assert tracker.to_commit() == {}
    tracker.finished(P, 4)
    assert tracker.to_commit() == {P: 7}


def test_what_was_committed_is_not_committed_again() -> None:
    tracker = taken(4)
    tracker.finished(P, 4)
    tracker.committed(tracker.to_commit())
    assert tracker.to_commit() == {}


def test_partitions_do_not_wait_for_each_other() -> None:
    tracker = taken(4)
    tracker.taken(Q, 9)
    tracker.finished(Q, 9)
    assert tracker.to_commit() == {Q: 10}


def test_a_partition_that_was_lost_is_committed_no_more() -> None:
    tracker = taken(4)
    tracker.forget([P])
    tracker.finished(P, 4)
    assert tracker.to_commit() == {}
