"""A small aggregate for tests of the event store: a diary in which Ada writes lines."""

from datetime import UTC, datetime
from typing import Self, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText, PersonalText
from domain.kernel.stored_form import StoredForm

ADA = UUID("ada00000-0000-4000-8000-000000000000")
GRACE = UUID("97ace000-0000-4000-8000-000000000000")
MORNING = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


class DiaryState(msgspec.Struct, frozen=True):
    """What a diary remembers of its lines."""

    opened_at: datetime
    changed_at: datetime
    lines: int
    characters: int


class Diary(Aggregate):
    """Counts lines and characters; what they say stays in the events."""

    TOPIC = "diary"

    class Opened(Aggregate.Created):
        TOPIC = "diary.opened"
        title: FreeText

    class LineWritten(Aggregate.Event):
        TOPIC = "diary.line-written"
        characters: int
        text: FreeText | None = None

    @event(Opened)
    def __init__(self, title: FreeText) -> None:
        self.lines = 0
        self.characters = 0

    @classmethod
    def open(cls, id: UUID, title: str, at: datetime = MORNING) -> Self:
        """A new diary with one pending event."""
        return cls._create(cls.Opened, id=id, timestamp=at, title=PersonalText(title))

    def write(self, text: str, at: datetime = MORNING) -> None:
        """Write a line."""
        self._written(characters=len(text), text=PersonalText(text), timestamp=at)

    @property
    def unsaved(self) -> list[Aggregate.Event]:
        """What was decided since it was loaded or opened."""
        return cast("list[Aggregate.Event]", self.pending_events)

    @event(LineWritten)
    def _written(self, characters: int, text: FreeText | None, timestamp: datetime) -> None:
        self.lines += 1
        self.characters += characters

    def snapshot_state(self) -> DiaryState:
        """All of it but the texts."""
        return DiaryState(self.created_on, self.modified_on, self.lines, self.characters)

    @classmethod
    def from_snapshot(cls, id: UUID, version: int, state: DiaryState) -> Self:
        """The diary as it was at `version`."""
        diary = cls.__new__(cls)
        diary.__base_init__(originator_id=id, originator_version=version, timestamp=state.opened_at)
        diary.modified_on = state.changed_at
        diary.lines, diary.characters = state.lines, state.characters
        return diary


DIARY_FORM = StoredForm([Diary.Opened, Diary.LineWritten])
