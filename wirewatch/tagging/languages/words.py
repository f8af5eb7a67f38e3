"""The words of a text in one language, and the forms under which each may be in a list of names."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from wirewatch.tagging.tokens import LONGEST, Tokens, fold, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’](?=\w)", re.IGNORECASE)
_DOTTED = re.compile(r"\bEE\. ?UU\.?")
_ARABIC_WORD = re.compile("[^\\W_][\\w\u064b-\u065f\u0670\u0640]*")
_ARABIC_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
_ARABIC_SAME = str.maketrans("أإآٱىةؤئکی", "اااايهويكي")

COMBINATIONS = 64
"""Ways to read a few words together that are looked at; names have two or three words, most with one form each."""


class Form(NamedTuple):
    """A key under which a word may be listed, and how many letters in front of it belong to no name."""

    key: str
    cut: int = 0


class Writing(NamedTuple):
    """How one language is read: its words, the key of a listed name's word, the forms of a text's word."""

    words: Callable[[str], Tokens]
    forms: Callable[[str], tuple[Form, ...]]
    listed: Callable[[str], tuple[str, ...]]
    capitals: bool
    nouns_in_capitals: bool = False


def writing_of(language: str) -> Writing:
    """How ``language`` is read; for Russian and Ukrainian this loads their dictionary (0.2 s, 30 MB)."""
    if language == "ar":
        return Writing(_arabic_words, _arabic_forms, lambda word: (fold_arabic(word),), capitals=False)
    if language in ("ru", "uk"):
        lemmas = _lemmas(language)
        return Writing(
            tokenize, lambda word: tuple(map(Form, lemmas(word))), lambda word: lemmas(word)[:3], capitals=True
        )
    if language == "de":
        return Writing(tokenize, _german_forms, _as_it_is, capitals=True, nouns_in_capitals=True)
    return Writing(_romance_words, lambda word: (Form(fold(word)),), _as_it_is, capitals=True)


def keys_of(writing: Writing, name: str) -> list[str]:
    """The keys under which ``name`` is listed, that of its very spelling first."""
    words = writing.words(name).words
    return list(dict.fromkeys(map(" ".join, islice(product(*map(writing.listed, words)), COMBINATIONS))))


def readings_of(forms: list[tuple[Form, ...]], first: int, n: int) -> Iterator[tuple[str, int]]:
    """The keys that the n words from ``first`` on may have together, each with the letters cut off in front."""
    if n == 1:
        yield from forms[first]
        return
    rest = [[form for form in forms[i] if not form.cut] for i in range(first + 1, first + n)]
    for head, *others in islice(product(forms[first], *rest), COMBINATIONS):
        yield " ".join([head.key, *(form.key for form in others)]), head.cut


def fold_arabic(word: str) -> str:
    """``word`` without vowel signs, and with one letter for each set that writers exchange (alef, ya, ta marbuta)."""
    return _ARABIC_MARKS.sub("", word).translate(_ARABIC_SAME) if not word.isascii() else fold(word)


def _as_it_is(word: str) -> tuple[str, ...]:
    return (fold(word),)


def _romance_words(text: str) -> Tokens:
    """As in English, but the article of “l'Iran” is a word, and “EE. UU.” is one name."""
    if "'" in text or "’" in text:
        text = _ELIDED.sub(lambda match: match[0][:-1] + " ", text)
    if "EE." in text:
        text = _DOTTED.sub(lambda match: match[0].replace(".", " ").rstrip().ljust(len(match[0]), "."), text)
    return tokenize(text)


def _german_forms(word: str) -> tuple[Form, ...]:
    """The word, and what it is the genitive of: “Syriens”."""
    key = fold(word)
    return (Form(key), Form(key[:-1])) if len(key) > 4 and key[-1] == "s" and key[-2] != "s" else (Form(key),)


def _arabic_words(text: str) -> Tokens:
    found = list(_ARABIC_WORD.finditer(text))
    words, starts = [match[0][:LONGEST] for match in found], [match.start() for match in found]
    ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
    gaps = [text[end:start] for end, start in zip(ends, starts[1:], strict=False)]
    folded, no = list(map(fold_arabic, words)), [False] * len(words)
    return Tokens(text, words, folded, no, list(no), starts, ends, [*gaps, "."] if words else [], set())


@lru_cache(maxsize=65_536)
def _arabic_forms(word: str) -> tuple[Form, ...]:
    """The word with fewer and fewer of the small words that are written together with it.

    “and” and “so” (و ف) stand in front of “in”, “for” and “as” (ب ل ك); “for the” is لل.
    """
    key = fold_arabic(word)
    forms = [Form(key)]
    if key[:1] in {"و", "ف"} and len(key) > 3:
        forms.append(Form(key[1:], 1))
    for form in list(forms):
        if form.key[:2] == "لل" and len(form.key) > 4:
            forms.append(Form("ال" + form.key[2:], form.cut + 2))
        elif form.key[:1] in {"ب", "ل", "ك"} and len(form.key) > 3:
            forms.append(Form(form.key[1:], form.cut + 1))
    return tuple(forms)


@cache
def analyzer(language: str) -> Any:
    """The dictionary of Russian or Ukrainian word forms (pymorphy3; from OpenCorpora and LanguageTool)."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang=language)


@cache
def _lemmas(language: str) -> Callable[[str], tuple[str, ...]]:
    morphology = analyzer(language)

    @lru_cache(maxsize=65_536)
    def lemmas(word: str) -> tuple[str, ...]:
        """The folded word itself, then the folded dictionary forms it may belong to, the likeliest first."""
        plain = word.lower().replace("’", "'").replace("ʼ", "'")
        if not plain[0].isalpha() or plain.isascii():
            return (fold(word),)
        normal = [parse.normal_form for parse in morphology.parse(plain)]
        if not morphology.word_is_known(plain):
            normal += _guesses(plain)
        return tuple(dict.fromkeys(map(fold, [plain, *normal])))

    return lemmas


def _guesses(word: str) -> list[str]:
    """What an unknown name may be in the nominative, by its ending."""
    for ending, endings in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return [word[: -len(ending)] + nominative for nominative in endings]
    return []


_ENDINGS = (
    ("ами", ("а", "ы", "и")), ("ями", ("я", "и")), ("ой", ("а", "")), ("ою", ("а",)), ("ом", ("", "о")),
    ("ем", ("ь", "")),
    ("ах", ("ы", "и")), ("ях", ("и",)), ("ові", ("",)), ("ы", ("а",)), ("и", ("а", "я", "ь")), ("і", ("а", "", "ь")),
    ("ї", ("я",)), ("е", ("а", "", "о")), ("у", ("а", "", "о")), ("ю", ("я", "ь")), ("а", ("", "о")), ("я", ("ь",)),
)  # fmt: skip
