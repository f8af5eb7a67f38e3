"""Which articles tell the same story: pure, nothing here reads a clock or a server."""

from wirewatch.stories.cluster import Judged, Stories
from wirewatch.stories.memory import forgotten

__all__ = ["Judged", "Stories", "forgotten"]
