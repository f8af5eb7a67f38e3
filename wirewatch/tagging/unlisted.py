"""People and organisations in no list: one id for each name, surnames joined, spaCy's names taken in."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from wirewatch.models import UNLISTED
from wirewatch.tagging.choice import Found
from wirewatch.tagging.gazetteer import Gazetteer
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.names import SMALL, Name, is_dateline
from wirewatch.tagging.ner import Entity
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.short import short_names
from wirewatch.tagging.spots import Spot
from wirewatch.tagging.states import State
from wirewatch.tagging.tokens import key
from wirewatch.tagging.vocabulary import (
    CALENDAR,
    CRAFT,
    FUNCTION,
    GIVEN,
    KINDS_OF_PLACE,
    NOT_ACRONYMS,
    NOT_NAMES,
    ORGANISATION,
    PLACE_GIVEN,
    TITLES,
)

LONGEST_AGAIN, MOST_AGAIN = 8, 500
"""Words of a name, and names, that are looked for again: more are in no article, only in lists and noise."""


ASKED_ENOUGH = 2
"""Sentences in which the model is asked about one word; what it finds is found again without it."""


class Unlisted(NamedTuple):
    """A name in no list, at words ``first``..``first + n - 1``; ``name`` is its fullest form in the article."""

    first: int
    n: int
    type: Literal["person", "organisation"]
    id: str
    name: str
    confidence: float
    why: str


class Merged(NamedTuple):
    """The rules' names with the model's.

    ``places`` are names only it took for places, ``confirmed`` words it agrees on;
    ``organisations`` where names of places begin that it takes for actors."""

    names: list[Name]
    places: list[Name]
    confirmed: set[int]
    organisations: set[int]


def unexplained_sentences(
    reading: Reading,
    every: bool,
    taken: set[int],
    names: list[Name],
    spots: list[Spot],
    gazetteer: Gazetteer,
) -> list[tuple[int, int]]:
    """The sentences with a capitalised word that nothing explains yet; all of them where ``every``."""
    if every:
        return list(reading.spans)
    known = _explained(reading, taken, names, spots, gazetteer)
    people = {reading.tokens.folded[n.first + n.n - 1] for n in names if n.type == "person"}
    asked: Counter[str] = Counter()
    numbers: dict[int, None] = {}
    for i in reading.capitals:
        if i in known or i in reading.shouted:
            continue
        word = reading.tokens.folded[i]
        if word in people or asked[word] >= ASKED_ENOUGH or not _may_be_name(reading, gazetteer, i):
            continue
        number = reading.sentence(i)
        if number not in numbers or word not in asked:
            asked[word] += 1
        numbers[number] = None
    return [reading.spans[number] for number in numbers]


def _explained(
    reading: Reading, taken: set[int], names: list[Name], spots: list[Spot], gazetteer: Gazetteer
) -> set[int]:
    known = set(taken)
    for name in names:
        known.update(range(name.first, name.first + name.n))
    for spot in spots:
        if spot.fixed or spot.role == "demonym" or _sure(gazetteer, spot) or _plain_country(reading, gazetteer, spot):
            known.update(range(spot.first, spot.first + spot.n))
    return known


def _plain_country(reading: Reading, gazetteer: Gazetteer, spot: Spot) -> bool:
    """Whether a country's or region's name that is also a word stands where only the name has a capital."""
    wide = not gazetteer.bearers(spot.key).levels.isdisjoint(("country", "region", "water"))
    return wide and spot.first not in reading.initial


def _may_be_name(reading: Reading, gazetteer: Gazetteer, i: int) -> bool:
    """Whether the model could make a name of the capitalised word i that we would believe."""
    word, written = reading.tokens.folded[i], reading.tokens.words[i]
    if len(word) < 2 or word in FUNCTION or word in TITLES or word in CALENDAR or word in NOT_NAMES:
        return False
    if written.isupper():
        return word not in NOT_ACRONYMS
    if word not in gazetteer.common and word not in reading.lower and len(word) > 2:
        return True
    # An ordinary word is believed behind a name only: it may be a surname, "Chad Smith".
    before = reading.tokens.folded[i - 1] if i and reading.capital[i - 1] and reading.tokens.gap(i - 1) == " " else ""
    return bool(before) and before not in FUNCTION and (before not in gazetteer.common or before in PLACE_GIVEN)


def _sure(gazetteer: Gazetteer, spot: Spot) -> bool:
    if spot.key in gazetteer.common:
        return False
    bearers = gazetteer.bearers(spot.key)
    return bearers.people > 100_000 or not bearers.levels.isdisjoint(("country", "region", "water"))


def merge_entities(
    reading: Reading,
    entities: list[Entity],
    taken: set[int],
    names: list[Name],
    spots: list[Spot],
    gazetteer: Gazetteer,
) -> Merged:
    """The rules' names and, where they are silent, the model's."""
    kept = list(names)
    covered = set(taken)
    for name in names:
        covered.update(range(name.first, name.first + name.n))
    strong = {
        i for s in spots if s.fixed or s.role == "demonym" or _sure(gazetteer, s) for i in range(s.first, s.first + s.n)
    }
    in_gazetteer = {i for s in spots for i in range(s.first, s.first + s.n)}
    places: list[Name] = []
    confirmed: set[int] = set()
    organisations: set[int] = set()
    spans = [(entity, *_trimmed(reading, *_words_within(reading, entity))) for entity in entities]
    called = {reading.tokens.join(first, n) for _, first, n in spans if n > 0 and _called_a_place(reading, first)}
    for entity, first, n in spans:
        if n <= 0 or _no_name(reading, first, n):
            continue
        words = range(first, first + n)
        if entity.label == "ORG" and all(i in strong for i in words):
            organisations.add(first)
        if entity.label in ("GPE", "LOC", "FAC"):
            confirmed.update(words)
            free = not any(i in covered or i in in_gazetteer for i in words)
            if (
                free
                and _name_like(reading, gazetteer, first, n)
                and (_located(reading, first) or (n > 1 and entity.label != "GPE"))
            ):
                places.append(Name(first, n, "facility", "the model takes it for a place"))
            continue
        if any(i in covered for i in words):
            continue
        if reading.tokens.join(first, n) in called:
            if not any(i in in_gazetteer for i in words) and _name_like(reading, gazetteer, first, n):
                places.append(Name(first, n, "facility", "the text calls it a place"))
                covered.update(words)
            continue
        if (
            n <= 3
            and _near(reading, first)
            and reading.tokens.folded[first] not in GIVEN
            and entity.label in ("PERSON", "ORG")
        ):
            if not any(i in in_gazetteer for i in words) and _name_like(reading, gazetteer, first, n):
                places.append(Name(first, n, "facility", "something is near it"))
            continue
        if entity.label == "PERSON" and n <= 5:
            if (n == 1 and (first in in_gazetteer or first in strong)) or all(i in strong for i in words):
                continue
            if _name_like(reading, gazetteer, first, n):
                kept.append(Name(first, n, "person", "the model takes it for a person"))
                covered.update(words)
        elif (
            entity.label == "ORG"
            and not all(i in strong for i in words)
            and not is_dateline(reading, first)
            and _organisation_like(reading, gazetteer, first, n)
        ):
            kept.append(Name(first, n, "organisation", "the model takes it for an organisation"))
            covered.update(words)
    return Merged(kept, places, confirmed, organisations)


def _located(reading: Reading, first: int) -> bool:
    return first > 0 and reading.tokens.folded[first - 1] in {
        "in",
        "near",
        "at",
        "from",
        "outside",
        "around",
        "to",
        "of",
        "the",
    }


def _called_a_place(reading: Reading, first: int) -> bool:
    """Whether it is the town, the village, the island of that name."""
    folded = reading.tokens.folded
    return first > 1 and folded[first - 1] == "of" and folded[first - 2] in KINDS_OF_PLACE


def _no_name(reading: Reading, first: int, n: int) -> bool:
    """Whether it is a vehicle, or who speaks in a transcript: "QUESTION: ..."."""
    if any(word in CRAFT for word in reading.tokens.folded[first : first + n]):
        return True
    tokens = reading.tokens
    speaker = n == 1 and tokens.words[first].isupper() and (not first or "\n" in tokens.gap(first - 1))
    return speaker and reading.text[tokens.ends[first] : tokens.ends[first] + 1] == ":"


def _near(reading: Reading, first: int) -> bool:
    return first > 0 and reading.tokens.folded[first - 1] == "near"


def _words_within(reading: Reading, entity: Entity) -> tuple[int, int]:
    starts, ends = reading.tokens.starts, reading.tokens.ends
    first = bisect_left(starts, entity.start)
    last = first
    while last < len(starts) and ends[last] <= entity.end:
        last += 1
    return first, last - first


def _trimmed(reading: Reading, first: int, n: int) -> tuple[int, int]:
    folded, capital = reading.tokens.folded, reading.capital
    while n and (folded[first] in FUNCTION or folded[first] in TITLES or not capital[first]):
        first, n = first + 1, n - 1
    while n and not capital[first + n - 1]:
        n -= 1
    return first, n


def _name_like(reading: Reading, gazetteer: Gazetteer, first: int, n: int) -> bool:
    folded = reading.tokens.folded[first : first + n]
    if any(
        reading.tokens.text[reading.tokens.ends[i] : reading.tokens.starts[i + 1]].count("\n")
        for i in range(first, first + n - 1)
    ):
        return False
    if all(word in NOT_NAMES or word in CALENDAR or word in NOT_ACRONYMS for word in folded):
        return False
    lower = reading.lower
    return not (n == 1 and (folded[0] in gazetteer.common or len(folded[0]) < 3 or folded[0] in lower))


def _organisation_like(reading: Reading, gazetteer: Gazetteer, first: int, n: int) -> bool:
    if not _name_like(reading, gazetteer, first, n) and not (n == 1 and reading.tokens.words[first].isupper()):
        return False
    folded = reading.tokens.folded[first : first + n]
    return not (n == 1 and folded[0] in NOT_ACRONYMS)


@lru_cache(maxsize=65_536)
def slug(name: str) -> str:
    """The stable id of a name that is in no list."""
    return UNLISTED + "-".join(key(name).split())


def join_names(reading: Reading, names: list[Name], taken: set[int], found: list[Found]) -> list[Unlisted]:
    """One entity for each name: "Pedersen" is the Geir Pedersen named in full, here or elsewhere in the article."""
    folded = reading.tokens.folded
    full: dict[str, Name] = {}
    for name in names:
        if name.type == "person" and name.n > 1:
            full.setdefault(folded[name.first + name.n - 1], name)
    result: list[Unlisted] = []
    covered = set(taken)
    for name in names:
        covered.update(range(name.first, name.first + name.n))
        result.append(_named(reading, name, full))
    short = short_names(reading, [(n.first, n.n, n) for n in names if n.type == "organisation" and n.n > 1])
    placed = {i for f in found for i in range(f.spot.first, f.spot.first + f.spot.n)}
    again: dict[str, list[Name]] = {}
    distinct = {reading.tokens.join(name.first, name.n): name for name in names if name.n <= LONGEST_AGAIN}
    for name in sorted(distinct.values(), key=lambda n: -n.n)[:MOST_AGAIN]:
        again.setdefault(folded[name.first], []).append(name)
    single = {folded[n.first]: n for n in names if n.type == "person" and n.n == 1}
    single |= _first_names(reading, full.values())
    for i in reading.capitals:
        if i in covered or i in placed or i in reading.shouted:
            continue
        if i in short:
            whole = reading.words(short[i].first, short[i].n)
            covered.add(i)
            result.append(Unlisted(i, 1, "organisation", slug(whole), whole, 0.7, f"short for {whole}"))
            continue
        repeated = next((n for n in again.get(folded[i], ()) if _same_words(reading, i, n, covered)), None)
        if repeated is not None and (repeated.n > 1 or repeated.type == "organisation"):
            whole = reading.words(repeated.first, repeated.n)
            covered.update(range(i, i + repeated.n))
            kind: Literal["person", "organisation"] = "person" if repeated.type == "person" else "organisation"
            result.append(
                Unlisted(i, repeated.n, kind, slug(whole), whole, 0.7, f"{whole} is named elsewhere in the text")
            )
            continue
        owner = full.get(folded[i]) or single.get(folded[i])
        if owner is not None and folded[i] not in SMALL and not _in_longer(reading, i, covered):
            whole = reading.words(owner.first, owner.n)
            result.append(Unlisted(i, 1, "person", slug(whole), whole, 0.8, f"the surname of {whole}"))
    return result


LOCATED = frozenset({"in", "from", "near", "at", "across", "around", "within", "into", "throughout", "outside"})


HOME_NATIONS = frozenset({"england", "scotland", "wales"})
"""Parts of a state that play as countries."""


def find_teams(reading: Reading, states: list[State], lexicon: Lexicon) -> list[Unlisted]:
    """Countries as teams, in an article about sport."""
    folded = reading.tokens.folded
    named = [
        (state.first, state.n, lexicon.countries[state.codes[0]].name)
        for state in states
        if not state.demonym and len(state.codes) == 1 and state.codes[0] in lexicon.countries
    ]
    named += [(i, 1, folded[i].title()) for i in reading.capitals if folded[i] in HOME_NATIONS]
    return [
        Unlisted(first, n, "organisation", slug(f"{name} (team)"), f"{name} (team)", 0.5, "the article is about sport")
        for first, n, name in named
        if not (first and folded[first - 1] in LOCATED)
    ]


def _same_words(reading: Reading, i: int, name: Name, covered: set[int]) -> bool:
    tokens = reading.tokens
    if i + name.n > len(tokens) or tokens.join(i, name.n) != tokens.join(name.first, name.n):
        return False
    if any(k in covered for k in range(i, i + name.n)) or any(
        tokens.gap(k) not in (" ", "-") for k in range(i, i + name.n - 1)
    ):
        return False
    return name.n > 1 or not _in_longer(reading, i, covered)


def _first_names(reading: Reading, people: Iterable[Name]) -> dict[str, Name]:
    """Given names that only one person of the article bears."""
    folded = reading.tokens.folded
    owners: dict[str, set[str]] = {}
    first: dict[str, Name] = {}
    for person in people:
        given = folded[person.first]
        owners.setdefault(given, set()).add(folded[person.first + person.n - 1])
        first[given] = person
    return {given: first[given] for given, who in owners.items() if len(who) == 1 and given in GIVEN}


def _in_longer(reading: Reading, i: int, covered: set[int]) -> bool:
    tokens = reading.tokens
    after = i + 1 < len(tokens) and i not in tokens.possessive and tokens.gap(i) == " " and reading.capital[i + 1]
    return (
        after
        and (i + 1) not in covered
        and tokens.folded[i + 1] not in FUNCTION
        and tokens.folded[i + 1] in ORGANISATION
    )


def _named(reading: Reading, name: Name, full: dict[str, Name]) -> Unlisted:
    owner = name
    if name.type == "person" and name.n == 1:
        owner = full.get(reading.tokens.folded[name.first], name)
    whole = reading.words(owner.first, owner.n).replace("\n", " ")
    kind: Literal["person", "organisation"] = "person" if name.type == "person" else "organisation"
    why = name.why if owner is name else f"the surname of {whole}"
    return Unlisted(name.first, name.n, kind, slug(whole), whole, 0.7, why)
