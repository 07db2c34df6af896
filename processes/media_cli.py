"""`suite media`: what pages show of the gallery."""

from __future__ import annotations

from typing import Annotated

import typer

media_cli = typer.Typer(no_args_is_help=True, help="What pages show of the gallery.")


@media_cli.callback()
def _media() -> None:
    """What pages show of the gallery."""


@media_cli.command("backfill")
def media_backfill(
    after: Annotated[int, typer.Option(min=0, help="A position that an earlier run came to.")] = 0,
) -> None:
    """Make thumbnails of what was released before there were any.

    While the studio runs, as often as one likes: what has some is passed over. The exit code is 0
    where nothing is left to do.
    """
    from adapters.event_store.log import EventLog
    from adapters.objects.s3_place import S3User
    from gpu_consumers.screening.photo_decoding import OUTPUT_SIDE_MAX, PhotoDecoder
    from processes.database_at_hand import settings_at_hand
    from processes.media_backfill import Backfill, Tally
    from processes.secrets import load_secrets
    from processes.wiring.clock import system_clock
    from processes.wiring.objects import open_objects
    from processes.wiring.studio import open_studio

    def say(tally: Tally) -> None:
        typer.echo(
            f"at {tally.position}: {tally.made} made, {tally.passed_over} passed over, "
            f"{tally.not_yet} not yet"
        )

    with (
        settings_at_hand() as settings,
        EventLog(settings.require_database_url(), application="backfill") as events,
        open_studio(settings, load_secrets(settings.secrets), "backfill") as writing,
        PhotoDecoder(side_max=OUTPUT_SIDE_MAX) as decoder,
    ):
        objects = open_objects(settings, load_secrets(settings.secrets), S3User.SCREENER)
        backfill = Backfill(writing.studio, objects, events, decoder, system_clock)
        tally = backfill.run(say, after=after)
    if tally.not_yet:
        typer.echo(f"{tally.not_yet} released within the hour, or theirs busy: run it again then")
    for asset in tally.damaged:
        typer.echo(f"not what was released, left as it is: {asset}", err=True)
    raise typer.Exit(0 if tally.is_done else 1)
