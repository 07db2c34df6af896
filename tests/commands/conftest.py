"""The studio over the in-memory store, ready for sentences."""

import pytest

from tests.commands.studio_spec import StudioSpec


@pytest.fixture
def spec() -> StudioSpec:
    """An open studio: prices and policy are published, and nobody has signed up."""
    return StudioSpec().opened()
