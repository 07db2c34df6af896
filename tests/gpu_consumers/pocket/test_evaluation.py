"""What `make evaluate-pocket` does on a machine that has trained nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine


def test_figures_are_printed_as_they_come_and_at_the_end_as_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from gpu_consumers.engines.pocket.recipe.evaluate import main

    assert main(["--parts", "speed", "--threads", "1", "--work-dir", str(tmp_path)]) == 0
    lines, table = capsys.readouterr().out.split("\n\n")
    printed = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    rows = table.strip().splitlines()[2:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [
        figure["measure"] for figure in printed
    ]


@pytest.mark.parametrize("folder", ["", "judge"])
def test_a_classifier_that_is_there_is_not_trained_again(tmp_path: Path, folder: str) -> None:
    import torch

    from gpu_consumers.engines.pocket.recipe.reader import Reader
    from gpu_consumers.engines.pocket.recipe.ready_reader import ready_reader
    from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

    trained, left = Reader(), WorkDir(tmp_path / folder)
    torch.save(trained.state_dict(), left.path("reader.pt"))
    left.mark_done("reader", {})
    taken = ready_reader(WorkDir(tmp_path)).state_dict()
    assert all((taken[name] == value).all() for name, value in trained.state_dict().items())
