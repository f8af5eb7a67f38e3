"""Names that are in no list: people and organisations, by how English news writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from wirewatch.tagging.reading import Reading
from wirewatch.tagging.vocabulary import (
    BUILDINGS,
    CALENDAR,
    COMMON,
    COMPASS,
    FACILITY,
    FUNCTION,
    GIVEN,
    NOT_ACRONYMS,
    NOT_NAMES,
    ORGANISATION,
    PLACE_GIVEN,
    TITLES,
)

DATELINE_WORDS = 12
_DASH = re.compile(r"\s(?:—|–|--|-)\s")

CONNECTORS = frozenset({"of", "for", "and", "the", "on", "in", "de", "du", "des", "la", "del", "do", "da", "to", "&"})
SMALL = frozenset(
    {
        "al",
        "el",
        "bin",
        "ibn",
        "ben",
        "de",
        "da",
        "dos",
        "del",
        "della",
        "van",
        "von",
        "der",
        "den",
        "la",
        "le",
        "ul",
        "ud",
        "ur",
        "y",
        "e",
        "di",
        "du",
        "ash",
        "as",
        "ar",
        "ad",
        "an",
        "at",
        "az",
    }
)
DOTTED_TITLES = frozenset(["st", "dr", "mr", "mrs", "ms", "gen", "col", "lt", "sgt", "maj", "capt", "adm"])
DOTTED_TITLES |= frozenset(["sen", "rep", "gov", "prof", "rev"])

AT = frozenset({"at", "near", "outside", "inside"})

LONGEST = 24
"""Words of a stretch; what goes on for longer is no name."""

Type = Literal["person", "organisation", "facility"]


class Name(NamedTuple):
    """A name at words ``first``..``first + n - 1``; ``why`` says what made it one."""

    first: int
    n: int
    type: Type
    why: str


def runs(reading: Reading, taken: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches of words written like one name, without those that are explained already."""
    tokens, capital = reading.tokens, reading.capital
    j, count = 0, len(tokens)
    for i in reading.capitals:
        if i < j or not _starts(reading, i, taken):
            continue
        j = i + 1
        while j < count and j - i < LONGEST and _goes_on(reading, j, taken):
            j += 1
        while j > i + 1 and not capital[j - 1]:
            j -= 1
        yield i, j


def _starts(reading: Reading, i: int, taken: set[int]) -> bool:
    if i in taken:
        return False
    word = reading.tokens.folded[i]
    if word in FUNCTION and (i in reading.initial or reading.tokens.words[i] == "I" or i in reading.shouted):
        return False
    return word not in CALENDAR or reading.tokens.words[i].isupper()


def _goes_on(reading: Reading, j: int, taken: set[int]) -> bool:
    tokens = reading.tokens
    if j in taken or (j - 1) in tokens.possessive:
        return False
    gap = tokens.gap(j - 1)
    dotted = gap == ". " and (len(tokens.words[j - 1]) == 1 or tokens.folded[j - 1] in DOTTED_TITLES)
    if gap not in (" ", "-", "\u00a0", "‑") and not dotted:
        return False
    if reading.capital[j]:
        return tokens.folded[j] not in CALENDAR
    return (
        tokens.folded[j] in SMALL
        and j + 1 < len(tokens)
        and tokens.joins(j)
        and (
            reading.capital[j + 1] or (tokens.folded[j + 1] in SMALL and j + 2 < len(tokens) and reading.capital[j + 2])
        )
        and (j + 1) not in taken
    )


def find_people(
    reading: Reading, taken: set[int], adjectives: set[int], places: dict[int, int], known: frozenset[str]
) -> list[Name]:
    """People by given name or title.

    ``places`` are places of several words (first word -> words), ``known`` the dictionary's words.
    """
    found: list[Name] = []
    for start, end in runs(reading, taken):
        found.extend(_people_of(reading, start, end, adjectives, places, known))
    return found


def _people_of(
    reading: Reading, start: int, end: int, adjectives: set[int], places: dict[int, int], known: frozenset[str]
) -> Iterator[Name]:
    folded, words = reading.tokens.folded, reading.tokens.words
    i, titled = start, _titled_before(reading, start)
    while i < end:
        word = folded[i]
        if i in places and not titled:
            i += places[i]
            continue
        if word in TITLES and not (word in GIVEN and i + 1 < end and folded[i + 1] not in GIVEN and not titled):
            titled, i = True, i + 1
            continue
        if i in adjectives or word in FUNCTION or word in NOT_NAMES:
            titled, i = False, i + 1
            continue
        stop = _person_end(reading, i, end, adjectives, places, titled)
        n = stop - i
        if n >= 1 and _is_person(folded, words, i, n, titled, known):
            yield Name(i, n, "person", "a title stands before it" if titled else f"“{words[i]}” is a given name")
            i = stop
        else:
            i = max(stop, i + 1) if n > 1 and not _any_given(folded, i + 1, stop) else i + 1
        titled = False


def _any_given(folded: list[str], start: int, stop: int) -> bool:
    return any(folded[k] in GIVEN for k in range(start, stop))


def _titled_before(reading: Reading, start: int) -> bool:
    tokens = reading.tokens
    before = start - 1
    if before < 0 or before in tokens.possessive or not (tokens.joins(before) or tokens.gap(before) in {". ", ", "}):
        return False
    if tokens.gap(before) == ". ":
        return len(tokens.words[before]) <= 4 and tokens.folded[before] in TITLES and reading.capital[before]
    if tokens.gap(before) == ", ":
        return False
    return tokens.folded[before] in TITLES and tokens.gap(before) == " "


def _person_end(reading: Reading, i: int, end: int, adjectives: set[int], places: dict[int, int], titled: bool) -> int:
    folded = reading.tokens.folded
    stop = i
    while stop < end and stop - i < 5:
        word = folded[stop]
        if stop > i and ((word in TITLES and word not in GIVEN) or stop in adjectives or word in FUNCTION):
            break
        if stop in places and stop > i and not titled and folded[stop - 1] not in GIVEN:
            break
        if word in NOT_NAMES and word not in {"iii", "ii", "iv"}:
            break
        stop += 1
    while stop > i + 1 and folded[stop - 1] in SMALL and not reading.capital[stop - 1]:
        stop -= 1
    return stop


def _is_person(folded: list[str], words: list[str], i: int, n: int, titled: bool, known: frozenset[str]) -> bool:
    parts = folded[i : i + n]
    if any(part in ORGANISATION or part in FACILITY for part in parts[1:]) or parts[0] in ORGANISATION:
        return False
    if all(part in known for part in parts) and parts[0] not in GIVEN:
        return False
    if any(word.isupper() and len(word) > 3 for word in words[i : i + n]) and not all(
        w.isupper() for w in words[i : i + n]
    ):
        return False
    if titled:
        return n <= 4 and (n > 1 or len(parts[0]) > 2)
    if n < 2 or (len(parts[-1]) < 2 and n == 2):
        return False
    if parts[0] in GIVEN:
        return parts[1] not in COMPASS and not (parts[-1] in COMMON and parts[-1] not in GIVEN and n == 2)
    return parts[0] in PLACE_GIVEN and parts[1] not in known and n <= 3


def find_organisations(reading: Reading, taken: set[int]) -> list[Name]:
    """Organisations by their head word ("Ministry of ...", "... University"), and acronyms."""
    found: list[Name] = []
    tokens, folded = reading.tokens, reading.tokens.folded
    for start, end in runs(reading, taken):
        heads = [k for k in range(start, end) if folded[k] in ORGANISATION]
        if heads and start not in reading.shouted:
            first, last = _organisation_span(reading, start, end, heads, taken)
            if last - first >= 2:
                found.append(
                    Name(first, last - first, "organisation", f"“{tokens.words[heads[-1]]}” names an organisation")
                )
                continue
        facility = next((k for k in range(end - 1, start, -1) if folded[k] in FACILITY), None)
        if facility is not None and facility == end - 1 and start not in reading.shouted:
            found.append(Name(start, end - start, "facility", f"“{tokens.words[facility]}” names a site"))
            continue
        found.extend(_acronyms(reading, start, end))
    return found


def is_at_building(reading: Reading, name: Name) -> bool:
    """Whether something is at, near or outside of an organisation that is a building too: "at Hazel Hospital"."""
    folded = reading.tokens.folded
    if name.type != "organisation" or not {folded[name.first], folded[name.first + name.n - 1]} & BUILDINGS:
        return False
    before = name.first - 2 if name.first > 1 and folded[name.first - 1] == "the" else name.first - 1
    return before >= 0 and folded[before] in AT


def _organisation_span(reading: Reading, start: int, end: int, heads: list[int], taken: set[int]) -> tuple[int, int]:
    tokens, folded, capital = reading.tokens, reading.tokens.folded, reading.capital
    first = start
    while first < heads[0] and folded[first] in TITLES and folded[first] not in ORGANISATION:
        first += 1
    last = end
    while (
        last + 1 < len(tokens)
        and last - first < 9
        and folded[last] in CONNECTORS
        and tokens.gap(last - 1) == " "
        and (last - 1) not in tokens.possessive
        and _continues(reading, last, heads)
    ):
        last += 2 if capital[last + 1] else 3
        while last < len(tokens) and capital[last] and last not in taken and tokens.gap(last - 1) == " ":
            last += 1
    return first, last


def _continues(reading: Reading, at: int, heads: list[int]) -> bool:
    tokens, folded, capital = reading.tokens, reading.tokens.folded, reading.capital
    if folded[at] not in {"of", "for", "and", "on", "de"} or tokens.gap(at) != " ":
        return False
    if folded[at] == "and":
        earlier = any(folded[k] in {"of", "for"} for k in range(heads[0], at))
        return earlier and capital[at + 1] and folded[at + 1] not in GIVEN and folded[at + 1] not in ORGANISATION
    if capital[at + 1]:
        return folded[at] != "on" or folded[at - 1] in {"commission", "committee", "council"}
    return folded[at + 1] == "the" and at + 2 < len(tokens) and capital[at + 2] and tokens.gap(at + 1) == " "


def _acronyms(reading: Reading, start: int, end: int) -> Iterator[Name]:
    tokens = reading.tokens
    for k in range(start, end):
        word = tokens.words[k]
        if (
            3 <= len(word) <= 6
            and word.isalpha()
            and word.isupper()
            and word.isascii()
            and k not in reading.shouted
            and tokens.folded[k] not in NOT_ACRONYMS
            and end - start == 1
            and not is_dateline(reading, k)
        ):
            yield Name(k, 1, "organisation", "an acronym")


def is_dateline(reading: Reading, i: int) -> bool:
    """Whether word i begins a sentence as “GOMA, DR Congo, 27 January 2025 (...) —” or “TOKYO —” do."""
    if i not in reading.initial:
        return False
    for k in range(i, min(i + DATELINE_WORDS, len(reading.tokens))):
        gap = reading.tokens.gap(k)
        if _DASH.search(gap):
            return k == i or reading.tokens.gap(i).startswith(",")
        if any(mark in gap for mark in ".;:!?\n"):
            return False
    return False
