"""How a twin comes to count among those that its person may have."""

from uuid import UUID

from commands.work import Work
from domain.person import Person
from domain.twin import Twin


def take_room(person: Person, twin_id: UUID, work: Work) -> tuple[Twin, ...]:
    """Count a twin. Where there is no room for it, twins that are over are set aside.

    Answers those: nobody may consent to one while the save is made, so it names them as unchanged.
    Raises `TooManyTwins`.
    """
    over: tuple[Twin, ...] = ()
    if not person.has_room_for(twin_id):
        counted = [work.load(Twin, one) for one in person.counted_twins]
        over = tuple(twin for twin in counted if twin.is_over)
        for twin in over:
            person.set_twin_aside(twin.id, at=work.now)
    person.open_twin(twin_id, at=work.now)
    return over
