"""Which language a text is in, and whether its names can be read."""

from __future__ import annotations

ENGLISH = "en"
SUPPORTED = frozenset({ENGLISH})
SAMPLE = 2_000
"""Characters that are looked at; more does not make the answer surer."""

CERTAINLY_ENGLISH = 0.2
"""Share of the commonest English words from which no other language comes near."""


def language_of(declared: str | None, text: str) -> str | None:
    """The ISO 639-1 code of the text: what the article declares, else what its letters and words say; None if empty.

    Method: naive Bayes over byte n-grams (py3langid).
    """
    if declared:
        return declared.replace("_", "-").split("-")[0].lower()
    sample = text[:SAMPLE].encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()
    if sum(c.isalpha() for c in sample) < 3:
        return None
    if _english_words(sample) > CERTAINLY_ENGLISH:
        return ENGLISH
    return _classify(sample.lower() if sample.isupper() else sample)


def _classify(sample: str) -> str:
    import py3langid  # a second to import, and most articles never need it

    return str(py3langid.classify(sample)[0])


_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "a",
        "is",
        "was",
        "for",
        "on",
        "that",
        "with",
        "as",
        "by",
        "at",
        "from",
        "he",
        "said",
        "it",
        "his",
        "has",
        "have",
        "are",
        "be",
        "were",
    ]
)


def _english_words(sample: str) -> float:
    words = sample.lower().split()
    return sum(word in _ENGLISH for word in words) / max(1, len(words))
