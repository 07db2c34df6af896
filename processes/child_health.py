"""How the supervisor asks for the health of a child: by what the child itself has shown."""

from tempfile import TemporaryFile

from processes.healthcheck import Ailment, Unwell, check_process
from processes.settings import Settings


def ailment_of(settings: Settings, name: str, session: int) -> Ailment | None:
    """What is wrong with the child of a name, such as `relay` or `worker-2`; None if nothing is.

    `session` is the child's own. Waits for an answer of the API for a few seconds.
    """
    process, _, number = name.partition("-")
    own = settings.model_copy(update={"worker_name": name}) if number else settings
    try:
        check_process(own, process, session=session)
    except Unwell as unwell:
        if unwell.ailment is Ailment.NOT_BEGUN and not _can_be_shown(settings):
            return None
        return unwell.ailment
    return None


def _can_be_shown(settings: Settings) -> bool:
    """Whether a process could show that it is alive: on a full disk a silent one may be well."""
    try:
        settings.running.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=settings.running) as file:
            file.write(b"1")
    except OSError:
        return False
    return True
