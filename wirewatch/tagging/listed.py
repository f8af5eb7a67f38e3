"""Actors of the knowledge base in a text, by their aliases."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from wirewatch.knowledge.model import Actor
from wirewatch.tagging.lexicon import Alias, Lexicon
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.short import short_names
from wirewatch.tagging.states import find_states
from wirewatch.tagging.tokens import fold
from wirewatch.tagging.vocabulary import ACTS, FUNCTION, GIVEN, GOVERNMENT, TITLES

LOWER_STARTS = frozenset({"al", "el", "ash", "as", "ar", "an", "ansar", "bin"})


class Listed(NamedTuple):
    """An actor of the knowledge base at words ``first``..``first + n - 1``; ``why`` says by what."""

    first: int
    n: int
    actor: Actor
    why: str
    confidence: float = 0.95


WITH_HEADS = frozenset({"international_org", "other_org", "armed_forces", "political_party", "company"})


def find_aliases(reading: Reading, lexicon: Lexicon, day: date | None) -> list[Listed]:
    """Each longest alias in the text that its conditions allow, from left to right."""
    found: list[Listed] = []
    context: _Context | None = None
    tokens, folded, capital = reading.tokens, reading.tokens.folded, reading.capital
    aliases, starts = lexicon.aliases, lexicon.starts
    behind = 0
    small = (i - 1 for i in reading.capitals if i and not capital[i - 1] and folded[i - 1] in LOWER_STARTS)
    for i in sorted({*reading.capitals, *small}):
        if i < behind or folded[i] not in starts:
            continue
        for n in range(min(lexicon.most_words(folded, i), len(tokens) - i), 0, -1):
            choices = aliases.get(tokens.join(i, n))
            if choices is None:
                continue
            whole = tokens.whole(i, n)
            fitting = [a for a in choices if (whole or _spelt_so(reading, i, n, a)) and _written_so(reading, i, n, a)]
            if not fitting:
                continue
            context = context or _Context(reading, lexicon)
            chosen = _choose(fitting, context, day)
            if chosen is not None:
                found.append(Listed(i, n, chosen.actor, _why(chosen)))
                behind = i + n
                break
    return found


def find_surnames(reading: Reading, listed: list[Listed]) -> list[Listed]:
    """The people named in full, where their last name stands alone, or their first where that is no given name.

    “Abiy” is Abiy Ahmed and “Xi” Xi Jinping, but “Donald” may be anybody.
    """
    folded = reading.tokens.folded
    taken = {i for hit in listed for i in range(hit.first, hit.first + hit.n)}
    owners: dict[str, set[str]] = {}
    full: dict[str, Listed] = {}
    for hit in listed:
        if hit.actor.kind == "person" and hit.n > 1:
            for at in (hit.first + hit.n - 1, hit.first):
                if at == hit.first and not _names_alone(folded[at]):
                    continue
                owners.setdefault(folded[at], set()).add(hit.actor.id)
                full.setdefault(folded[at], hit)
    if not full:
        return []
    found = []
    for i in reading.capitals:
        word = folded[i]
        if word not in full or i in taken or len(owners[word]) > 1:
            continue
        if not _part_of_another_name(reading, i):
            hit = full[word]
            found.append(Listed(i, 1, hit.actor, f"a name of {reading.words(hit.first, hit.n)} by itself", 0.85))
    return found


def find_short(reading: Reading, listed: list[Listed]) -> list[Listed]:
    """Listed organisations by their head word alone: “the Commission”, where only one of them is named."""
    taken = {i for hit in listed for i in range(hit.first, hit.first + hit.n)}
    whole = [(hit.first, hit.n, hit) for hit in listed if hit.n > 1 and hit.actor.kind in WITH_HEADS]
    return [
        Listed(i, 1, hit.actor, f"short for {reading.words(hit.first, hit.n)}", 0.8)
        for i, hit in short_names(reading, whole).items()
        if i not in taken
    ]


def _names_alone(first: str) -> bool:
    return len(first) > 1 and first not in GIVEN and first not in TITLES and first not in FUNCTION


def _why(alias: Alias) -> str:
    base = f"“{alias.name}” is a name of {alias.actor.name}"
    if alias.condition is None:
        return base
    return f"{base} in an article that names {', '.join((*alias.condition.countries, *alias.condition.words)[:4])}"


def _spelt_so(reading: Reading, i: int, n: int, alias: Alias) -> bool:
    """Whether the text has the alias letter for letter: “People's Liberation Front” has a possessive inside."""
    if "'" not in alias.name:
        return False
    return reading.words(i, n).replace("’", "'").casefold() == alias.name.casefold()


def _written_so(reading: Reading, i: int, n: int, alias: Alias) -> bool:
    tokens = reading.tokens
    if alias.cased is not None:
        return " ".join(tokens.words[i : i + n]).replace(".", "") == alias.cased
    if i in reading.shouted and n == 1 and len(tokens.words[i]) < 5:
        return False
    if n > 1:
        last = i + n - 1
        ends_in_capital = alias.name.split()[-1][:1].isupper()
        return reading.capital[last] or not ends_in_capital or tokens.folded[last] in GOVERNMENT
    if alias.name.endswith("'s") and i not in tokens.possessive:
        return False  # Moody is somebody, Moody's a company
    return not (alias.actor.kind == "person" and _part_of_another_name(reading, i))


def _part_of_another_name(reading: Reading, i: int) -> bool:
    tokens, folded = reading.tokens, reading.tokens.folded
    if i > 0 and tokens.joins(i - 1) and reading.capital[i - 1] and (i - 1) not in tokens.possessive:
        before = folded[i - 1]
        a_name = before not in TITLES and before not in FUNCTION and not _adjective(before)
        if a_name and tokens.gap(i - 1) != "-" and (before in GIVEN or (i - 1) not in reading.initial):
            return True
    after = i + 1
    return (
        after < len(tokens)
        and i not in tokens.possessive
        and tokens.gap(i) == " "
        and reading.capital[after]
        and i not in reading.shouted
        and folded[after] not in FUNCTION
        and folded[after] not in GOVERNMENT
        and folded[after] not in ACTS
        and after not in reading.initial
        and not _headline_at(reading, i)
    )


def _adjective(word: str) -> bool:
    return word.endswith(("an", "ish", "ese", "i", "former", "late"))


def _headline_at(reading: Reading, i: int) -> bool:
    return reading.tokens.ends[i] <= reading.title_end


class _Context:
    """What conditions ask about: the words of the text and the countries it names."""

    def __init__(self, reading: Reading, lexicon: Lexicon) -> None:
        self.words = frozenset(reading.tokens.folded)
        self._folded_text: str | None = None
        self._reading = reading
        self._lexicon = lexicon
        self._countries: frozenset[str] | None = None

    @property
    def countries(self) -> frozenset[str]:
        if self._countries is None:
            states = find_states(self._reading, self._lexicon)
            self._countries = frozenset(code for state in states for code in state.codes)
            capitals = self._lexicon.capitals
            self._countries |= {capitals[word] for word in self.words if word in capitals}
        return self._countries

    def has(self, word: str) -> bool:
        folded = fold(word)
        if " " not in folded:
            return folded in self.words
        if self._folded_text is None:
            self._folded_text = f" {' '.join(self._reading.tokens.folded)} "
        return f" {folded} " in self._folded_text


def _choose(aliases: list[Alias], context: _Context, day: date | None) -> Alias | None:
    allowed = [
        a
        for a in aliases
        if a.condition is None
        or any(code in context.countries for code in a.condition.countries)
        or any(context.has(word) for word in a.condition.words)
    ]
    if not allowed:
        return None
    alive = [a for a in allowed if day is None or a.actor.since is None or a.actor.since <= day] or allowed
    return max(alive, key=lambda a: (a.condition is not None, any(c in context.countries for c in a.actor.countries)))
