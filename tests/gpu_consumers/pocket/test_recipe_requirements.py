"""What a machine needs that only trains: the libraries of diffusion, and nothing of the suite's."""

import subprocess
import sys

import pytest

NOT_NEEDED = ("msgspec", "eventsourcing", "psycopg", "kafka", "fastapi", "strawberry")


@pytest.mark.engine
def test_the_recipe_starts_where_only_the_libraries_of_diffusion_are() -> None:
    hidden = f"import sys; sys.modules.update(dict.fromkeys({NOT_NEEDED!r}))"
    program = f"{hidden}; import gpu_consumers.engines.pocket.recipe.__main__"
    started = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
