"""The README says who may write to which topic, and it forgets none."""

import re
from fnmatch import fnmatch
from pathlib import Path

from processes.settings import PROCESS_NAMES
from topics.registry import RESULTS, TOPICS, VERDICTS

README = Path(__file__).parents[2] / "README.md"


def rows() -> dict[str, tuple[set[str], set[str]]]:
    """Names of topics, and the processes that write and read each."""
    found = re.findall(r"^\| `(suite\.[^`]+)` \| ([^|]*) \| ([^|]*) \|$", README.read_text(), re.M)
    return {topic: (processes(writers), processes(readers)) for topic, writers, readers in found}


def processes(cell: str) -> set[str]:
    return set(re.findall(r"[a-z]+", cell)) & set(PROCESS_NAMES)


def test_every_topic_has_one_row_and_every_row_a_topic() -> None:
    for topic in TOPICS:
        assert len([name for name in rows() if fnmatch(topic.name, name)]) == 1, topic.name
    for name in rows():
        assert any(fnmatch(topic.name, name) for topic in TOPICS), name


def test_workers_write_no_verdicts_and_only_the_screener_does() -> None:
    writers, readers = rows()[VERDICTS.name]
    assert (writers, readers) == ({"screener"}, {"recorder"})
    assert "screener" not in rows()[RESULTS.name][0]
