"""The moment that a date of a feed means, in whatever form and language it is written. Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import struct_time
from typing import Any

_FIELDS = ("published", "created", "updated")
"""Where a date may stand, the first one first; feedparser puts dc:date, pubDate and issued among them."""
_LANGUAGES = ("en", "fr", "de", "es", "pt", "it", "ru", "uk", "ar", "nl", "pl", "tr")
_LONGEST = 80
_A_MOMENT = timedelta(minutes=10)
"""Clocks differ by so much."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


def date_of(entry: Mapping[str, Any]) -> datetime | None:
    """The date of an item as feedparser gives it, in UTC; a date without a zone is taken for UTC."""
    for field in _FIELDS:
        parsed = entry.get(f"{field}_parsed")
        said = entry.get(field)
        moment = _moment(parsed) if isinstance(parsed, struct_time) else None
        if moment is None and isinstance(said, str) and said.strip():
            moment = read_date(said)
        if moment is not None:
            return moment
    return None


def read_date(said: str) -> datetime | None:
    """The moment that ``said`` names: ISO 8601, or words and numbers in one of twelve languages; UTC."""
    said = said.strip()[:_LONGEST]
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None if _ISO.fullmatch(said) else _in_words(said)
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return None


def not_in_the_future(moment: datetime | None, *, now: datetime) -> tuple[datetime | None, bool]:
    """``moment``, or ``now`` where it says that what is read already comes later; and whether it said so."""
    if moment is None or moment <= now:
        return moment, False
    return now, moment > now + _A_MOMENT


def _in_words(said: str) -> datetime | None:
    import dateparser  # half a second to import, and few feeds need it

    try:
        found = dateparser.parse(
            said, languages=list(_LANGUAGES), settings={"STRICT_PARSING": True, "RETURN_AS_TIMEZONE_AWARE": False}
        )
    except Exception:  # whatever trips over one date must not cost the feed
        return None
    return found if isinstance(found, datetime) else None


def _moment(parsed: struct_time) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
