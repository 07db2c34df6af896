"""The studio with its reactor, over dictionaries."""

from pathlib import Path

import pytest

from tests.reactor.reactor_spec import ReactorSpec


@pytest.fixture
def spec(tmp_path: Path) -> ReactorSpec:
    """An open studio: prices and policy are published, and nobody has signed up."""
    return ReactorSpec(tmp_path).opened()
