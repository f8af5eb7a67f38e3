"""Which language a text is in, and whether its names can be read."""

from __future__ import annotations

from itertools import islice

ENGLISH = "en"
SUPPORTED = frozenset({ENGLISH})
SAMPLE = 2_000
"""Characters that are looked at; more does not make the answer surer."""

_COMMONEST = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to in a is was for on that with as by at from he said it his has have are be were after over "
        "an its but no not who which will would they their "
        "this these more than about into when all also we she her you there been other some out up if what had can",
        "es": "el la de que y en los las un una por con del se para es al lo su como más fue ha",
        "fr": "le la les de des et en un une du que est pour dans au par sur ne pas qui il ce sont plus",
        "de": "der die das und in den von zu mit ist des im auf für ein eine nicht dem als auch es an nach",
        "pt": "o a os as de que e do da em um uma para com não no na por dos das mais foi ao",
        "it": "il la di che e in un una per con del della è non i le si da al nel gli sono",
        "nl": "de het een van en in is dat op te zijn met voor niet aan er door om ook naar bij",
    }.items()
}
"""The commonest words of languages that share our letters: on a few words they tell more than letters do."""

FEW_WORDS = 60
"""Up to so many words, letters alone mislead."""


def language_of(declared: str | None, text: str) -> str | None:
    """The ISO 639-1 code of the text: what the article declares, else what its letters and words say; None if empty.

    Method: naive Bayes over byte n-grams (py3langid).
    """
    if declared:
        return declared.replace("_", "-").split("-")[0].lower()
    sample = text[:SAMPLE].encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()
    if next(islice(filter(str.isalpha, sample), 2, None), None) is None:
        return None
    words = sample.lower().split()
    if sum(map(_COMMONEST[ENGLISH].__contains__, words)) > 0.25 * len(words):
        return ENGLISH
    shares = {code: sum(map(known.__contains__, words)) for code, known in _COMMONEST.items()}
    few = len(words) <= FEW_WORDS and sample.isascii()
    if shares[ENGLISH] >= max(shares.values()) and shares[ENGLISH] > (0 if few else 0.2 * len(words)):
        return ENGLISH
    return _classify(sample.lower() if sample.isupper() else sample)


def _classify(sample: str) -> str:
    import py3langid  # a second to import, and most articles never need it

    return str(py3langid.classify(sample)[0])
