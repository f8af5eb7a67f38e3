"""Made assignments, as many as a long window holds, and articles of the same make to judge.

Two articles a story; names are drawn as they are in news, half of an article's are common ones, half its story's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from tests.builders import NOW, article, tagged, tags
from wirewatch.models import Assignment, Source, TaggedArticle
from wirewatch.stories.prints import HASHES, Print
from wirewatch.stories.trace import LEAD, Trace, packed
from wirewatch.stories.traits import hashed
from wirewatch.text import digest

NAMES = 24
COMMON = 20_000


def common_name(rank: int) -> str:
    """A name that many stories share, folded; the lower the rank the more."""
    return f"common{rank}"


def own_name(story: int, n: int) -> str:
    """A name that stands in one story alone, folded."""
    return f"own{story}x{n}"


def _ranks(dice: np.random.Generator, count: int) -> NDArray[np.int64]:
    return np.minimum(dice.zipf(1.2, (count, NAMES // 2)), COMMON) - 1


def made_articles(count: int, stories: int, seed: int = 2) -> Iterator[TaggedArticle]:
    """``count`` articles of some 1,000 characters: every second one of ``stories`` made before, the others new ones."""
    dice = np.random.default_rng(seed)
    for n, ranks in enumerate(_ranks(dice, count)):
        story = int(dice.integers(stories // 2, stories)) if n % 2 else stories + n
        names = [*map(common_name, ranks), *(own_name(story, k) for k in range(NAMES // 2))]
        said = dice.permutation([name.title() for name in names])
        sentences = (
            f"It was {word}, the {name} said." for name, word in zip(said, dice.zipf(1.3, len(said)), strict=True)
        )
        outlet, title = f"o{n % 500}.example", f"A headline about {said[0]} and {said[1]}"
        made = article(title, " ".join(sentences), url=f"https://{outlet}/{seed}/{n}", source=Source(outlet, outlet))
        yield tagged(made, tags=tags(mentions=()))


def made_assignments(count: int, seed: int = 1) -> Iterator[Assignment]:
    """``count`` assignments, the same each time."""
    dice = np.random.default_rng(seed)
    table = [hashed(common_name(rank)) for rank in range(COMMON)]
    common = _ranks(dice, count)
    weights, flags = bytes(range(20, 20 + NAMES)), bytes([LEAD] * NAMES)
    for n in range(count):
        own = (hashed(own_name(n // 2, k)) for k in range(NAMES // 2))
        names = tuple(dict.fromkeys([*(table[rank] for rank in common[n]), *own]))
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
