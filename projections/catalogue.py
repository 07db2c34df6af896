"""What belongs to nobody: price lists and policies, version after version."""

import msgspec
from psycopg.types.json import Jsonb

from domain.policy import Policy
from domain.price_list import PriceList
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

price_lists = ReadModel("price_lists")
policies = ReadModel("policies")


@price_lists.on(PriceList.Published)
def _prices_published(event: PriceList.Published, fact: Fact) -> list[Change]:
    return [
        Change(
            """
            INSERT INTO price_lists (owner_id, version, entries, packages,
                                     previous_accepted_until, published_at, position)
            VALUES (%(owner_id)s, %(version)s, %(entries)s, %(packages)s, %(until)s, %(at)s,
                    %(position)s)
            """,
            {
                "owner_id": fact.owner_id,
                "version": event.version,
                "entries": Jsonb(msgspec.to_builtins(event.entries)),
                "packages": Jsonb(msgspec.to_builtins(event.packages)),
                "until": event.accepted_until,
                "at": event.timestamp,
                "position": fact.position,
            },
        )
    ]


@policies.on(Policy.Published)
def _policy_published(event: Policy.Published, fact: Fact) -> list[Change]:
    return [
        Change(
            """
            INSERT INTO policies (owner_id, version, rows, published_at, position)
            VALUES (%(owner_id)s, %(version)s, %(rows)s, %(at)s, %(position)s)
            """,
            {
                "owner_id": fact.owner_id,
                "version": event.version,
                "rows": Jsonb(msgspec.to_builtins(event.rows)),
                "at": event.timestamp,
                "position": fact.position,
            },
        )
    ]
