"""What a file says of one article, and how that becomes an `Article`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from wirewatch.errors import UnreadableInput
from wirewatch.models import Article, Lineage, Source
from wirewatch.text import article_id, canonical_url, clean, content_hash, cut, sane_time

TITLE_LIMIT = 500
"""Code points of a title that are kept; a longer one stays whole at the head of the text."""
SUMMARY_LIMIT = 5_000
NAME_LIMIT = 300
URL_LIMIT = 4_000
_TITLE_MADE = 100

KEYS = ("title", "text", "url", "published", "source", "author", "language", "summary")
"""The keys of a JSON record; others are ignored and counted."""

_DOMAIN = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*\.[^\W\d_]{2,}", re.ASCII)
_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][a-z0-9_-]+)?", re.IGNORECASE)
_NOTHING = frozenset({"", "~", "null", "none"})


class Draft(msgspec.Struct, frozen=True):
    """The words a file has for one article, nothing judged yet; ``ignored`` are the keys that mean nothing to us."""

    title: str = ""
    text: str = ""
    url: str | None = None
    published: str | None = None
    source: str | None = None
    author: str | None = None
    language: str | None = None
    summary: str | None = None
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True):
    """An article that was read, what was left out or guessed on the way, and how many bytes of its file are read."""

    article: Article
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    position: int = 0


class Given(msgspec.Struct, frozen=True):
    """What holds for all articles of a reading; ``source`` and ``language`` stand in where a file names none."""

    now: datetime
    text_limit: int
    source: str | None = None
    language: str | None = None
    airflow_run_id: str | None = None


def draft_of(fields: Mapping[str, Any], where: str) -> Draft:
    """The draft that ``fields`` (the keys of `KEYS`) describe.

    Raises UnreadableInput where title or text is no text at all.
    """
    for key in ("title", "text"):
        if not isinstance(fields.get(key), str | None):
            raise UnreadableInput(where, f"{key} is {_kind(fields[key])}, not text")
    notes = tuple(
        f"{key} is {_kind(fields[key])}, left out"
        for key in KEYS
        if fields.get(key) is not None and _words(fields[key]) is None
    )
    known = {key: _words(fields.get(key)) for key in KEYS if key not in ("title", "text")}
    ignored = tuple(str(key) for key in fields if key not in KEYS)
    return Draft(title=fields.get("title") or "", text=fields.get("text") or "", **known, ignored=ignored, notes=notes)


def record(draft: Draft, where: str, path: str, given: Given, position: int = 0) -> Record:
    """The article of ``draft``, as read at ``given.now`` from ``path``.

    Raises UnreadableInput where there is neither a title nor a text.
    """
    title, text, truncated = _title_and_text(draft, given.text_limit)
    if not title:
        raise UnreadableInput(where, "has neither a title nor a text")
    notes = list(draft.notes)
    url = clean(draft.url or "") or None
    if url and (len(url) > URL_LIMIT or canonical_url(url) is None):
        notes.append(f"url {cut(url, 80)!r} is no web address, left out")
        url = None
    published = read_time(draft.published)
    if draft.published and published is None:
        notes.append(f"date {cut(draft.published, 40)!r} is not understood, left out")
    article = Article(
        id=article_id(url, title, text),
        title=title,
        text=text,
        fetched_at=given.now,
        content_hash=content_hash(title, text),
        url=url,
        summary=_name(draft.summary, SUMMARY_LIMIT),
        source=source_of(draft.source or given.source, url),
        language=language_of(draft.language) or language_of(given.language),
        author=_name(draft.author, NAME_LIMIT),
        published_at=sane_time(published, now=given.now),
        truncated=truncated,
        lineage=Lineage(producer="files", path=path, airflow_run_id=given.airflow_run_id),
    )
    return Record(article=article, ignored=draft.ignored, notes=tuple(notes), position=position)


def _title_and_text(draft: Draft, limit: int) -> tuple[str, str, bool]:
    """Title and text as they are kept, and whether something of them was cut."""
    title, text = " ".join(clean(draft.title).split()), clean(draft.text)
    if len(title) > TITLE_LIMIT:
        title, text = cut(title, TITLE_LIMIT), clean(f"{title}\n\n{text}")
    if not title:
        first = text.partition("\n")[0]
        title = first if len(first) <= _TITLE_MADE else cut(first, _TITLE_MADE) + "…"
    kept = cut(text, limit)
    return title, kept, len(kept) < len(text)


def read_time(text: str | None) -> datetime | None:
    """The moment that ``text`` names by ISO 8601 or RFC 5322; None where it names none."""
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text.strip())
        except (ValueError, OverflowError, IndexError, TypeError):
            continue
    return None


def source_of(name: str | None, url: str | None) -> Source:
    """The outlet: ``name`` may be a domain; where the URL has one, that is the domain."""
    name = _name(name, NAME_LIMIT)
    host = (urlsplit(canonical_url(url) or "").hostname or "").removeprefix("www.") if url else ""
    if name and _DOMAIN.fullmatch(name):
        return Source(domain=name.lower().removeprefix("www."))
    return Source(name=name, domain=host or None)


def language_of(code: str | None) -> str | None:
    """The language of a tag such as ``fr``, ``pt-BR`` or ``en_GB``: its first part (BCP 47)."""
    match = _LANGUAGE.fullmatch((code or "").strip())
    return match[1].lower() if match else None


def _words(value: object) -> str | None:
    """``value`` as one line of words: text as it is, a list of texts joined, anything else is None."""
    if isinstance(value, list | tuple) and value and all(isinstance(part, str) for part in value):
        value = ", ".join(value)
    if not isinstance(value, str):
        return None
    return "" if value.strip().lower() in _NOTHING else value


def _name(text: str | None, limit: int) -> str | None:
    return cut(" ".join(clean(text or "").split()), limit) or None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")
