"""Articles made to measure with: news in its mixture of words and names, no sentence twice, the same for each seed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any, Generic, NamedTuple, TypeVar

from wirewatch.knowledge.model import Actor
from wirewatch.models import Article
from wirewatch.tagging.export import article_of
from wirewatch.tagging.gazetteer import Gazetteer

T = TypeVar("T")

WORDS = 500
UNKNOWN = 0.1
"""Share of the names that are in no list."""


class Zipf(Generic[T]):
    """Draws from ``ranked`` as news does: the one at rank r with a probability of 1/r."""

    def __init__(self, ranked: Sequence[T]) -> None:
        self.ranked = ranked
        self._weights = list(accumulate(1 / rank for rank in range(1, len(ranked) + 1)))

    def draw(self, random: Random) -> T:
        """One of them."""
        return random.choices(self.ranked, cum_weights=self._weights)[0]


class World(NamedTuple):
    """Whom and what made articles are about."""

    places: Zipf[str]
    people: Zipf[str]
    groups: Zipf[str]


def world(gazetteer: Gazetteer, actors: Sequence[Actor]) -> World:
    """The places of the gazetteer by prominence, the actors of the knowledge base by the number of their aliases."""
    places = sorted(map(gazetteer.place, range(len(gazetteer))), key=lambda place: -place.prominence)
    known = sorted(actors, key=lambda actor: (-len(actor.aliases), actor.id))
    return World(
        Zipf([place.name for place in places]),
        Zipf([actor.name for actor in known if actor.kind == "person"]),
        Zipf([actor.name for actor in known if actor.kind not in ("person", "government")]),
    )


def made_articles(around: World, count: int, *, now: datetime, seed: int = 1) -> Iterator[Article]:
    """``count`` articles of some 500 words, one in ten names in no list."""
    words = _words()
    random = Random(seed)  # noqa: S311  # the same articles each time are what is wanted
    seen: set[str] = set()
    for _ in range(count):
        cast = _Cast(around, random, words)
        title = cast.sentence(random.choice(words["titles"]))
        sentences: list[str] = []
        while sum(sentence.count(" ") + 1 for sentence in sentences) < WORDS:
            sentence = cast.sentence(random.choice(words["sentences"])) + "."
            if sentence not in seen:
                seen.add(sentence)
                sentences.append(sentence)
        paragraphs = [" ".join(sentences[i : i + 3]) for i in range(0, len(sentences), 3)]
        yield article_of("\n".join(paragraphs), title=title, now=now, published_at=now)


def _words() -> dict[str, list[str]]:
    table: dict[str, Any] = tomllib.loads((files("wirewatch.bench") / "words.toml").read_text(encoding="utf-8"))
    return {name: value if isinstance(value, list) else value.split() for name, value in table.items()}


class _Cast(dict[str, Any]):
    """The names of one article, which come again in it as they do in news; gives a word for each slot."""

    def __init__(self, around: World, random: Random, words: dict[str, list[str]]) -> None:
        super().__init__()
        self._random, self._words = random, words
        self._names = {
            "place": Zipf([self._or_unknown(around.places.draw(random)) for _ in range(10)]),
            "person": Zipf([self._or_unknown(around.people.draw(random)) for _ in range(5)]),
            "group": Zipf([around.groups.draw(random) for _ in range(5)]),
            "unknown": Zipf([self._unknown() for _ in range(2)]),
        }

    def sentence(self, pattern: str) -> str:
        """``pattern`` with its slots filled, from a capital on."""
        text = pattern.format_map(self)
        return text[0].upper() + text[1:]

    def __missing__(self, slot: str) -> str:
        if slot not in self._names:
            return self._random.choice(self._words[slot])
        name = self._names[slot].draw(self._random)
        # A person is named in full first, then mostly by the last name.
        return name.split()[-1] if slot == "person" and self._random.random() < 0.5 else name

    def _or_unknown(self, name: str) -> str:
        return self._unknown() if self._random.random() < UNKNOWN else name

    def _unknown(self) -> str:
        return " ".join("".join(self._random.choices(self._words["syllables"], k=2)).capitalize() for _ in range(2))
