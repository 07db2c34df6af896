"""`suite audit`: the credit ledger, exported and replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from processes.settings_or_exit import settings_or_exit

audit_cli = typer.Typer(no_args_is_help=True, help="The credit ledger, replayed.")


@audit_cli.command("export")
def audit_export(out: Annotated[Path, typer.Argument(help="JSON lines.")]) -> None:
    """Write the chain of all events, with the content of the ledger's."""
    from adapters.event_store.log import EventLog
    from processes.audit.export import export
    from processes.database_at_hand import database_at_hand

    with (
        database_at_hand(settings_or_exit()) as url,
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
        from processes.database_at_hand import database_at_hand

        with database_at_hand(settings_or_exit()) as url:
            claimed = claimed_balances(url)
    report = verify_file(exported, as_of=as_of, expected_head=expected_head, claimed=claimed)
    for line in printed(report):
        typer.echo(line)
    raise typer.Exit(0 if report.ok else 1)
