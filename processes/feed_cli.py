"""`suite feed`: what subscriptions resume from."""

from __future__ import annotations

import typer

from processes.settings_or_exit import settings_or_exit

feed_cli = typer.Typer(no_args_is_help=True, help="What subscriptions resume from.")


@feed_cli.callback()
def _feed() -> None:
    """What subscriptions resume from."""


@feed_cli.command("reset")
def feed_reset() -> None:
    """Have every subscriber take a new snapshot. Say it after a backup was restored, before the
    API is started: positions that clients have seen belong to events that are gone.
    """
    from processes.feed_reset import reset

    typer.echo(f"subscriptions resume from positions above {reset(settings_or_exit())}")
