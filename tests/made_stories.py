"""Made assignments, as many as a long window holds; two articles a story, names drawn as they are in news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import numpy as np

from tests.builders import NOW
from wirewatch.models import Assignment
from wirewatch.stories.prints import HASHES, Print
from wirewatch.stories.trace import LEAD, Trace, packed
from wirewatch.text import digest

NAMES = 24
COMMON = 20_000


def made_assignments(count: int, seed: int = 1) -> Iterator[Assignment]:
    """``count`` assignments, the same each time: half of an article's names are common ones, half its story's own."""
    dice = np.random.default_rng(seed)
    common = np.minimum(dice.zipf(1.2, (count, NAMES // 2)), COMMON) * 2_654_435_761 % 2**32
    own = dice.integers(0, 2**32, (count // 2 + 1, NAMES // 2))
    weights, flags = bytes(range(20, 20 + NAMES)), bytes([LEAD] * NAMES)
    for n in range(count):
        names = tuple(map(int, dict.fromkeys([*common[n], *own[n // 2]])))
        text = Print(dice.bytes(2 * HASHES), 200, int(dice.integers(0, 2**32)))
        trace = Trace(names, weights[: len(names)], flags[: len(names)], (7, 12, 40), (7,), 738_000, text)
        yield Assignment(
            article_id=digest("article", str(n)),
            story_id=digest("story", str(n // 2)),
            content_hashes=(digest("content", str(n)),),
            signatures=(),
            story_revision=1 + n % 2,
            title=f"A headline of some eight words, number {n}",
            seen_at=NOW - timedelta(seconds=count - n) / max(1, count / 200_000),
            outlet=f"outlet{n % 5_000}.example",
            language="en",
            actors=("syria-rebels", "syria-government"),
            locations=("169577", "163843"),
            countries=("SY",),
            sequence=n + 1,
            trace=packed(trace),
        )


def encoded(count: int) -> list[bytes]:
    """The same as they stand in Kafka."""
    return [msgspec.json.encode(one) for one in made_assignments(count)]
