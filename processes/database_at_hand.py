"""Which database an operator means: the one that is set, or the one that `suite up` keeps."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from adapters.postgres.embedded import EmbeddedPostgres
from processes.embedded import postgres_folder
from processes.settings import Settings
from processes.settings_or_exit import settings_or_exit


@contextmanager
def database_at_hand(settings: Settings) -> Iterator[str]:
    """The URL of `SUITE_DATABASE_URL`, otherwise of the embedded database under `home`.

    An embedded database that stands still is started for as long as the block lasts; one that runs
    is read beside whoever runs it. Raises `DatabaseUnset` where nobody ever made one.
    """
    folder = postgres_folder(settings)
    if settings.database_url is not None or not EmbeddedPostgres(folder).is_made():
        yield settings.require_database_url()
        return
    server = EmbeddedPostgres(folder)
    was_running = server.is_running()
    server.start()
    try:
        yield server.url()
    finally:
        # `suite up` may have been started meanwhile, and has taken the server over.
        if not was_running and not server.is_used():
            server.stop()


@contextmanager
def settings_at_hand() -> Iterator[Settings]:
    """The settings, or the end of the process, with the database that `database_at_hand` finds."""
    settings = settings_or_exit()
    with database_at_hand(settings) as url:
        yield settings.model_copy(update={"database_url": SecretStr(url)})
