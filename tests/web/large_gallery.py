"""Ten thousand items of somebody, straight in the read model: copies of one that there is."""

import psycopg

from tests.api.creator import Creator

OWN = {"asset_id", "stack_id", "released_position", "released_at", "width", "height", "prompt"}
"""What every copy has for itself."""
WORDS = {"search_text"}

SHAPES = ((512, 512), (448, 576), (576, 448), (384, 704), (704, 384))
MONTHS = 48


def enlarge(admin_url: str, creator: Creator, items: int, *, months: int = MONTHS) -> None:
    """Copies the only picture of `creator` so often, over so many months: it is in their middle."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        columns = [
            name
            for (name,) in admin.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'views' "
                "AND table_name = 'assets' AND is_generated = 'NEVER'"
            )
            if name not in OWN | WORDS
        ]
        listed = ", ".join(columns)
        copied = ", ".join(f"a.{column}" for column in columns)
        # Positions below all that has really happened: of the same, ids order them.
        admin.execute(
            f"INSERT INTO views.assets (asset_id, stack_id, released_position, released_at, width, "
            f"height, prompt, search_text, {listed}) "
            "SELECT id, id, CASE WHEN 2 * n > %(items)s THEN 1 ELSE 3 END, "
            "a.released_at - n * (interval '1 month' * %(months)s / %(items)s), "
            "(%(widths)s::int[])[1 + n %% 5], (%(heights)s::int[])[1 + n %% 5], "
            "'number ' || n, 'number ' || n, " + copied + " "
            "FROM (SELECT n, lpad(to_hex(%(items)s - n), 32, '0')::uuid AS id"
            " FROM generate_series(1, %(items)s) AS n) AS m,"
            " (SELECT * FROM views.assets WHERE owner_id = %(owner)s AND kind = 'image'"
            " ORDER BY released_position DESC LIMIT 1) AS a",
            {
                "owner": creator.person,
                "items": items,
                "months": months,
                "widths": [width for width, _ in SHAPES],
                "heights": [height for _, height in SHAPES],
            },
        )
        admin.execute(
            "UPDATE views.assets SET released_position = 2,"
            " released_at = released_at - (%s / 2 + 0.5) * (interval '1 month' * %s / %s)"
            " WHERE owner_id = %s AND released_position > 3",
            [items, months, items, creator.person],
        )
        admin.execute("DELETE FROM views.gallery_months WHERE owner_id = %s", [creator.person])
        admin.execute(
            "INSERT INTO views.gallery_months"
            " (owner_id, group_id, month, kind, twin_id, consent_epoch, scopes, kept, items) "
            "SELECT owner_id, gen_random_uuid(),"
            " date_trunc('month', released_at AT TIME ZONE 'UTC')::date,"
            " kind, twin_id, consent_epoch, scopes, kept, count(*)"
            " FROM views.assets WHERE owner_id = %s"
            " GROUP BY 1, 3, 4, 5, 6, 7, 8",
            [creator.person],
        )
        admin.execute("VACUUM ANALYZE views.assets")
