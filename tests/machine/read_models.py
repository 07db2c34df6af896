"""The read models of a program: on PostgreSQL, whatever the events are stored in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection, sql

from domain.events import STORED_FORM
from domain.kernel.role import Role
from projections.parked_owners import ParkedOwner
from projections.projector import Projector
from projections.rebuild import Difference, Rebuild
from projections.shadow import LIVE_SCHEMA, table_names
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import gallery
from queries.gallery.sections import sections
from queries.viewer import view_on
from tests.machine.stage import Stage
from topics.messages.fact import Fact

EVERY_KIND = GalleryFilter(kinds=("image", "sample", "video"), states=("released",))


class ReadModels:
    """What the projector makes of a stage's facts."""

    def __init__(self, stage: Stage, connection: Connection[Any]) -> None:
        self.stage = stage
        self._connection = connection
        self._projector = Projector(lambda: nullcontext(connection), STORED_FORM, stage.sealer)
        self._rebuild = Rebuild(lambda: nullcontext(connection), STORED_FORM, stage.sealer)
        self.read_to = 0

    def empty(self) -> None:
        """Take every row away: quicker than a database of its own for each program."""
        with self._connection.cursor() as cursor:
            tables = sql.SQL(", ").join(
                sql.Identifier(LIVE_SCHEMA, name) for name in table_names(cursor)
            )
            cursor.execute(sql.SQL("TRUNCATE {}").format(tables))

    def catch_up(self, *, again: int = 0) -> tuple[ParkedOwner, ...]:
        """Read everything new, after so many facts again. Answers whom a fact has stopped."""
        facts = self.stage.facts_after(max(0, self.read_to - again))
        parked = self._projector.apply(facts)
        self.read_to = max([self.read_to, *(fact.position for fact in facts)])
        return parked

    def rebuild(self) -> None:
        """Build all of them anew."""
        self._rebuild.run(self._facts)

    def differences(self) -> tuple[Difference, ...]:
        """What differs from a replay."""
        return self._rebuild.compare(self._facts)

    def shown_to(self, owner: UUID) -> list[UUID]:
        """The first hundred pictures of an owner's gallery."""
        with view_on(self._connection, owner, Role.CREATOR) as view:
            return [asset.asset_id for asset in gallery(view, first=100, only=EVERY_KIND).items]

    def counted_for(self, owner: UUID) -> int:
        """How many pictures the months of an owner's gallery hold."""
        with view_on(self._connection, owner, Role.CREATOR) as view:
            return sum(month.items for month in sections(view, EVERY_KIND))

    def _facts(self, after: int) -> Iterable[Fact]:
        return self.stage.facts_after(after)


@contextmanager
def read_models_of(stage: Stage, admin_url: str) -> Iterator[ReadModels]:
    """Read models in a database, over one connection."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield ReadModels(stage, connection)
