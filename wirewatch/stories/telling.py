"""A story told from the parts its articles play in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TypeVar

from wirewatch.geo import Point
from wirewatch.models import Assignment, Story
from wirewatch.stories.calendar import fold
from wirewatch.stories.prints import Print
from wirewatch.stories.trace import unpacked

T = TypeVar("T", bound=Hashable)

Houses = Callable[[str], tuple[str, ...]]
"""What an outlet belongs to: its owner, the agency whose reports it prints; itself where neither is known."""

NAMES_KEPT = 50
"""Actors, places and outlets a story lists at most, the most frequent first."""
COPIED = 0.5
"""From this part of its text on an article repeats another one's report."""

_TEXTS_A_BAND = 8


def by_itself(outlet: str) -> tuple[str, ...]:
    """Each outlet is its own house: what holds where nothing is known of owners."""
    return (outlet,)


class Telling:
    """A story that is told again as each part is added, in the order of their sequence; `of` brings them into it."""

    def __init__(self, story_id: str, houses: Houses) -> None:
        self.story_id = story_id
        self.revision = 0
        self._houses = houses
        self._first: Assignment | None = None
        self._taken_down: Assignment | None = None
        self._last_seen: datetime | None = None
        self._articles: set[str] = set()
        self._outlets: Counter[str] = Counter()
        self._actors: Counter[str] = Counter()
        self._locations: Counter[str] = Counter()
        self._countries: Counter[str] = Counter()
        self._geo: Counter[Point] = Counter()
        self._languages: Counter[str] = Counter()
        self._independent = _Independent()

    @classmethod
    def of(cls, story_id: str, parts: Iterable[Assignment], houses: Houses) -> Telling:
        """The story of ``parts``; ``houses`` says what an outlet belongs to."""
        telling = cls(story_id, houses)
        for part in sorted(parts, key=lambda part: (part.sequence, part.key)):
            telling.add(part)
        return telling

    def add(self, part: Assignment) -> None:
        """Add a part that is later in the sequence than all others; of one that was taken down nothing is told."""
        if part.taken_down:
            self.revision = max(self.revision, part.story_revision)
            self._taken_down = part
            return
        if self._first is None or (part.seen_at, part.article_id) < (self._first.seen_at, self._first.article_id):
            self._first = part
        self._last_seen = max(self._last_seen or part.seen_at, part.seen_at)
        self.revision = max(self.revision, part.story_revision)
        self._articles.add(part.article_id)
        self._outlets.update([part.outlet] if part.outlet else ())
        self._actors.update(part.actors)
        self._locations.update(part.locations)
        self._countries.update(part.countries)
        self._geo.update(part.geo)
        self._languages.update([part.language] if part.language else ())
        self._independent.add(part, self._houses)

    def story(self, linked: Iterable[str]) -> Story:
        """The story as it stands; it must have a part. ``linked`` are stories that turned out to be the same."""
        first = self._first or self._taken_down
        if first is None:
            raise ValueError(f"story {self.story_id} has no part")
        return Story(
            id=self.story_id,
            title=first.title,
            first_article=first.article_id,
            first_seen=first.seen_at,
            last_seen=self._last_seen or first.seen_at,
            revision=self.revision,
            articles=len(self._articles),
            outlets=_frequent(self._outlets),
            independent_outlets=self._independent.count(),
            actors=_frequent(self._actors),
            locations=_frequent(self._locations),
            countries=_frequent(self._countries),
            geo=_frequent(self._geo),
            languages=_frequent(self._languages),
            linked_stories=tuple(sorted(linked)[:NAMES_KEPT]),
        )


class _Independent:
    """Who tells the story by themselves: one outlet, one owner, one agency and one text each count once."""

    def __init__(self) -> None:
        self._groups = _Groups()
        self._parts = 0
        self._named: dict[str, list[tuple[int, str]]] = {}  # an outlet's bare name -> parts, and their outlets
        self._crediting: dict[str, set[str]] = {}  # agency, written as one word -> outlets that credit it

    def add(self, part: Assignment, houses: Houses) -> None:
        """Add a part; an outlet that is an agency counts with those that credit it."""
        number, outlet = self._parts, part.outlet or part.key
        self._parts += 1
        self._groups.new(number)
        for house in houses(outlet):
            self._groups.join(number, house)
        name = fold(outlet.removeprefix("www.").partition(".")[0])
        self._named.setdefault(name, []).append((number, outlet))
        if self._crediting.get(name, set()) - {outlet}:
            self._groups.join(number, f"agency {name}")
        if part.agency:
            agency = "".join(part.agency.split())
            self._crediting.setdefault(agency, set()).add(outlet)
            self._groups.join(number, f"agency {agency}")
            for other, its_outlet in self._named.get(agency, ()):
                if its_outlet != outlet:
                    self._groups.join(other, f"agency {agency}")
        if part.trace:
            self._groups.join_by_text(number, unpacked(part.trace).text)

    def count(self) -> int:
        """How many there are."""
        return self._groups.count()


class _Groups:
    """Numbers that belong together, by what they share. Source: union-find, R. Tarjan (1975)."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._first: dict[Hashable, int] = {}
        self._texts: dict[int, list[tuple[int, Print]]] = {}
        self._count = 0

    def new(self, number: int) -> None:
        self._above[number] = number
        self._count += 1

    def join(self, number: int, shared: Hashable) -> None:
        """Everybody with ``shared`` belongs together."""
        self._unite(number, self._first.setdefault(shared, number))

    def join_by_text(self, number: int, text: Print) -> None:
        """Those whose texts have much in common belong together; one of each group is looked at."""
        known = number, text
        for band in text.bands():
            alike = self._texts.setdefault(band, [])
            for other, its_text in alike:
                if self._root(other) != self._root(number) and text.contained(its_text) >= COPIED:
                    self._unite(number, other)
            if len(alike) < _TEXTS_A_BAND:
                alike.append(known)

    def count(self) -> int:
        """How many groups there are."""
        return self._count

    def _root(self, number: int) -> int:
        while self._above[number] != number:
            number = self._above[number] = self._above[self._above[number]]
        return number

    def _unite(self, one: int, other: int) -> None:
        root, other_root = self._root(one), self._root(other)
        if root != other_root:
            self._above[root] = other_root
            self._count -= 1


def _frequent(names: Counter[T]) -> tuple[T, ...]:
    """Most frequent first; ties in an order of their own, so that a rebuilt state tells the same story."""
    if len(names) == 1:
        return tuple(names)
    ranked = sorted(names.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(name for name, _ in ranked[:NAMES_KEPT])
