"""Which language a text is in, and whether its names can be read."""

from __future__ import annotations

import re
from itertools import islice

from wirewatch.tagging.languages.tables import LANGUAGES

ENGLISH = "en"
SUPPORTED = frozenset({ENGLISH, *LANGUAGES})
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

_TELLING = {
    "es": "el y los las una con del se al su más ha según tras desde entre dijo está han pero",
    "fr": "le les des et du est pour dans au par sur qui il sont selon après avec ont cette été une aux",
    "de": "der die das und den von zu mit ist des im auf für ein eine nicht dem als auch nach wurde haben sich bei",
    "pt": "o os e do da em um uma para com não no na dos das mais foi ao pelo segundo após são nos",
    "it": "il di che per della è non gli nel dei alla sono una dal anche si",
    "nl": "het een van en dat op te zijn met voor niet aan door om ook naar bij",
    "ca": "el i els les amb del per als una va són més aquest",
    "gl": "o e do da en unha os as co polo máis non",
    "ro": "și în cu din pe pentru este sunt care",
    "sv": "och att det en som är på för med av den till inte har",
}
_TELLING_WORDS = {language: frozenset(words.split()) for language, words in _TELLING.items()}

FEW_WORDS = 60
"""Up to so many words, letters alone mislead."""

_CYRILLIC, _ARABIC = re.compile("[\u0400-\u04ff]"), re.compile("[\u0621-\u06d3]")
_UKRAINIAN, _RUSSIAN = re.compile("[іїєґ]"), re.compile("[ыэъё]")
_OTHER_CYRILLIC = re.compile("[ўјљњћђџѓќѕәғқңөұүһӣӯҳҷ]")
_OTHER_ARABIC = re.compile("[پچژگکیٹڈڑےھہںۇېڭەۆێڵ]")


def language_of(declared: str | None, text: str) -> str | None:
    """The ISO 639-1 code of the text: what the article declares, else what its letters and words say; None if empty.

    A declared language whose letters the text does not have is not believed. Method: letters and the commonest words,
    then naive Bayes over byte n-grams (py3langid).
    """
    given = declared.replace("_", "-").split("-")[0].lower() if declared else None
    sample = text[:SAMPLE].encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()
    script = None if sample.isascii() else _by_script(sample)
    if given:
        return script if script and _script_of(given) != _script_of(script) else given
    if next(islice(filter(str.isalpha, sample), 2, None), None) is None:
        return None
    if script:
        return script
    words = sample.lower().split()
    if sum(map(_COMMONEST[ENGLISH].__contains__, words)) > 0.25 * len(words):
        return ENGLISH
    shares = {code: sum(map(known.__contains__, words)) for code, known in _COMMONEST.items()}
    few = len(words) <= FEW_WORDS and sample.isascii()
    if shares[ENGLISH] >= max(shares.values()) and shares[ENGLISH] > (0 if few else 0.2 * len(words)):
        return ENGLISH
    sample = sample.lower() if sample.isupper() else sample
    guess = _classify(sample) if len(words) > FEW_WORDS else _classify_few(sample)
    return guess if guess == ENGLISH else _by_words(words) or guess


def _by_words(words: list[str]) -> str | None:
    """The language whose commonest words make up a good part of the text, and clearly more than any other's."""
    shares = sorted((sum(map(known.__contains__, words)), code) for code, known in _TELLING_WORDS.items())
    (second, _), (most, code) = shares[-2:]
    return code if most >= max(2, 0.12 * len(words)) and most >= 1.25 * second else None


def _by_script(sample: str) -> str | None:
    """The language of a text that is mostly in Cyrillic or Arabic letters; None for other letters."""
    letters = sum(map(str.isalpha, sample))
    lower = sample.lower()
    if 2 * len(_CYRILLIC.findall(sample)) > letters:
        ukrainian, russian = len(_UKRAINIAN.findall(lower)), len(_RUSSIAN.findall(lower))
        if len(_OTHER_CYRILLIC.findall(lower)) > 0.01 * letters:
            return _classify(sample)
        if ukrainian > 2 * russian:
            return "uk"
        if russian and russian >= 2 * ukrainian and re.search("[ыэё]", lower):
            return "ru"
        guess = _classify(sample)
        return guess if guess in ("bg", "mk", "sr", "be") and letters > 80 else "uk" if ukrainian else "ru"
    if 2 * len(_ARABIC.findall(sample)) > letters:
        return "ar" if len(_OTHER_ARABIC.findall(lower)) <= 0.01 * letters else _classify(sample)
    return None


def _script_of(language: str) -> str:
    if language in ("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "tg", "mn", "tt"):
        return "Cyrillic"
    return "Arabic" if language in ("ar", "fa", "ur", "ps", "ckb", "ug", "sd", "ku") else "other"


def _classify(sample: str) -> str:
    import py3langid  # a second to import, and most articles never need it

    return str(py3langid.classify(sample)[0])


_MUCH_NEWS = frozenset(
    {
        *("en", "es", "fr", "de", "pt", "it", "nl", "pl", "cs", "sk", "sl", "hr", "sv", "da", "no", "fi", "et", "lv"),
        *("lt", "hu", "ro", "tr", "az", "sq", "id", "ms", "vi", "tl", "sw", "ca", "el", "he", "hi", "bn", "ta", "th"),
        *("ka", "hy", "ja", "ko", "zh", "am"),
    }
)
_NEARLY = 3.0
"""Natural logarithm of how much likelier than English another language must be on a few words."""


def _classify_few(sample: str) -> str:
    """As `_classify`, but among the languages of much news; what may as well be English is."""
    import py3langid

    rank = [(code, value) for code, value in py3langid.rank(sample) if code in _MUCH_NEWS]
    nearly = {code for code, value in rank if value > rank[0][1] - _NEARLY}
    return ENGLISH if ENGLISH in nearly else str(rank[0][0])
