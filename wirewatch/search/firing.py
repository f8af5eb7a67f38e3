"""How often a name would be taken for an actor in what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from wirewatch.knowledge.model import Actor, Country, Knowledge
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.listed import find_aliases
from wirewatch.tagging.reading import Reading, read
from wirewatch.text import folded_words

DAYS = 30
LOOKED_AT = 500
"""Articles read for one name; where more have its words, what was found is scaled up."""

EXAMPLES = 2


class Firing(msgspec.Struct, frozen=True):
    """What a name does in the ``stored`` articles of the last 30 days.

    It fires in ``articles`` of them and stands in small letters, as an ordinary word, in ``ordinary``; ``about`` says
    that both are estimated. ``examples`` are sentences in which it fires.
    """

    name: str
    stored: int = 0
    articles: int = 0
    ordinary: int = 0
    about: bool = False
    examples: tuple[str, ...] = ()


def firing(settings: Settings, actor: Actor, name: str, countries: Sequence[Country], *, now: datetime) -> Firing:
    """What ``name`` of ``actor`` does, by the tagger's own rules for names; raises IndexMissing without an index."""
    young = {"range": {"@timestamp": {"gte": (now - timedelta(days=DAYS)).isoformat()}}}
    words = {"match_phrase": {"folded": " ".join(folded_words(name))}}
    with asking(settings, timeout_s=30) as es:
        index = alias_of(settings, ARTICLES)
        stored = int(es.count(index=index, query=young)["count"])
        answer = es.search(
            index=index,
            query={"bool": {"filter": [young, words]}},
            sort=[{"@timestamp": "desc"}],
            source_includes=["title", "text", "published_at"],
            size=LOOKED_AT,
            track_total_hits=True,
        )
    hits = [hit["_source"] for hit in answer["hits"]["hits"]]
    return _counted(_alone(actor, name, countries), hits, stored, answer["hits"]["total"]["value"], name)


def _alone(actor: Actor, name: str, countries: Sequence[Country]) -> Lexicon:
    """A lexicon that knows this one name, with its condition."""
    bare = msgspec.structs.replace(
        actor,
        name=name if name == actor.name else "",
        aliases=(name,) if name in actor.aliases else (),
        conditional=tuple(one for one in actor.conditional if one.name == name),
        offices=(),
    )
    return Lexicon(Knowledge((bare,), tuple(countries), version=""))


def _counted(lexicon: Lexicon, hits: list[dict[str, Any]], stored: int, total: int, name: str) -> Firing:
    key = " ".join(folded_words(name))
    fires = ordinary = 0
    examples: list[str] = []
    for hit in hits:
        reading = read(hit.get("title", ""), hit.get("text", ""))
        found = find_aliases(reading, lexicon, None)
        fires += bool(found)
        ordinary += _in_small_letters(reading, key)
        if found and len(examples) < EXAMPLES:
            start, end = reading.spans[reading.sentence(found[0].first)]
            examples.append(" ".join(reading.text[start:end].split()))
    scale = total / len(hits) if hits else 1.0
    return Firing(name, stored, round(fires * scale), round(ordinary * scale), scale > 1, tuple(examples))


def _in_small_letters(reading: Reading, key: str) -> bool:
    n = key.count(" ") + 1
    folded = reading.tokens.folded
    return any(
        not any(reading.capital[i : i + n]) and reading.tokens.join(i, n) == key for i in range(len(folded) - n + 1)
    )
