"""Days, months, numbers and plain words of the languages that are read for dates and tolls.

Everything is folded: lower case, without accents and apostrophes (see `fold`).
"""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from functools import lru_cache

_MONTHS = (
    "january jan januar janvier enero janeiro gennaio",
    "february feb februar fevrier febrero fevereiro febbraio",
    "march mar marz mars marzo marco",
    "april apr avril abril aprile",
    "may mai mayo maio maggio",
    "june jun juni juin junio junho giugno",
    "july jul juli juillet julio julho luglio",
    "august aug aout agosto",
    "september sept sep septembre septiembre setembro settembre",
    "october oct oktober octobre octubre outubro ottobre",
    "november nov novembre noviembre novembro",
    "december dec dezember decembre diciembre dezembro dicembre",
)
_WEEKDAYS = (
    "monday montag lundi lunes segunda lunedi",
    "tuesday dienstag mardi martes terca martedi",
    "wednesday mittwoch mercredi miercoles quarta mercoledi",
    "thursday donnerstag jeudi jueves quinta giovedi",
    "friday freitag vendredi viernes sexta venerdi",
    "saturday samstag sonnabend samedi sabado sabato",
    "sunday sonntag dimanche domingo domenica",
)
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty",
    "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn "
    "achtzehn neunzehn zwanzig",
    "zero - deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dixsept dixhuit "
    "dixneuf vingt",
    "cero - dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte",
    "zero - dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito "
    "dezenove vinte",
)

MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()}
YESTERDAY = frozenset({"yesterday", "gestern", "hier", "ayer", "ontem", "ieri"})
TODAY = frozenset({"today", "heute", "hoy", "hoje", "oggi"})
NUMBERS = {word: number for words in reversed(_NUMBERS) for number, word in enumerate(words.split()) if word != "-"} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "dozen": 12,
}

_BEFORE = frozenset({("night", "before"), ("evening", "before"), ("day", "before"), ("day", "earlier")})
_DATING = frozenset(WEEKDAYS.keys() | MONTHS.keys() | YESTERDAY | TODAY | {"before", "earlier"})
_YEARS = range(1990, 2036)
_DIGITS_READ = 8
_WORDS_KEPT = 1 << 15
"""Of a language's words few make up most of each text; these many are folded once, some 5 MB."""


@lru_cache(_WORDS_KEPT)
def fold(word: str) -> str:
    """``word`` without case, accents, punctuation and a possessive ending, so that spellings of one name meet."""
    word = word.replace("’", "'").replace("ʼ", "'").removesuffix("'s")
    if word.isascii():
        return word.lower() if word.isalnum() else "".join(c for c in word.lower() if c.isalnum())
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if c.isalnum())


@lru_cache(_WORDS_KEPT)
def number(word: str) -> int | None:
    """The count that a folded word stands for; None for a year and for what is no number."""
    if word.isascii() and word.isdigit() and len(word) <= _DIGITS_READ:
        value = int(word)
        return None if value in _YEARS else value
    return NUMBERS.get(word)


def days(words: list[str], published: date) -> dict[int, int]:
    """The days that folded ``words`` name and how often, as proleptic ordinals.

    A weekday is the last one up to ``published``; a date without a year lies in the year of ``published``. "The night
    before" is the day before the one that was named last.
    """
    found: dict[int, int] = {}
    last = published
    if _DATING.isdisjoint(words):
        return found
    for at, word in enumerate(words):
        if word not in _DATING:
            continue
        day = _day(words, at, word, published, last=last)
        if day is not None:
            last = day
            found[day.toordinal()] = found.get(day.toordinal(), 0) + 1
    return found


def _day(words: list[str], at: int, word: str, published: date, *, last: date) -> date | None:
    if word in ("before", "earlier"):
        return last - timedelta(1) if (words[at - 1], word) in _BEFORE else None
    if word in WEEKDAYS:
        return published - timedelta((published.weekday() - WEEKDAYS[word]) % 7)
    if word in YESTERDAY:
        return published - timedelta(1)
    if word in TODAY:
        return published
    if word in MONTHS:
        for near in (at + 1, at - 1, at - 2):
            if 0 <= near < len(words) and words[near].isdecimal() and len(words[near]) <= 2:
                try:
                    day = date(published.year, MONTHS[word], int(words[near]))
                except ValueError:
                    continue
                return day if day <= published + timedelta(1) else None
    return None
