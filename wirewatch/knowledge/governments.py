"""Each country's government as an actor, derived from what is known of the country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from wirewatch.knowledge.model import Actor, ConditionalAlias, Country
from wirewatch.text import folded_words

AFTER_A_DEMONYM = ("government", "regime", "authorities", "administration")


def government_id(country: Country) -> str:
    """The id of the country's government: the one its file names, or `<slug of its name>-government`."""
    return country.government or "-".join([*folded_words(country.name), "government"])


def government_aliases(country: Country) -> tuple[str, ...]:
    """What news calls the government of ``country``, each once, the plainest first.

    For each name X of the country "X government", "X's government" and "government of X"; for each adjective
    "<adjective> government/regime/authorities/administration"; then its seats as they are. The bare name of the
    country or its capital is not among them: whether these speak for a government is for the sentence to say.
    """
    by_name = [
        form
        for name in (country.name, *country.aliases)
        for form in (f"{name} government", f"{name}'s government", f"government of {name}")
    ]
    by_adjective = [f"{word} {noun}" for word in adjectives(country) for noun in AFTER_A_DEMONYM]
    return tuple(dict.fromkeys([*by_name, *by_adjective, *country.seats]))


def adjectives(country: Country) -> list[str]:
    """The demonyms that can stand before a noun: not the plurals ("Syrians"), not the people ("Frenchmen")."""
    known = set(country.demonyms)
    return [word for word in country.demonyms if not _is_a_people(word, known)]


def _is_a_people(word: str, known: set[str]) -> bool:
    plural = word.endswith("s") and word[:-1] in known
    return plural or word.endswith("men") or (word.endswith("man") and f"{word[:-3]}men" in known)


def derived_governments(countries: Iterable[Country]) -> list[Actor]:
    """A government for each country whose file names none; an alias that two of them share becomes conditional."""
    aliases = {country.code: government_aliases(country) for country in countries if country.government is None}
    claims = Counter(_key(alias) for forms in aliases.values() for alias in forms)
    return [
        Actor(
            id=government_id(country),
            name=f"Government of {country.name}",
            kind="government",
            countries=(country.code,),
            aliases=tuple(alias for alias in aliases[country.code] if claims[_key(alias)] == 1),
            conditional=tuple(
                ConditionalAlias(name=alias, countries=(country.code,))
                for alias in aliases[country.code]
                if claims[_key(alias)] > 1
            ),
        )
        for country in countries
        if country.code in aliases
    ]


def with_government(country: Country) -> Country:
    """The same country, its government's id filled in."""
    return msgspec.structs.replace(country, government=government_id(country))


def _key(alias: str) -> str:
    return " ".join(folded_words(alias))
