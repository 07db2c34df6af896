"""How a command line gets its settings: what is wrong with them is said, without a trace."""

import typer

from processes.settings import Settings, UnknownSettings, load_settings


def settings_or_exit() -> Settings:
    """The settings of the environment. Raises `typer.Exit` once their faults are printed."""
    from pydantic import ValidationError

    try:
        return load_settings()
    except UnknownSettings as error:
        typer.echo(str(error), err=True)
    except ValidationError as error:
        for problem in error.errors():
            typer.echo(f"SUITE_{'.'.join(map(str, problem['loc']))}: {problem['msg']}", err=True)
    raise typer.Exit(2)
