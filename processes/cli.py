"""`suite`: everything an operator starts or checks. Each command imports only what it needs."""

from __future__ import annotations

import importlib
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from processes.settings import (
    PROCESS_NAMES,
    DatabaseUnset,
    Settings,
    UnknownSettings,
    load_settings,
)

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="AI Content Suite",
    pretty_exceptions_enable=False,
)
topics_cli = typer.Typer(no_args_is_help=True, help="The topics between processes.")
schema_cli = typer.Typer(no_args_is_help=True, help="The GraphQL contract.")
audit_cli = typer.Typer(no_args_is_help=True, help="The credit ledger, replayed.")
projections_cli = typer.Typer(no_args_is_help=True, help="The read models.")
policy_cli = typer.Typer(no_args_is_help=True, help="What may be made where.")
accounts_cli = typer.Typer(no_args_is_help=True, help="Who may sign in as what.")
credits_cli = typer.Typer(no_args_is_help=True, help="Credits that are given, not sold.")
parked_cli = typer.Typer(no_args_is_help=True, help="What could not be handled, and is kept.")
cli.add_typer(topics_cli, name="topics")
cli.add_typer(schema_cli, name="schema")
cli.add_typer(audit_cli, name="audit")
cli.add_typer(projections_cli, name="projections")
cli.add_typer(accounts_cli, name="accounts")
cli.add_typer(policy_cli, name="policy")
cli.add_typer(credits_cli, name="credits")
cli.add_typer(parked_cli, name="parked")

ROOT = Path(__file__).parents[1]


def _settings() -> Settings:
    from pydantic import ValidationError

    try:
        return load_settings()
    except UnknownSettings as error:
        typer.echo(str(error), err=True)
    except ValidationError as error:
        for problem in error.errors():
            typer.echo(f"SUITE_{'.'.join(map(str, problem['loc']))}: {problem['msg']}", err=True)
    raise typer.Exit(2)


def _check_name(process: str) -> None:
    if process not in PROCESS_NAMES:
        typer.echo(f"no process {process!r}; there are {', '.join(PROCESS_NAMES)}", err=True)
        raise typer.Exit(2)


@cli.command()
def up() -> None:
    """Start everything on this machine; Ctrl-C ends it."""
    from processes.up import run_up

    run_up(_settings())


@cli.command()
def run(process: Annotated[str, typer.Argument(help=", ".join(PROCESS_NAMES))]) -> None:
    """Run one process alone."""
    from processes.heartbeat import Heartbeat, heartbeat_file
    from processes.lifecycle import stop_requested
    from processes.log import configure
    from processes.sight import sight_of
    from processes.standstill import end_at_standstill

    _check_name(process)
    settings = _settings()
    stop = Heartbeat(heartbeat_file(settings, process))
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
        check(_settings(), process)
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

    raise typer.Exit(say(status_of(_settings()), as_json=json))


@cli.command()
def config() -> None:
    """Show every setting in force, secrets redacted."""
    typer.echo(json.dumps(_settings().redacted(), indent=2))


@cli.command()
def migrate(
    admin_url: Annotated[str, typer.Option(help="A login that may create roles and schemas.")],
) -> None:
    """Prepare an own database: migrations, topics, first prices and policy, samples."""
    from processes.prepare import prepare

    prepare(_settings(), admin_url, on_step=typer.echo)


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

    with open_transport(_settings()) as transport:
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


@audit_cli.command("export")
def audit_export(out: Annotated[Path, typer.Argument(help="JSON lines.")]) -> None:
    """Write the chain of all events, with the content of the ledger's."""
    from adapters.event_store.log import EventLog
    from processes.audit.database import database_to_audit
    from processes.audit.export import export

    with (
        database_to_audit(_settings()) as url,
        EventLog(url) as events,
        out.open("wb") as file,
    ):
        exported = export(events.chained(), file, anchor=events.anchor())
    typer.echo(
        f"{exported.rows} events, {exported.ledger_rows} of them with content; "
        f"head {exported.head_link.hex()} at {exported.head_position}"
    )


@audit_cli.command("verify")
def audit_verify(
    exported: Annotated[Path, typer.Argument(help="What `suite audit export` wrote.")],
    expected_head: Annotated[
        str | None, typer.Option(help="A link noted earlier, in hex: it must occur.")
    ] = None,
    as_of: Annotated[int | None, typer.Option(help="Compute balances as of this position.")] = None,
    read_model: Annotated[  # noqa: FBT002 – a flag on the command line
        bool, typer.Option(help="Compare with the balances of the database that is exported.")
    ] = False,
) -> None:
    """Replay the ledger: check the chain, execute the rules again, recompute every balance."""
    from processes.audit.verify import printed, verify_file

    claimed = None
    if read_model:
        from processes.audit.claimed_balances import claimed_balances
        from processes.audit.database import database_to_audit

        with database_to_audit(_settings()) as url:
            claimed = claimed_balances(url)
    report = verify_file(exported, as_of=as_of, expected_head=expected_head, claimed=claimed)
    for line in printed(report):
        typer.echo(line)
    raise typer.Exit(0 if report.ok else 1)


@projections_cli.command("rebuild")
def projections_rebuild(
    admin_url: Annotated[str, typer.Option(help="The login that migrates.")],
) -> None:
    """Fold every event into new tables and put them in the place of the old ones."""
    from processes.rebuild import rebuild

    rebuilt = rebuild(_settings(), admin_url)
    typer.echo(f"{rebuilt.facts} events folded")
    for parked in rebuilt.parked:
        typer.echo(f"owner:{parked.owner_id} is parked at {parked.position}: {parked.error}")


@projections_cli.command("compare")
def projections_compare(
    admin_url: Annotated[str, typer.Option(help="The login that migrates.")],
) -> None:
    """Replay every event and report where the read models differ from it."""
    from processes.rebuild import compare

    differences = compare(_settings(), admin_url)
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
    from processes.policy_file import PolicyFileInvalid, publish_policy_file

    try:
        publish_policy_file(_settings(), rows, version, approver)
    except PolicyFileInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"policy {version} is in force")


@accounts_cli.command("role")
def accounts_role(
    email: Annotated[str, typer.Argument(help="Of an existing account.")],
    role: Annotated[str, typer.Argument(help="creator, auditor or safety")],
) -> None:
    """Give an account a role. Open sessions have it from their next request on."""
    from processes.account_roles import set_role

    if not set_role(_settings(), email, role):
        typer.echo("no such account, or no such role", err=True)
        raise typer.Exit(1)


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

    try:
        grant = grant_credits(_settings(), email, millicredits, until=until.date(), key=key)
    except NothingGranted as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"granted {millicredits} millicredits until {until.date()}: {grant}")


@parked_cli.command("list")
def parked_list() -> None:
    """Show reports, owners and effects that are parked, and count the dead letters."""
    from processes.parked import listed, rendered

    listing = listed(_settings())
    for line in rendered(listing):
        typer.echo(line)
    raise typer.Exit(1 if listing.entries else 0)


@parked_cli.command("retry")
def parked_retry(
    id: Annotated[str, typer.Argument(help="message:…, owner:… or intent:… of the list.")],
) -> None:
    """Try one of them again now. What waits behind a report follows it."""
    from processes.parked import UnknownId, retry

    try:
        typer.echo(retry(_settings(), id))
    except UnknownId:
        typer.echo(f"nothing is parked as {id}", err=True)
        raise typer.Exit(1) from None


@parked_cli.command("drop")
def parked_drop(
    id: Annotated[str, typer.Argument(help="message:… or intent:… of the list.")],
    yes: Annotated[  # noqa: FBT002 – a flag on the command line
        bool, typer.Option("--yes", help="It is forgotten for good.")
    ] = False,
) -> None:
    """Forget a report or an effect for good."""
    from processes.parked import NotDroppable, UnknownId, drop

    if not yes:
        typer.echo(f"{id} would be forgotten for good; say --yes", err=True)
        raise typer.Exit(2)
    try:
        typer.echo(drop(_settings(), id))
    except UnknownId:
        typer.echo(f"nothing is parked as {id}", err=True)
        raise typer.Exit(1) from None
    except NotDroppable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


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

    from processes.secrets import SecretsUnreadable
    from topics.consume import TooManyDeadLetters
    from topics.transport import TransportUnreachable

    match error:
        case DatabaseUnset():
            return str(error)
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
