"""How everything hangs together, as a table: mutation → command → event types → projections.

`python -m commands.overview` writes `commands/README.md` anew. The sources of `graphql/` and
`projections/` are read as text, since commands know neither.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands.handlers import HANDLERS
from commands.reactions.registry import REACTIONS
from commands.studio import Handler
from domain.kernel.aggregate import Aggregate

REPOSITORY = Path(__file__).parent.parent
README = REPOSITORY / "commands" / "README.md"

_MUTATIONS_OF_ANOTHER_NAME = {
    "RegisterPerson": "signUp",
    "PlanPhotoUploads": "requestPhotoUploads",
    "ForgetUploads": "forgetPhotoUploads",
    "SetFavourite": "setFavourite",
    "UnsetFavourite": "setFavourite",
}

_HEAD = """# Commands

One module per command: a frozen dataclass and `handle(command, work)`. `Studio.execute` carries one
out once per (owner, idempotency key); the questions at the end save nothing and are asked with
`Studio.preview`. Written by `python -m commands.overview`; a test compares.

| mutation | command | event types | projections |
|---|---|---|---|
"""

_REACTIONS_HEAD = """
Commands without a mutation belong to the processes: recorder, reactor, watchdog and operator.

## Reactions

Pure functions from an event to commands and deeds, at once or in time, in `commands/reactions/`.
The reactor keeps each answer as an intent until it was carried out.

| event type | reaction |
|---|---|
"""

_QUESTIONS_HEAD = """
## Questions

"""


def render(repository: Path = REPOSITORY) -> str:
    """The whole README. Only files of the repository decide what it says."""
    mutations = _mutations(repository)
    projections = _projections(repository)
    rows = [
        _row(command, handler, mutations, projections)
        for command, handler in HANDLERS.items()
        if isinstance(handler, Handler)
    ]
    reactions = [f"| `{one.event_class.TOPIC}` | {one.name} |\n" for one in REACTIONS]
    questions = [
        f"- {_linked(command)}\n"
        for command, handler in HANDLERS.items()
        if not isinstance(handler, Handler)
    ]
    return "".join([_HEAD, *rows, _REACTIONS_HEAD, *reactions, _QUESTIONS_HEAD, *questions])


def _row(
    command: type[Any],
    handler: Handler[Any],
    mutations: frozenset[str],
    projections: dict[str, list[str]],
) -> str:
    name = command.__name__
    mutation = _MUTATIONS_OF_ANOTHER_NAME.get(name, name[0].lower() + name[1:])
    events = ", ".join(f"`{event.TOPIC}`" for event in handler.records)
    seen = dict.fromkeys(
        projection for event in handler.records for projection in projections.get(_key(event), [])
    )
    asked = f"`{mutation}`" if mutation in mutations else ""
    return f"| {asked} | {_linked(command)} | {events} | {', '.join(seen)} |\n"


def _linked(command: type[Any]) -> str:
    path = "/".join(command.__module__.split(".")[1:]) + ".py"
    return f"[`{command.__name__}`]({path})"


def _key(event: type[Aggregate.Event]) -> str:
    return event.__qualname__


def _mutations(repository: Path) -> frozenset[str]:
    schema = repository / "graphql" / "schema.graphql"
    text = schema.read_text() if schema.exists() else ""
    found = re.search(r"^type Mutation \{(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    body = "" if found is None else found.group(1)
    return frozenset(re.findall(r"^  (\w+)[(:]", body, re.MULTILINE))


def _projections(repository: Path) -> dict[str, list[str]]:
    by_event: dict[str, list[str]] = {}
    for projection, event in _subscriptions(repository):
        by_event.setdefault(event, []).append(projection)
    return by_event


def _subscriptions(repository: Path) -> Iterator[tuple[str, str]]:
    for module in sorted((repository / "projections").glob("*.py")):
        for events in re.findall(r"^@\w+\.on\(([^)]*)\)", module.read_text(), re.MULTILINE):
            for event in re.findall(r"[A-Z]\w+\.[A-Z]\w+", events):
                yield module.stem, event


if __name__ == "__main__":
    README.write_text(render())
