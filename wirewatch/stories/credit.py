"""Whose report an article is: the dateline before its text and the credit line after it."""

from __future__ import annotations

import re

import msgspec

from wirewatch.models import Article
from wirewatch.stories.calendar import fold

KNOWN = {
    "reuters": "reuters", "ap": "ap", "associated press": "ap", "afp": "afp", "agence francepresse": "afp",
    "dpa": "dpa", "efe": "efe", "ansa": "ansa", "upi": "upi", "pti": "pti", "ani": "ani", "ians": "ians",
    "tass": "tass", "interfax": "interfax", "xinhua": "xinhua", "kyodo": "kyodo", "kyodo news": "kyodo",
    "yonhap": "yonhap", "anadolu": "anadolu", "anadolu agency": "anadolu", "bloomberg": "bloomberg",
    "press association": "pa", "pa media": "pa", "apa": "apa", "lusa": "lusa", "tt": "tt", "ntb": "ntb",
    "ritzau": "ritzau", "belga": "belga", "ats": "ats", "keystoneats": "ats", "pap": "pap", "ctk": "ctk", "mti": "mti",
    "ukrinform": "ukrinform", "bernama": "bernama", "antara": "antara", "aap": "aap", "irna": "irna", "sana": "sana",
    "mena": "mena", "wam": "wam", "canadian press": "canadian press",
}  # fmt: skip
"""Agencies by the names under which they are credited; one that is not here is found where it stands in brackets."""

_NAME = r"[A-Z][^()\n]{1,30}|dpa|ansa|efe|afp|apa"
_DATELINE = re.compile(
    rf"\s*(?P<place>[^\W\d_a-z][^()\n.]{{1,60}}?)?\s*\((?P<agency>{_NAME})\)\s*[-–—:]+\s*"
    r"|\s*(?P<bare>AP|AFP|UPI|PTI|ANI|EFE|dpa|Reuters|REUTERS|Xinhua|XINHUA)\s*[-–—:]+\s+"
)
_PLACE_ONLY = re.compile(r"\s*(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ' .-]{2,30})(?:,[^-–—\n]{1,25})?\s+[-–—]+\s+")
_LAST_LINE = re.compile(r"\n\s*(?P<line>[^\n]{2,70}?)\s*$")
_CREDIT = re.compile(
    rf"^(?:[(\[]\s*(?P<bracketed>{_NAME})\s*[)\]]"
    r"|[—–-]+\s*(?P<dashed>[A-Z][\w .]{1,30})"
    r"|(?:source|agency|via|with(?: files| reports?| reporting| inputs?)? (?:from|by)|additional reporting by)"
    r"\s*:?\s*(?P<named>[A-Z][\w .]{1,30}?)\.?"
    r"|(?P<alone>[A-Z][\w.]*(?: [A-Z][\w.]*){0,2}))$",
)
_TRAILING = re.compile(rf"\((?P<agency>{_NAME})\)\s*$")


class Told(msgspec.Struct, frozen=True):
    """An article's text without dateline and credit, where that begins, and what was taken off."""

    body: str
    start: int
    place: str
    agency: str | None


def told(article: Article) -> Told:
    """Take dateline and credit line off ``article``; ``agency`` is None where nobody is credited."""
    text, place, agency = article.text, "", None
    match = _DATELINE.match(text) or _PLACE_ONLY.match(text)
    start = 0
    if match:
        found = match.groupdict()
        place, agency, start = found.get("place") or "", found.get("agency") or found.get("bare"), match.end()
    body, credited = _without_credit(text[start:])
    agency = agency or credited
    if agency is None and article.author and _key(article.author) in KNOWN:
        agency = article.author
    return Told(body, start, place.split(",")[0], _agency(agency) if agency else None)


def _without_credit(body: str) -> tuple[str, str | None]:
    last = _LAST_LINE.search(body)
    if last:
        credit = _CREDIT.match(_lowered(last["line"]))
        if credit:
            return body[: last.start()], next(group for group in credit.groups() if group)
    trailing = _TRAILING.search(body)
    if trailing and _key(trailing["agency"]) in KNOWN:
        return body[: trailing.start()], trailing["agency"]
    return body, None


def _lowered(line: str) -> str:
    """The line with its first words in lower case where they only introduce a name ("Source: AFP")."""
    head, colon, name = line.partition(":")
    if colon:
        return head.lower() + ":" + name
    return re.sub(r"^[—–-]*\s*(With|Via|Additional reporting by)\b", lambda m: m[1].lower(), line)


def _key(name: str) -> str:
    return " ".join(fold(word) for word in name.split())


def _agency(name: str) -> str:
    key = _key(name)
    return KNOWN.get(key, key)
