"""What several files of integration tests begin with."""

from __future__ import annotations

import pytest

from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings


@pytest.fixture
def made(settings: Settings) -> Settings:
    """The settings of a line whose indices are there."""
    ensure_indices(settings)
    return settings
