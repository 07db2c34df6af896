"""`suite parked`: what could not be handled, and is kept."""

from __future__ import annotations

from typing import Annotated

import typer

parked_cli = typer.Typer(no_args_is_help=True, help="What could not be handled, and is kept.")


@parked_cli.command("list")
def parked_list() -> None:
    """Show reports, owners and effects that are parked, and count the dead letters."""
    from processes.database_at_hand import settings_at_hand
    from processes.parked import listed, rendered

    with settings_at_hand() as settings:
        listing = listed(settings)
    for line in rendered(listing):
        typer.echo(line)
    raise typer.Exit(1 if listing.entries else 0)


@parked_cli.command("retry")
def parked_retry(
    id: Annotated[str, typer.Argument(help="message:…, owner:… or intent:… of the list.")],
) -> None:
    """Try one of them again now. What waits behind a report follows it."""
    from processes.database_at_hand import settings_at_hand
    from processes.parked import UnknownId, retry

    try:
        with settings_at_hand() as settings:
            typer.echo(retry(settings, id))
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
    from processes.database_at_hand import settings_at_hand
    from processes.parked import NotDroppable, UnknownId, drop

    if not yes:
        typer.echo(f"{id} would be forgotten for good; say --yes", err=True)
        raise typer.Exit(2)
    try:
        with settings_at_hand() as settings:
            typer.echo(drop(settings, id))
    except UnknownId:
        typer.echo(f"nothing is parked as {id}", err=True)
        raise typer.Exit(1) from None
    except NotDroppable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
