"""Each country's government as an actor, derived from what is known of the country."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from wirewatch.knowledge.model import Actor, ConditionalAlias, Country
from wirewatch.text import folded_words

TAKES_THE = re.compile(
    r"[A-Z.]{2,}"  # the UK, the U.S.
    r"|.*\b(Republic|Kingdom|Federation|States|Emirates?|Islands|[Tt]erritor(y|ies)|State|Sultanate|Commonwealth)\b.*"
    r"|Bahamas|Comoros|Falklands|Faroes|Gambia|Holy See|Isle of Man|Maldives|Malvinas|.*Netherlands|Philippines"
    r"|Seychelles|Solomons|Vatican"
)
AFTER_A_DEMONYM = ("government", "regime", "authorities", "administration")


def government_id(country: Country) -> str:
    """The id of the country's government: the one its file names, or `<slug of its name>-government`."""
    return country.government or "-".join([*folded_words(country.name), "government"])


def government_aliases(country: Country) -> tuple[str, ...]:
    """What news calls the government of ``country``, each once, the plainest first.

    For each name X of the country "X government", "X's government" and "government of (the) X"; for each adjective
    "<adjective> government/regime/authorities/administration"; then its seats as they are. The bare name of the
    country or its capital is not among them: whether these speak for a government is for the sentence to say.
    """
    by_name = [
        form
        for name in (country.name, *country.aliases)
        for form in (f"{name} government", f"{_possessive(name)} government", f"government of {_with_article(name)}")
    ]
    by_adjective = [f"{word} {noun}" for word in adjectives(country) for noun in AFTER_A_DEMONYM]
    return tuple(dict.fromkeys([*by_name, *by_adjective, *country.seats]))


def adjectives(country: Country) -> list[str]:
    """The demonyms that can stand before a noun: not the plurals ("Syrians"), not the people ("Frenchmen")."""
    known = set(country.demonyms)
    return [word for word in country.demonyms if not _is_a_people(word, known)]


def _is_a_people(word: str, known: set[str]) -> bool:
    plural = word.endswith("s") and word[:-1] in known
    return plural or word.endswith(("men", "woman")) or (word.endswith("man") and f"{word[:-3]}men" in known)


def derived_governments(countries: Iterable[Country]) -> list[Actor]:
    """A government for each country whose file names none; an alias that two of them share becomes conditional."""
    aliases = {country.code: government_aliases(country) for country in countries if country.government is None}
    claims = Counter(key for forms in aliases.values() for key in set(map(_key, forms)))
    return [
        Actor(
            id=government_id(country),
            name=f"Government of {_with_article(country.name)}",
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


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _with_article(name: str) -> str:
    return f"the {name}" if TAKES_THE.fullmatch(name) else name


def _key(alias: str) -> str:
    return " ".join(folded_words(alias))
