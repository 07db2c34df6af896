"""`suite`: everything an operator starts or checks. Each command imports only what it needs."""

from __future__ import annotations

import importlib
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from processes.audit.cli import audit_cli
from processes.feed_cli import feed_cli
from processes.media_cli import media_cli
from processes.objects_cli import objects_cli
from processes.parked_cli import parked_cli
from processes.settings import (
    PROCESS_NAMES,
    DatabaseUnset,
)
from processes.settings_or_exit import settings_or_exit

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="AI Content Suite",
    pretty_exceptions_enable=False,
)
topics_cli = typer.Typer(no_args_is_help=True, help="The topics between processes.")
schema_cli = typer.Typer(no_args_is_help=True, help="The GraphQL contract.")
projections_cli = typer.Typer(no_args_is_help=True, help="The read models.")
policy_cli = typer.Typer(no_args_is_help=True, help="What may be made where.")
accounts_cli = typer.Typer(no_args_is_help=True, help="Who may sign in as what.")
credits_cli = typer.Typer(no_args_is_help=True, help="Credits that are given, not sold.")
cli.add_typer(topics_cli, name="topics")
cli.add_typer(schema_cli, name="schema")
cli.add_typer(audit_cli, name="audit")
cli.add_typer(projections_cli, name="projections")
cli.add_typer(accounts_cli, name="accounts")
cli.add_typer(policy_cli, name="policy")
cli.add_typer(credits_cli, name="credits")
cli.add_typer(parked_cli, name="parked")
cli.add_typer(feed_cli, name="feed")
cli.add_typer(objects_cli, name="objects")
cli.add_typer(media_cli, name="media")

ROOT = Path(__file__).parents[1]


def _check_name(process: str) -> None:
    if process not in PROCESS_NAMES:
        typer.echo(f"no process {process!r}; there are {', '.join(PROCESS_NAMES)}", err=True)
        raise typer.Exit(2)


@cli.command()
def up() -> None:
    """Start everything on this machine; Ctrl-C ends it."""
    from processes.up import run_up

    run_up(settings_or_exit())


@cli.command()
def run(process: Annotated[str, typer.Argument(help=", ".join(PROCESS_NAMES))]) -> None:
    """Run one process alone."""
    from processes.heartbeat import Heartbeat, heartbeat_file
    from processes.lifecycle import stop_requested
    from processes.log import configure
    from processes.sight import sight_of
    from processes.standstill import end_at_standstill

    _check_name(process)
    settings = settings_or_exit()
    ports = (settings.port, settings.metrics_port)
    stop = Heartbeat(heartbeat_file(settings, process), ports=ports)
    stop_requested(stop)
    configure(settings, process)
    end_at_standstill(process, stop, turn_max_s=settings.turn_max_s)
    # Before the imports, which take a second. On Kafka, workers need no database.
    if settings.kafka_bootstrap is None or process not in ("worker", "screener"):
        settings.require_database_url()
    try:
        with sight_of(settings, process, stop) as sight:
            importlib.import_module(f"processes.wiring.{process}").run(settings, stop, sight)
    finally:
        stop.end()


@cli.command()
def healthcheck(
    process: Annotated[str, typer.Argument(help=", ".join(PROCESS_NAMES))],
) -> None:
    """Say whether the process that runs here is well: its loop, its database, its topics."""
    from processes.healthcheck import Unwell, check

    _check_name(process)
    try:
        check(settings_or_exit(), process)
    except Unwell as unwell:
        typer.echo(str(unwell), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{process} is well")


@cli.command()
def status(
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,  # noqa: FBT002
) -> None:
    """Say how everything is, and what to do; the exit code is 1 where something is not well."""
    from processes.status.status import say, status_of

    raise typer.Exit(say(status_of(settings_or_exit()), as_json=json))


@cli.command()
def doctor(
    engine: Annotated[str | None, typer.Argument(help="One that draws photographs.")] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,  # noqa: FBT002
) -> None:
    """Say what photographs still need, and where it belongs; 1 where anything is missing."""
    from processes.doctor.doctor import PHOTOGRAPHIC, examined
    from processes.status.status import say

    if engine is not None and engine not in PHOTOGRAPHIC:
        typer.echo(f"no engine {engine!r}; there are {', '.join(PHOTOGRAPHIC)}", err=True)
        raise typer.Exit(2)
    engines = PHOTOGRAPHIC if engine is None else (engine,)
    raise typer.Exit(say(examined(settings_or_exit(), engines), as_json=json))


@cli.command()
def config() -> None:
    """Show every setting in force, secrets redacted."""
    typer.echo(json.dumps(settings_or_exit().redacted(), indent=2))


@cli.command()
def migrate(
    admin_url: Annotated[str, typer.Option(help="A login that may create roles and schemas.")],
) -> None:
    """Prepare an own database: migrations, topics, first prices and policy, samples."""
    from processes.prepare import prepare

    prepare(settings_or_exit(), admin_url, on_step=typer.echo)


@cli.command()
def samples(
    folder: Annotated[Path, typer.Argument(help="Where to write the sets.")],
    sets: Annotated[int, typer.Option(min=1, max=1000)] = 3,
    photos: Annotated[int, typer.Option(min=10, max=20)] = 12,
) -> None:
    """Draw photo sets of invented people (512×512 JPEG)."""
    from processes.prepare import write_samples

    write_samples(folder, sets=sets, photos=photos)


@topics_cli.command("create")
def topics_create() -> None:
    """Create missing topics and report where existing ones differ from the registry."""
    from processes.wiring.transport import open_transport
    from topics.drift import drift

    with open_transport(settings_or_exit()) as transport:
        transport.create_topics()
        found = drift(transport.describe())
    for difference in found:
        typer.echo(
            f"{difference.topic}: {difference.what} is {difference.found}, "
            f"registered {difference.registered}"
        )
    raise typer.Exit(1 if found else 0)


@topics_cli.command("asyncapi")
def topics_asyncapi() -> None:
    """Write `topics/asyncapi.json`, and the schemas of new versions into `topics/schemas/`."""
    from processes.event_schemas import event_schemas
    from topics.asyncapi import rendered
    from topics.message_schemas import RELEASED, RELEASED_EVENTS, message_schemas, release

    schemas = event_schemas()
    (ROOT / "topics" / "asyncapi.json").write_bytes(rendered(schemas))
    for name in release(message_schemas(), RELEASED) + release(schemas, RELEASED_EVENTS):
        typer.echo(f"released {name}")


@schema_cli.command("export")
def schema_export() -> None:
    """Write `graphql/schema.graphql`."""
    from api.schema import build_schema, schema_text

    (ROOT / "graphql" / "schema.graphql").write_text(schema_text(build_schema()))


@projections_cli.command("rebuild")
def projections_rebuild(
    admin_url: Annotated[str, typer.Option(help="The login that migrates.")],
) -> None:
    """Fold every event into new tables and put them in the place of the old ones."""
    from processes.rebuild import rebuild

    rebuilt = rebuild(settings_or_exit(), admin_url)
    typer.echo(f"{rebuilt.facts} events folded")
    for parked in rebuilt.parked:
        typer.echo(f"owner:{parked.owner_id} is parked at {parked.position}: {parked.error}")


@projections_cli.command("compare")
def projections_compare(
    admin_url: Annotated[str, typer.Option(help="The login that migrates.")],
) -> None:
    """Replay every event and report where the read models differ from it."""
    from processes.rebuild import compare

    differences = compare(settings_or_exit(), admin_url)
    for difference in differences:
        typer.echo(
            f"{difference.table}: {difference.missing} rows missing, {difference.surplus} surplus"
        )
    raise typer.Exit(1 if differences else 0)


@policy_cli.command("publish")
def policy_publish(
    rows: Annotated[Path, typer.Argument(help="JSON list of policy rows; replaces all rows.")],
    version: Annotated[int, typer.Option(help="The next version.")],
    approver: Annotated[list[str], typer.Option(help="E-mail of an approver; two for ADULT.")],
) -> None:
    """Publish a version of the policy. What no row names stays denied."""
    from processes.database_at_hand import settings_at_hand
    from processes.policy_file import PolicyFileInvalid, publish_policy_file

    try:
        with settings_at_hand() as settings:
            publish_policy_file(settings, rows, version, approver)
    except PolicyFileInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"policy {version} is in force")


@accounts_cli.command("role")
def accounts_role(
    email: Annotated[str, typer.Argument(help="Of an existing account.")],
    role: Annotated[str, typer.Argument(help="creator, auditor, operator or safety")],
) -> None:
    """Give an account a role. Open sessions have it from their next request on."""
    from processes.account_roles import set_role
    from processes.database_at_hand import settings_at_hand

    with settings_at_hand() as settings:
        is_set = set_role(settings, email, role)
    if not is_set:
        typer.echo("no such account, or no such role", err=True)
        raise typer.Exit(1)


@accounts_cli.command("password-link")
def accounts_password_link(
    email: Annotated[str, typer.Argument(help="Of an existing account.")],
) -> None:
    """Print a link that sets a new password, once, within half an hour. Give it to its owner."""
    from processes.database_at_hand import settings_at_hand
    from processes.password_links import password_link

    with settings_at_hand() as settings:
        link = password_link(settings, email)
    if link is None:
        typer.echo("no such account", err=True)
        raise typer.Exit(1)
    typer.echo(link)


@credits_cli.command("grant")
def credits_grant(
    email: Annotated[str, typer.Argument(help="Of an existing account.")],
    millicredits: Annotated[int, typer.Argument(min=1, help="A thousand are one credit.")],
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day on which they can be spent.")
    ],
    key: Annotated[str, typer.Option(help="Names this grant: repeated, it grants once.")],
) -> None:
    """Give an account credits that expire: spent before all others, and taken back in time."""
    from processes.credit_grants import NothingGranted, grant_credits
    from processes.database_at_hand import settings_at_hand

    try:
        with settings_at_hand() as settings:
            grant = grant_credits(settings, email, millicredits, until=until.date(), key=key)
    except NothingGranted as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"granted {millicredits} millicredits until {until.date()}: {grant}")


def main() -> None:
    """Entry point. What an operator can put right is said in a sentence, without a stack trace."""
    try:
        cli()
    except Exception as error:
        explanation = _explanation(error)
        if explanation is None:
            raise
        typer.echo(explanation, err=True)
        raise SystemExit(1) from error


def _explanation(error: Exception) -> str | None:
    from psycopg import OperationalError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    from adapters.identity.veriff_credentials import VeriffCredentialsUnreadable
    from adapters.objects.s3_place import CredentialsUnreadable
    from commands.ports.object_store import StoreFull, StoreUnavailable
    from processes.secrets import SecretsUnreadable
    from processes.wiring.objects import ObjectStoreUnset
    from processes.wiring.post import PostUnset
    from processes.wiring.providers import IdentityUnset
    from topics.consume import TooManyDeadLetters
    from topics.transport import TransportUnreachable

    match error:
        case DatabaseUnset() | ObjectStoreUnset() | IdentityUnset() | PostUnset():
            return str(error)
        case VeriffCredentialsUnreadable():
            return f"{error}; the setting is SUITE_VERIFF_CREDENTIALS"
        case CredentialsUnreadable():
            return f"{error}; the setting is SUITE_S3_CREDENTIALS"
        case StoreFull():
            return "the object store has no room"
        case StoreUnavailable():
            return f"the object store answers {error}; the settings are SUITE_S3_…"
        case SecretsUnreadable():
            return f"{error}; `suite up` and `suite migrate` make what is missing"
        case TooManyDeadLetters():
            return f"{error}. Is a release running that is older than the others?"
        case TransportUnreachable():
            return f"{error}; the settings are SUITE_KAFKA_…, see `suite config`"
        case UndefinedTable() | UndefinedColumn():
            return "the database is of an earlier release: `suite up` or `suite migrate` goes first"
        case OperationalError():
            # Only the class: the message may name hosts and users.
            name = type(error).__name__
            return f"{name}: no answer from the database that SUITE_DATABASE_URL names"
        case _:
            return None


if __name__ == "__main__":
    main()
