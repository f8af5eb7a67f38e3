"""Names in a text that some place bears, before anything is decided about them."""

from __future__ import annotations

from typing import NamedTuple

from wirewatch.tagging.gazetteer import Gazetteer
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.names import is_dateline
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.vocabulary import COMPASS, LOCATIVE, LOCATIVE_NOUNS, REGION_ADJECTIVES, SERVICES

SMALL_WORDS = frozenset(
    {
        "of",
        "the",
        "and",
        "de",
        "la",
        "del",
        "da",
        "do",
        "al",
        "el",
        "sur",
        "en",
        "upon",
        "on",
        "am",
        "an",
        "der",
        "di",
        "los",
        "las",
        "le",
        "les",
        "e",
        "y",
        "ez",
        "ed",
        "ad",
        "ash",
        "as",
        "ar",
        "au",
        "aux",
        "in",
    }
)


class Spot(NamedTuple):
    """A name at words ``first``..``first + n - 1`` that some place bears; ``country`` set where it can only be that."""

    first: int
    n: int
    key: str
    role: str
    fixed: tuple[int, ...]


def find_spots(reading: Reading, lexicon: Lexicon, gazetteer: Gazetteer) -> list[Spot]:
    """All names in the text that some place bears, longest first, from left to right; demonyms among them."""
    spots: list[Spot] = []
    folded, capital = reading.tokens.folded, reading.capital
    index, longest = gazetteer.index, gazetteer.longest
    starts, short = lexicon.place_starts, gazetteer.short
    behind = 0
    for i in reading.capitals:
        word = folded[i]
        if i < behind or not (word in index or word in longest or word in starts or word in short):
            continue
        longer = max(longest.get(word, 1), lexicon.most_words(folded, i))
        for n in range(_extent(reading, i, longer) if longer > 1 else 1, 0, -1):
            if n > 1 and not capital[i + n - 1]:
                continue
            spot = _spot(reading, i, n, lexicon, gazetteer, index)
            if spot is not None:
                if spot.role:
                    spots.append(spot)
                behind = i + n
                break
    return spots


def _extent(reading: Reading, i: int, longest: int) -> int:
    """How many words from i on may belong to one name, ``longest`` at most."""
    tokens, capital = reading.tokens, reading.capital
    end = min(i + longest, len(tokens)) - 1
    k = i
    while (
        k < end
        and k not in tokens.possessive
        and tokens.joins(k)
        and (capital[k + 1] or tokens.folded[k + 1] in SMALL_WORDS)
    ):
        k += 1
    return k - i + 1


def _spot(
    reading: Reading, i: int, n: int, lexicon: Lexicon, gazetteer: Gazetteer, index: dict[str, int]
) -> Spot | None:
    tokens = reading.tokens
    word = tokens.join(i, n)
    if n == 1:
        raw = tokens.words[i]
        if raw.isupper() or "." in raw or reading.text[tokens.ends[i] : tokens.ends[i] + 1] == ".":
            row = _short_form(reading, i, raw.replace(". ", ".").rstrip("."), gazetteer)
            if row is not None:
                return Spot(i, 1, word, "place", (row,))
            acronym = raw.isupper() and len(raw) <= 4 and i not in reading.shouted and not is_dateline(reading, i)
            if acronym and word not in lexicon.country_names:
                return None
        if len(word) <= 3 and (word in lexicon.country_names or word in lexicon.demonyms) and not _cased(reading, i):
            return None
        if len(word) <= 2 and word not in lexicon.country_names:
            return None
    region = REGION_ADJECTIVES.get(word)
    if region is not None and (word != "eu" or tokens.words[i] == "EU"):
        bearers = [place for place, _ in gazetteer.named(region)]
        wide = [p.row for p in bearers if p.level in ("region", "water")] or [
            p.row for p in bearers if p.level == "admin1"
        ]
        return Spot(i, n, word, "demonym" if wide else "", tuple(wide[:1]))
    if n == 1 and word in COMPASS:
        return None
    if i and tokens.gap(i - 1) == "-" and tokens.folded[i - 1] in {"pro", "anti"} and word in lexicon.capitals:
        row = gazetteer.country_rows.get(lexicon.capitals[word])
        return Spot(i, n, word, "demonym", (row,)) if row is not None else None
    codes = lexicon.country_names.get(word)
    if codes:
        rows_of = tuple(gazetteer.country_rows[c] for c in codes if c in gazetteer.country_rows)
        if rows_of:
            return Spot(i, n, word, "place", rows_of if word not in index else ())
    codes = lexicon.demonyms.get(word)
    if codes:
        rows_of = tuple(gazetteer.country_rows[c] for c in codes if c in gazetteer.country_rows)
        if rows_of:
            return Spot(i, n, word, "demonym", rows_of)
    if word in index:
        return Spot(i, n, word, "place", ())
    return None


def _cased(reading: Reading, i: int) -> bool:
    word = reading.tokens.words[i]
    return word.replace(".", "").isupper() and ("." in word or i not in reading.shouted)


def _short_form(reading: Reading, i: int, raw: str, gazetteer: Gazetteer) -> int | None:
    plain = raw.replace(".", "")
    if i in reading.shouted and "." not in raw:
        return None
    row = gazetteer.cased.get(raw, gazetteer.cased.get(plain) if raw != plain else None)
    if row is not None:
        return row
    if i and reading.tokens.gap(i - 1) in {", ", ","} and reading.capital[i - 1]:
        row = gazetteer.after_comma.get(raw, gazetteer.after_comma.get(plain))
        if row is not None and (
            plain.isupper() or reading.text[reading.tokens.ends[i] : reading.tokens.ends[i] + 1] == "."
        ):
            return row
    return None


def service_behind(reading: Reading, spot: Spot) -> str:
    """The word behind the name that makes it a town's or county's own: "Police", "Fire", "Council"; "" without one."""
    tokens, folded = reading.tokens, reading.tokens.folded
    at = spot.first + spot.n
    if at < len(tokens) and folded[at] in {"city", "county", "regional", "metropolitan", "town", "district"}:
        at += 1
    if at >= len(tokens) or folded[at] not in SERVICES or not tokens.joins(at - 1) or at - 1 in tokens.possessive:
        return ""
    return tokens.words[at]


def where(reading: Reading, spot: Spot) -> str:
    """The word beside the name that says that it is a place: one before it such as "in", or a service behind it."""
    return locative_before(reading, spot) or service_behind(reading, spot)


def locative_before(reading: Reading, spot: Spot) -> str:
    """The word before the name that says that something is there, such as "in"; "" where there is none."""
    folded = reading.tokens.folded
    at = spot.first - 1
    if at >= 0 and folded[at] == "the":
        at -= 1
    while at >= 0 and folded[at] in COMPASS:
        at -= 1
    if at < 0:
        return ""
    if folded[at] == "of":
        return reading.words(at - 1, 2) if at > 0 and folded[at - 1] in LOCATIVE_NOUNS else ""
    return reading.tokens.words[at] if folded[at] in LOCATIVE else ""
