"""What belongs to nobody: price lists and policies, version after version."""

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
            SELECT owner_id, version, entries, packages, previous_accepted_until, published_at,
                   position
              FROM json_populate_recordset(NULL::price_lists, %(rows)s)
            """,
            {
                "owner_id": fact.owner_id,
                "version": event.version,
                "entries": event.entries,
                "packages": event.packages,
                "previous_accepted_until": event.accepted_until,
                "published_at": event.timestamp,
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
            SELECT owner_id, version, rows, published_at, position
              FROM json_populate_recordset(NULL::policies, %(rows)s)
            """,
            {
                "owner_id": fact.owner_id,
                "version": event.version,
                "rows": event.rows,
                "published_at": event.timestamp,
                "position": fact.position,
            },
        )
    ]
