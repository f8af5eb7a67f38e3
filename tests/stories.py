"""The story sets in the repository, and how well stories come out of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from wirewatch.models import Article, Source
from wirewatch.settings import Settings
from wirewatch.stories import Stories
from wirewatch.tagging import load_tagger
from wirewatch.text import content_hash

GOLD = Path(__file__).parent / "gold"


def gold(name: str) -> list[dict[str, Any]]:
    """The lines of one set, in the order of publication."""
    lines = (GOLD / f"stories_{name}.jsonl").read_bytes().splitlines()
    return sorted(map(msgspec.json.decode, lines), key=lambda line: str(line["published"]))


def judged(lines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The story of each article, through the real tagger."""
    tagger, stories = load_tagger(Settings()), Stories()
    found = {}
    for line in lines:
        at = datetime.fromisoformat(line["published"])
        article = Article(
            line["id"], line["title"], line["text"], at, content_hash(line["title"], line["text"]),
            url=line["url"], source=Source(line["source"], line["source"]), published_at=at,
        )  # fmt: skip
        found[line["id"]] = stories.judge(tagger.tag(article, now=at)).story.id
    return found


def bcubed(lines: Iterable[Mapping[str, Any]], found: Mapping[str, str]) -> tuple[float, float]:
    """B-cubed precision and recall, averaged over articles. Source: A. Bagga and B. Baldwin (1998)."""
    truth = {line["id"]: line["story"] for line in lines}
    true, guessed = defaultdict(set), defaultdict(set)
    for article, story in truth.items():
        true[story].add(article)
        guessed[found[article]].add(article)
    shared = {a: len(true[story] & guessed[found[a]]) for a, story in truth.items()}
    return (
        sum(n / len(guessed[found[a]]) for a, n in shared.items()) / len(truth),
        sum(n / len(true[truth[a]]) for a, n in shared.items()) / len(truth),
    )
