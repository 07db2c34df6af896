"""Where a broker comes from: a given one, else a container, else the jars from Maven Central."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapters.parts.kafka import KafkaCluster, PartUnavailable, fetch_jars
from adapters.parts.kafka_docker import KafkaContainer


@contextmanager
def any_broker(given: str | None, folder: Path, jars_folder: Path) -> Iterator[str]:
    """The address of a broker that serves. One that is started here ends with the block.

    `folder` takes the data of a broker from the jars, `jars_folder` the jars. Raises
    `PartUnavailable` with everything that is missing, and `BrokerFailed`.
    """
    if given:
        yield given
        return
    with ExitStack() as stack:
        yield _started(stack, folder, jars_folder)


def _started(stack: ExitStack, folder: Path, jars_folder: Path) -> str:
    try:
        return stack.enter_context(KafkaContainer()).bootstrap
    except PartUnavailable as without_docker:
        try:
            jars = fetch_jars(jars_folder)
        except PartUnavailable as without_jars:
            raise PartUnavailable(f"{without_docker}; {without_jars}") from without_docker
    return stack.enter_context(KafkaCluster(jars, folder)).bootstrap
