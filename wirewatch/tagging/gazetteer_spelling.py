"""How the packages spell the names of places, and which of these spellings news would print."""

from __future__ import annotations

from wirewatch.tagging.tokens import fold

KINDS = frozenset(
    [
        "province",
        "governorate",
        "region",
        "state",
        "oblast",
        "district",
        "county",
        "prefecture",
        "department",
        "municipality",
        "republic",
        "city",
        "krai",
        "voivodeship",
        "canton",
        "territory",
        "parish",
        "division",
        "sheng",
        "shi",
        "zizhiqu",
        "autonomous",
        "ken",
        "fu",
        "wilayat",
        "wilaya",
        "muhafazat",
        "emirate",
        "metropolitan",
        "capital",
        "special",
        "federal",
        "uygur",
        "huizu",
        "zhuangzu",
        "of",
        "the",
    ]
)
"""Words that say what kind of region a name belongs to."""

ENGLISH_KINDS = frozenset({"Governorate", "Province", "Region", "State", "Oblast", "Prefecture", "Department"})

TRANSCRIBED = frozenset(
    [
        "AE",
        "AF",
        "BH",
        "DZ",
        "EG",
        "EH",
        "IQ",
        "IR",
        "JO",
        "KW",
        "LB",
        "LY",
        "MA",
        "OM",
        "PK",
        "PS",
        "QA",
        "SA",
        "SD",
        "SY",
        "TN",
        "YE",
    ]
)
"""Countries whose names GeoNames transcribes with signs that no newspaper prints."""

TRANSCRIPTION = str.maketrans("ĀāĪīŪūḨḩŢţŞşḐḑẔẕá", "AaIiUuHhTtSsDdZza", "’‘ʿʾ")

SHARED_NAMES = frozenset(
    [
        "central",
        "northern",
        "southern",
        "eastern",
        "western",
        "north",
        "south",
        "east",
        "west",
        "centre",
        "center",
        "capital",
        "upper",
        "lower",
        "north east",
        "north west",
        "south east",
        "south west",
        "northeast",
        "northwest",
        "southeast",
        "southwest",
        "north central",
        "central region",
        "centro",
        "nord",
        "sud",
        "est",
        "ouest",
        "littoral",
        "coast",
        "islands",
        "other",
        "national capital",
    ]
)
"""What regions of many countries are called, and so no name of any of them alone."""


def plain_name(name: str) -> str:
    """``name`` without words such as "Province of"; the name itself where nothing else would be left."""
    words = name.split()
    while words and fold(words[-1]) in KINDS:
        words.pop()
    while words and fold(words[0]) in KINDS:
        words.pop(0)
    return " ".join(words) or name


def latin(name: str) -> bool:
    """Whether ``name`` is in Latin letters, accents or not."""
    return all(fold(c).isascii() for c in name)
