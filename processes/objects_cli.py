"""`suite objects`: the bucket of an installation, and the way into it."""

from __future__ import annotations

from typing import Annotated

import typer

from processes.settings_or_exit import settings_or_exit

objects_cli = typer.Typer(no_args_is_help=True, help="Where pictures and photos lie.")


@objects_cli.command("prepare")
def objects_prepare(
    profile: Annotated[
        str, typer.Option(help="Of SUITE_S3_CREDENTIALS: who may make the bucket.")
    ] = "admin",
    intake: Annotated[
        str | None, typer.Option(help="Who signs for browsers and workers, as the server names it.")
    ] = None,
    screener: Annotated[str | None, typer.Option(help="Who judges and signs pictures.")] = None,
    keeper: Annotated[str | None, typer.Option(help="Who lists, copies and deletes.")] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="Of the studio's pages; SUITE_PUBLIC_URL if absent.")
    ] = None,
) -> None:
    """Make the bucket, its policy, and what lets the studio's pages upload. May be repeated.

    The three users exist already; at Amazon's they are named by their ARN. Where the file of
    credentials has their profiles, their access keys are taken.
    """
    from adapters.objects.s3_prepare import BucketKeepsVersions
    from processes.objects_prepare import PrincipalUnknown, prepare_objects

    named = {"intake": intake, "screener": screener, "keeper": keeper}
    try:
        prepare_objects(settings_or_exit(), profile, named, origin or [], typer.echo)
    except (PrincipalUnknown, BucketKeepsVersions) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@objects_cli.command("copy")
def objects_copy(
    mirror: Annotated[  # noqa: FBT002
        bool, typer.Option("--mirror", help="Delete in the bucket what the folder has not.")
    ] = False,
) -> None:
    """Copy the folder `home/objects` into the bucket of SUITE_OBJECT_STORE, and verify it.

    May be broken off and begun again. For the last time while nothing of the studio runs: the exit
    code is 0 where the bucket then holds what the folder holds.
    """
    from adapters.objects.s3_place import S3User
    from processes.objects_copy import Tally, copy_objects
    from processes.secrets import load_secrets
    from processes.wiring.objects import open_bucket, open_folder

    def say(tally: Tally) -> None:
        mb = tally.copied_bytes / 1e6
        typer.echo(f"{tally.copied} copied ({mb:.1f} MB), {tally.there} there already")

    settings = settings_or_exit()
    bucket = open_bucket(settings, S3User.KEEPER)
    folder = open_folder(settings, load_secrets(settings.secrets))
    if mirror and next(folder.keys(""), None) is None:
        # Most likely it is another folder than was meant, and the bucket is all that there is.
        typer.echo("the folder is empty: the bucket would be, too", err=True)
        raise typer.Exit(2)
    tally = copy_objects(folder, bucket, say)
    if mirror:
        bucket.delete(tally.surplus)
        typer.echo(f"{len(tally.surplus)} deleted that the folder has not")
    elif tally.surplus:
        typer.echo(
            f"{len(tally.surplus)} in the bucket that the folder has not: --mirror", err=True
        )
    for key in tally.damaged:
        typer.echo(f"not the bytes of its digest, left behind: {key}", err=True)
    raise typer.Exit(1 if tally.damaged or (tally.surplus and not mirror) else 0)
