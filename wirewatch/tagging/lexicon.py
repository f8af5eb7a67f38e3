"""The knowledge base arranged for reading texts: aliases, demonyms, offices, all by folded words."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from wirewatch.knowledge.model import Actor, ConditionalAlias, Country, Knowledge, Office
from wirewatch.tagging.tokens import key, tokenize
from wirewatch.tagging.vocabulary import REGION_ADJECTIVES

PARTICLES = frozenset(
    {
        "al",
        "el",
        "an",
        "ash",
        "as",
        "ar",
        "ad",
        "at",
        "bin",
        "ibn",
        "abu",
        "de",
        "la",
        "le",
        "van",
        "von",
        "da",
        "dos",
        "del",
        "der",
        "den",
        "ul",
        "ud",
        "ur",
    }
)
"""Words of a name that may be written small."""


class Alias(NamedTuple):
    """One way to write an actor: ``cased`` is set where only this very spelling counts."""

    actor: Actor
    name: str
    cased: str | None
    condition: ConditionalAlias | None
    capitals: bool


class Held(NamedTuple):
    """An office and who held it."""

    actor: Actor
    office: Office


class Lexicon:
    """The knowledge base by folded words; read-only."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.version = knowledge.version
        self.actors = {actor.id: actor for actor in knowledge.actors}
        self.countries = {country.code: country for country in knowledge.countries}
        self.aliases: dict[str, list[Alias]] = defaultdict(list)
        self.longest: dict[tuple[str, str], int] = {}
        """The first two words of names -> words of the longest such name."""
        self.demonyms: dict[str, list[str]] = defaultdict(list)
        self.country_names: dict[str, list[str]] = defaultdict(list)
        self.capitals: dict[str, str] = {}
        self.offices: dict[tuple[str, str], list[Held]] = defaultdict(list)
        self.office_titles: set[str] = set()
        self.leaders: dict[str, list[tuple[Actor, Office]]] = defaultdict(list)
        for actor in knowledge.actors:
            self._add_actor(actor)
        for country in knowledge.countries:
            self._add_country(country)
        for adjective in REGION_ADJECTIVES:
            self._long(adjective)
        self.aliases, self.offices = dict(self.aliases), dict(self.offices)
        self.demonyms = {word: list(dict.fromkeys(codes)) for word, codes in self.demonyms.items()}
        self.country_names = {word: list(dict.fromkeys(codes)) for word, codes in self.country_names.items()}
        self.leaders = dict(self.leaders)
        self.starts = frozenset(name.partition(" ")[0] for name in self.aliases)
        states = (self.country_names, self.demonyms)
        self.state_starts = frozenset(name.partition(" ")[0] for names in states for name in names)
        self.place_starts = self.state_starts.union(self.capitals, REGION_ADJECTIVES)
        self.capital_starts = frozenset(name.partition(" ")[0] for name in self.capitals)

    def _add_actor(self, actor: Actor) -> None:
        for name in dict.fromkeys((actor.name, *actor.aliases)):
            self._add_alias(actor, name, None)
        for conditional in actor.conditional:
            self._add_alias(actor, conditional.name, conditional)
        for office in actor.offices:
            place = office.country or office.of or ""
            for title in {office.title, _american(office.title)}:
                self.offices[place, key(title)].append(Held(actor, office))
                self.office_titles.add(key(title))
            if actor.kind == "person" and office.country:
                self.leaders[key(actor.name).split(" ")[-1]].append((actor, office))

    def _add_alias(self, actor: Actor, name: str, condition: ConditionalAlias | None) -> None:
        tokens = tokenize(name)
        words, folded = tokens.words, " ".join(tokens.folded)
        if not folded:
            return
        odd = any(w.isupper() and len(w) > 1 for w in words) or any(c.isupper() for w in words for c in w[1:])
        cased = " ".join(words).replace(".", "") if odd and len(words) == 1 else None
        self.aliases[folded].append(Alias(actor, name, cased, condition, any(w[0].isupper() for w in words)))
        self._long(folded)

    def _add_country(self, country: Country) -> None:
        for word in country.demonyms:
            folded = key(word)
            self.demonyms[folded].append(country.code)
            self._long(folded)
        for name in (country.name, *country.aliases):
            folded = key(name)
            self.country_names[folded].append(country.code)
            self._long(folded)
        if country.capital:
            self.capitals[key(country.capital)] = country.code

    def _long(self, folded: str) -> None:
        words = folded.split(" ")
        if len(words) > 1:
            begin = words[0], words[1]
            self.longest[begin] = max(self.longest.get(begin, 1), len(words))

    def most_words(self, folded: list[str], i: int) -> int:
        """Of how many words a name may be that begins at word i."""
        return self.longest.get((folded[i], folded[i + 1]), 1) if i + 1 < len(folded) else 1

    def government(self, code: str) -> Actor | None:
        """The government of the country, where it is an actor."""
        country = self.countries.get(code)
        return self.actors.get(country.government or "") if country else None

    def armed_forces(self, code: str) -> Actor | None:
        """The country's armed forces; where they are no actor of their own, its government."""
        country = self.countries.get(code)
        forces = self.actors.get(country.armed_forces or "") if country else None
        return forces or self.government(code)

    def holder(self, place: str, title: str, day: date) -> Held | None:
        """Who held that office on ``day``; None where nobody is known, or more than one."""
        held = [
            h
            for h in self.offices.get((place, title), ())
            if (h.office.since is None or h.office.since <= day) and (h.office.until is None or day <= h.office.until)
        ]
        if len(held) > 1:
            begun = [h for h in held if h.office.since is not None]
            latest = max((h.office.since for h in begun if h.office.since), default=None)
            held = [h for h in begun if h.office.since == latest]
        return held[0] if len(held) == 1 else None


def _american(title: str) -> str:
    return title.replace("defence", "defense").replace("adviser", "advisor")
