"""Empty copies of the read models' tables, with the same keys, policies and grants."""

from typing import Any

from psycopg import Cursor, sql

LIVE_SCHEMA = "views"


def create_shadow(cursor: Cursor[Any], schema: str) -> tuple[str, ...]:
    """Create `schema` as an empty copy of the live one. Returns its table names, sorted.

    Begins as the login, which may create schemas, and leaves the session as the role that owns the
    live one. Whatever a later migration adds to the live tables is copied, too.
    """
    cursor.execute("RESET ROLE")
    owner = _owner(cursor)
    target, live = sql.Identifier(schema), sql.Identifier(LIVE_SCHEMA)
    cursor.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(target, owner))
    cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(owner))
    tables = table_names(cursor)
    for name in tables:
        copy = sql.Identifier(schema, name)
        original = sql.Identifier(LIVE_SCHEMA, name)
        cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(copy, original))
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(copy))
        cursor.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(copy))
    _copy_policies(cursor, schema)
    for kind, source, copy in [
        (sql.SQL("SCHEMA"), live, target),
        *(
            (sql.SQL("TABLE"), sql.Identifier(LIVE_SCHEMA, name), sql.Identifier(schema, name))
            for name in tables
        ),
    ]:
        _copy_grants(cursor, kind, source, copy)
    return tables


def table_names(cursor: Cursor[Any]) -> tuple[str, ...]:
    """The read models' tables, sorted."""
    cursor.execute(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = %s ORDER BY 1", (LIVE_SCHEMA,)
    )
    return tuple(name for (name,) in cursor.fetchall())


def swap_in(cursor: Cursor[Any], schema: str) -> None:
    """Put `schema` in the place of the live one and drop what stood there. Acts as the login."""
    cursor.execute("RESET ROLE")
    live, shadow = sql.Identifier(LIVE_SCHEMA), sql.Identifier(schema)
    replaced = sql.Identifier(f"{LIVE_SCHEMA}_replaced")
    cursor.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(live, replaced))
    cursor.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(shadow, live))
    cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(replaced))


def _owner(cursor: Cursor[Any]) -> sql.Identifier:
    cursor.execute(
        "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = %s",
        (LIVE_SCHEMA,),
    )
    [(owner,)] = cursor.fetchall()
    return sql.Identifier(owner)


def _copy_policies(cursor: Cursor[Any], schema: str) -> None:
    cursor.execute(
        """
        SELECT tablename, policyname, cmd, roles::text[], qual, with_check
          FROM pg_policies WHERE schemaname = %s
        """,
        (LIVE_SCHEMA,),
    )
    for table, policy, command, roles, using, check in cursor.fetchall():
        statement = sql.SQL("CREATE POLICY {} ON {} FOR {} TO {}").format(
            sql.Identifier(policy),
            sql.Identifier(schema, table),
            sql.SQL(command),
            sql.SQL(", ").join(sql.Identifier(role) for role in roles),
        )
        if using is not None:
            statement += sql.SQL(" USING ({})").format(sql.SQL(using))
        if check is not None:
            statement += sql.SQL(" WITH CHECK ({})").format(sql.SQL(check))
        cursor.execute(statement)


def _copy_grants(
    cursor: Cursor[Any], kind: sql.SQL, source: sql.Identifier, copy: sql.Identifier
) -> None:
    catalogue = (
        "SELECT (aclexplode(nspacl)).* FROM pg_namespace WHERE oid = %s::regnamespace"
        if kind == sql.SQL("SCHEMA")
        else "SELECT (aclexplode(relacl)).* FROM pg_class WHERE oid = %s::regclass"
    )
    cursor.execute(
        sql.SQL(
            "SELECT pg_get_userbyid(grantee), privilege_type FROM ({}) AS granted"
            " WHERE grantee <> grantor"
        ).format(sql.SQL(catalogue)),
        (source.as_string(cursor),),
    )
    for grantee, privilege in cursor.fetchall():
        cursor.execute(
            sql.SQL("GRANT {} ON {} {} TO {}").format(
                sql.SQL(privilege), kind, copy, sql.Identifier(grantee)
            )
        )
