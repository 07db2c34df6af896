"""What the vault forgets: sessions and links that are over, empty buckets, webhooks of long ago.

Every statement here deletes at most as many rows as it is told, and may be repeated.
"""

from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow


def forget_webhooks(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget webhooks received before then, oldest first. Answers how many.

    One that is replayed so late carries a stale signature.
    """
    return connection.execute(
        "DELETE FROM vault.webhooks WHERE (provider, webhook_id) IN (SELECT provider, webhook_id "
        "FROM vault.webhooks WHERE received_at < %s ORDER BY received_at LIMIT %s)",
        [before, limit],
    ).rowcount


def forget_sessions(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget sessions that expired before then. Answers how many."""
    return connection.execute(
        "DELETE FROM vault.sessions WHERE token_sha256 IN (SELECT token_sha256 "
        "FROM vault.sessions WHERE expires_at < %s ORDER BY expires_at LIMIT %s "
        "FOR UPDATE SKIP LOCKED)",
        [before, limit],
    ).rowcount


def forget_password_links(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget links that were over before then. Answers how many."""
    return connection.execute(
        "DELETE FROM vault.password_links WHERE token_sha256 IN (SELECT token_sha256 "
        "FROM vault.password_links WHERE expires_at < %s ORDER BY expires_at LIMIT %s "
        "FOR UPDATE SKIP LOCKED)",
        [before, limit],
    ).rowcount


def forget_tries(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget buckets that were empty before then. Answers how many."""
    return connection.execute(
        "DELETE FROM vault.tries WHERE counter IN (SELECT counter FROM vault.tries "
        "WHERE empty_at < %s ORDER BY empty_at LIMIT %s FOR UPDATE SKIP LOCKED)",
        [before, limit],
    ).rowcount


def forget_familiar_networks(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget networks that were familiar until before then. Answers how many."""
    return connection.execute(
        "DELETE FROM vault.familiar_networks WHERE digest IN (SELECT digest "
        "FROM vault.familiar_networks WHERE familiar_until < %s ORDER BY familiar_until LIMIT %s "
        "FOR UPDATE SKIP LOCKED)",
        [before, limit],
    ).rowcount


def forget_identity_sessions(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget sessions at an identity provider that were begun before then. Answers how many.

    A check that is over is asked about no more, and a webhook of it is then of nothing of ours.
    """
    return connection.execute(
        "DELETE FROM vault.identity_sessions WHERE verification_id IN (SELECT verification_id "
        "FROM vault.identity_sessions WHERE started_at < %s ORDER BY started_at LIMIT %s "
        "FOR UPDATE SKIP LOCKED)",
        [before, limit],
    ).rowcount


def forget_archives(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget addresses of ZIPs that were over before then. Answers how many."""
    return connection.execute(
        "DELETE FROM vault.archives WHERE token_sha256 IN (SELECT token_sha256 "
        "FROM vault.archives WHERE expires_at < %s ORDER BY expires_at LIMIT %s "
        "FOR UPDATE SKIP LOCKED)",
        [before, limit],
    ).rowcount
