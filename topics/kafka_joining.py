"""What keeps a member of a Kafka group from losing a join that outlasts one poll.

kafka-python 3.0.12 joins in the background and looks at the outcome in a later `poll`, with two
gaps: a join that finished between two polls is thrown away and begun anew, which rebalances the
group again; and one that began because a topic's metadata had changed is not looked at any more, so
that the member neither joins nor sends heartbeats, and goes on with partitions that others hold.
Both were seen with two members on Kafka 4.3.1. The names used here are not public: the contract
suite shows whether they still mean the same.
"""

from typing import Any

from kafka import KafkaConsumer
from kafka.coordinator.base import MemberState


class Joining:
    """Watches over the joins of one consumer. Made before its first poll."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._coordinator = consumer._coordinator
        self._join = self._coordinator._do_join_and_sync_async
        self._finished: tuple[Any, bytes] | None = None
        self._coordinator._do_join_and_sync_async = self._join_once

    def resume(self) -> None:
        """To be called before each poll: a join under way is looked at again."""
        if self._coordinator.rejoining:
            self._coordinator.request_rejoin()

    @property
    def fenced(self) -> bool:
        """Whether the broker refuses this member's heartbeats because its id has a newer owner.

        kafka-python then stops them and goes on fetching, and says so only when it commits.
        """
        return bool(self._coordinator.stable() and not self._coordinator._heartbeat_enabled)

    async def _join_once(self) -> bytes:
        finished, self._finished = self._finished, None
        # Whoever takes up a finished join becomes STABLE: still REBALANCING means that none did.
        waiting = self._coordinator.state is MemberState.REBALANCING
        if finished is not None and waiting and finished[0] == self._coordinator._generation:
            return finished[1]
        assignment: bytes = await self._join()
        self._finished = self._coordinator._generation, assignment
        return assignment
