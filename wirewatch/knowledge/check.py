"""What must hold between actors and countries before anybody is tagged by them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from wirewatch.errors import KnowledgeError
from wirewatch.knowledge.model import Actor, ConditionalAlias, Country
from wirewatch.text import folded_words

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(r"[a-z]{2}")
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about after all also an and any are as at be been before both but by can could did do does down each few for
    from had has have he her here him his how i if in into is it its just may me more most my no nor not now of off
    on one only or our out over own said same she should so some such than that the their them then there these they
    this those to too two under up us very was we were what when where which while who whom why will with would you
    your
    """,
    )
)

Places = Mapping[str, str]
"""Actor id or country code -> the file it was read from."""


def problems(actors: Sequence[Actor], countries: Sequence[Country], files: Places) -> list[KnowledgeError]:
    """Everything that does not hold together, actor by actor; empty where all is well."""
    ids = frozenset(actor.id for actor in actors)
    codes = frozenset(country.code for country in countries)
    found: list[KnowledgeError] = []
    for country in countries:
        found += _named(country.code, files, _country_problems(country, ids))
    for actor in actors:
        found += _named(actor.id, files, _actor_problems(actor, ids, codes))
    found += _named_pairs(files, _circles(actors))
    found += _named_pairs(files, _shared_country_names(countries))
    found += _named_pairs(files, _shared_aliases(actors, countries))
    return found


def alias_key(alias: str) -> str:
    """Two aliases collide when this is equal: words without case and accents; acronyms keep their capitals."""
    if is_acronym(alias) or "+" in alias:  # "Opec+" is not "Opec"
        return alias
    return _folded(alias)


@lru_cache(maxsize=200_000)
def _folded(text: str) -> str:
    return " ".join(folded_words(text))


def is_acronym(alias: str) -> bool:
    """Whether it is one word in capitals, such as WHO or U.S., which never meets an ordinary word."""
    return alias.isupper() and " " not in alias


def _named(key: str, files: Places, whys: Iterable[str]) -> list[KnowledgeError]:
    return [KnowledgeError(f"{files.get(key, 'derived')}, {key}", why) for why in whys]


def _named_pairs(files: Places, pairs: Iterable[tuple[str, str]]) -> list[KnowledgeError]:
    return [error for key, why in pairs for error in _named(key, files, [why])]


def _country_problems(country: Country, ids: frozenset[str]) -> Iterator[str]:
    if not CODE.fullmatch(country.code):
        yield f'code "{country.code}" is not two capital letters; write the ISO 3166 alpha-2 code'
    for word in (country.name, *country.aliases, *country.demonyms, *country.seats):
        yield from _alias_problems(word)
    if country.capital is not None and not country.capital.strip():
        yield "its capital is empty; leave the key out where there is none"
    for key, reference in (("government", country.government), ("armed_forces", country.armed_forces)):
        if reference is not None and reference not in ids:
            yield f'{key} "{reference}" is no actor; add it, or correct the id'


def _actor_problems(actor: Actor, ids: frozenset[str], codes: frozenset[str]) -> Iterator[str]:
    if not SLUG.fullmatch(actor.id):
        yield "its id is not a readable slug; use a-z, 0-9 and single hyphens"
    for alias in (actor.name, *actor.aliases, *(c.name for c in actor.conditional)):
        yield from _alias_problems(alias)
    for conditional in actor.conditional:
        yield from _condition_problems(conditional, codes)
    for language, names in actor.names.items():
        if not LANGUAGE.fullmatch(language):
            yield f'names.{language} is no language; write its ISO 639-1 code, such as "fr"'
        if any(len(_letters(name)) < 2 for name in names):
            yield f"names.{language} holds an empty or one-letter name; take it out"
    yield from _unknown_codes(actor.countries, codes)
    if actor.parent is not None and actor.parent not in ids:
        yield f'parent "{actor.parent}" is no actor; add it, or correct the id'
    if actor.since and actor.until and actor.since > actor.until:
        yield f"since {actor.since} is after until {actor.until}; swap or correct them"
    yield from _office_problems(actor, ids, codes)


def _office_problems(actor: Actor, ids: frozenset[str], codes: frozenset[str]) -> Iterator[str]:
    if actor.offices and actor.kind != "person":
        yield f"it is of kind {actor.kind} and holds an office; only a person does"
    for office in actor.offices:
        if not office.title or office.title != office.title.strip().lower():
            yield f'office "{office.title}" is not written in lower case; write it so, such as "prime minister"'
        if (office.country is None) == (office.of is None):
            yield f'office "{office.title}" needs either a country or of = an actor\'s id, and not both'
        if office.of is not None and office.of not in ids:
            yield f'office "{office.title}" is of "{office.of}", which is no actor; add it, or correct the id'
        yield from _unknown_codes((office.country,) if office.country else (), codes)
        if office.since and office.until and office.since > office.until:
            yield f'office "{office.title}" ends {office.until}, before it begins {office.since}; swap or correct them'


def _condition_problems(conditional: ConditionalAlias, codes: frozenset[str]) -> Iterator[str]:
    if not conditional.countries and not conditional.words:
        yield f'conditional alias "{conditional.name}" has no condition; give it countries or words'
    for word in conditional.words:
        if word != _folded(word):
            yield f'condition "{word}" is not folded; write it "{_folded(word)}"'
    yield from _unknown_codes(conditional.countries, codes)


def _unknown_codes(given: Iterable[str], codes: frozenset[str]) -> Iterator[str]:
    for code in given:
        if code not in codes:
            yield f'country "{code}" is in no countries file; write an ISO 3166 alpha-2 code, or add the country'


def _alias_problems(alias: str) -> Iterator[str]:
    if not alias.strip():
        yield "an alias is empty; take it out"
    elif alias != " ".join(alias.split()):
        yield f'alias "{alias}" has spaces too many; write single spaces between words'
    elif len(_letters(alias)) < 2:
        yield f'alias "{alias}" is too short and would fire everywhere; use a longer one'
    elif not is_acronym(alias) and _folded(alias) in STOP_WORDS:
        yield f'alias "{alias}" is a common word; take it out, or write an acronym in capitals'
    elif " " not in alias and alias.islower() and alias.isascii():
        yield f'alias "{alias}" is a single word without a capital and would fire on ordinary text; capitalise it'


def _letters(alias: str) -> str:
    return _folded(alias).replace(" ", "")


def _circles(actors: Sequence[Actor]) -> Iterator[tuple[str, str]]:
    parents = {actor.id: actor.parent for actor in actors}
    for start in parents:
        seen: set[str] = set()
        step = parents[start]
        while step is not None and step not in seen and step != start:
            seen.add(step)
            step = parents.get(step)
        if step == start:
            yield start, "it is a part of itself through its parents; correct one parent"


def _shared_country_names(countries: Sequence[Country]) -> Iterator[tuple[str, str]]:
    owners: dict[str, str] = {}
    for country in countries:
        for name in dict.fromkeys(map(alias_key, (country.name, *country.aliases, *country.seats))):
            if name in owners:
                yield country.code, f'name "{name}" is also a name of {owners[name]}; keep it in one of them'
            owners.setdefault(name, country.code)


def _shared_aliases(actors: Sequence[Actor], countries: Sequence[Country]) -> Iterator[tuple[str, str]]:
    claims: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    written: dict[str, str] = {}
    for actor in actors:
        for language, alias, conditional in _claims(actor):
            mine = claims[language, alias_key(alias)]
            written.setdefault(alias_key(alias), alias)
            mine[actor.id] = mine.get(actor.id, True) and conditional
    states = {alias_key(name): country.code for country in countries for name in (country.name, *country.aliases)}
    for (language, key), owners in claims.items():
        alias = written[key]
        if len(owners) > 1 and not all(owners.values()):
            loud = [owner for owner, conditional in owners.items() if not conditional][-1]
            others = ", ".join(owner for owner in owners if owner != loud)
            yield loud, f'alias "{alias}" is also an alias of {others}; make it conditional in each, or take it out'
        if language == "en" and key in states:
            for owner in (owner for owner, conditional in owners.items() if not conditional):
                yield owner, f'alias "{alias}" is a name of the country {states[key]}; make it conditional'


def _claims(actor: Actor) -> Iterator[tuple[str, str, bool]]:
    for alias in (actor.name, *actor.aliases):
        yield "en", alias, False
    for conditional in actor.conditional:
        yield "en", conditional.name, True
    for language, names in actor.names.items():
        for name in names:
            yield language, name, False
