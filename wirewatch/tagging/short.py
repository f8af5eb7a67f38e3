"""Organisations by their head word alone: “the Commission” of an article that names the European Commission."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from wirewatch.tagging.reading import Reading
from wirewatch.tagging.vocabulary import ORGANISATION

Whole = TypeVar("Whole")


def short_names(reading: Reading, named: Iterable[tuple[int, int, Whole]]) -> dict[int, Whole]:
    """Where a head word stands alone with a capital behind “the”, and which of the ``named`` it is short for.

    ``named`` are (first word, words, whatever is to be found again). A head word that two names of the text share is
    short for nobody; so is one that stands before them.
    """
    folded, capital, tokens = reading.tokens.folded, reading.capital, reading.tokens
    owners: dict[str, dict[str, tuple[int, Whole]]] = {}
    inside: set[int] = set()
    for first, n, whole in named:
        inside.update(range(first, first + n))
        for at in (first, first + n - 1):
            if folded[at] in ORGANISATION:
                owners.setdefault(folded[at], {}).setdefault(tokens.join(first, n), (first, whole))
    for i in reading.capitals if owners else ():
        if folded[i] in owners and i not in inside and _of_another(reading, i):
            owners[folded[i]].clear()
    short: dict[int, Whole] = {}
    for i in reading.capitals:
        if folded[i] not in owners or not i or folded[i - 1] != "the" or i in reading.shouted:
            continue
        alone = i + 1 >= len(tokens) or not capital[i + 1] or not tokens.joins(i) or i in tokens.possessive
        goes_on = i + 1 < len(tokens) and folded[i + 1] in {"of", "for"} and tokens.joins(i)
        if alone and not goes_on and len(owners[folded[i]]) == 1:
            first, whole = next(iter(owners[folded[i]].values()))
            if first < i:
                short[i] = whole
    return short


def _of_another(reading: Reading, i: int) -> bool:
    """Whether the head word is part of a longer name: "Supreme Court", "Court of Appeal"."""
    tokens = reading.tokens
    before = i > 0 and reading.capital[i - 1] and tokens.joins(i - 1) and tokens.folded[i - 1] != "the"
    behind = i + 2 < len(tokens) and tokens.folded[i + 1] in {"of", "for"} and reading.capital[i + 2]
    return before or behind
