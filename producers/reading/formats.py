"""The drafts in the text of one file: .txt, .md, .html and .json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import trafilatura
import yaml

from producers.reading.draft import KEYS, Draft, draft_of, read_time
from wirewatch.errors import UnreadableInput

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"\s*#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_DATES = {"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%dT%H:%M:%S%z"}
_LANG = re.compile(r"<html\b[^>]*?\blang\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_XML = re.compile(r"\A\s*<\?xml\b[^>]*\?>", re.IGNORECASE)  # lxml refuses a declared encoding in text
_PUBLISHED = re.compile(
    r"""(?:article:published_time|datePublished)["'](?:[^>]{0,80}?content=|\s*:)\s*["']([^"'<>]{8,40})["']"""
)
_CHARSET = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)

_MARKDOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), put)
    for pattern, put in (
        (r"<!--[\s\S]*?-->", ""),
        (r"^[ \t]*(?:```|~~~).*$", ""),  # the fence goes, what it holds stays
        (r"^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*\S+.*$", ""),  # [1]: https://... definitions
        (r"!\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])", r"\1"),
        (r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])", r"\1"),
        (r"<(https?://[^>\s]+)>", r"\1"),
        (r"</?[A-Za-z][^>\n]*>", ""),
        (r"^[ \t]{0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$", ""),
        (r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", r"\1"),
        (r"^(?:[ \t]{0,3}>[ \t]?)+", ""),
        (r"^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+", ""),
        (r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])", r"\2"),
        (r"(?<![\w_])(_{1,3})(?=\S)([^_\n]+?)(?<=\S)\1(?![\w_])", r"\2"),
        (r"~~(?=\S)([^~\n]+?)~~", r"\1"),
        (r"`+([^`\n]+)`+", r"\1"),
        (r"\\([\\`*_{}\[\]()#+\-.!>~|])", r"\1"),
        (r"\n{3,}", "\n\n"),
    )
)


def plain(text: str) -> Draft:
    """A .txt: the first line that is not blank is the title."""
    title, _, rest = text.strip().partition("\n")
    return Draft(title=title, text=rest)


def markdown(text: str, where: str) -> Draft:
    """A .md: YAML front matter honoured, the title from there or from the first heading, the syntax stripped.

    Raises UnreadableInput for front matter that cannot be read.
    """
    text = text.replace("\r\n", "\n").lstrip("\ufeff\n")
    fields: dict[str, Any] = {}
    if matter := _FRONT_MATTER.match(text):
        fields, text = _front_matter(matter[1] or "", where), text[matter.end() :]
    if not fields.get("title") and (heading := _HEADING.match(text)):
        fields["title"], text = without_markdown(heading[1]), text[heading.end() :]
    body = without_markdown(text)
    if not fields.get("title"):
        fields["title"], _, body = body.strip().partition("\n")
    elif body.startswith(str(fields["title"]) + "\n"):
        body = body[len(str(fields["title"])) :]
    return draft_of({**fields, "text": body}, where)


def _front_matter(matter: str, where: str) -> dict[str, Any]:
    try:
        # BaseLoader makes nothing but texts, lists and dicts: safe, and a date of the year 0 is no exception.
        fields = yaml.load(matter, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        why = " ".join(str(getattr(error, "problem", None) or error).split())
        raise UnreadableInput(where, f"front matter (between the --- lines) is no YAML: {why}") from None
    if not isinstance(fields, dict | None) and fields != "":
        raise UnreadableInput(where, "front matter (between the --- lines) has no `key: value` lines")
    fields = {str(key): value for key, value in fields.items()} if fields else {}
    if "published" not in fields and "date" in fields:
        fields["published"] = fields.pop("date")
    if "text" in fields:  # the text is what stands below
        fields["text (front matter)"] = fields.pop("text")
    return fields


def without_markdown(text: str) -> str:
    """``text`` as a reader sees it: no marks of headings, emphasis, links, lists, quotes or code."""
    for pattern, put in _MARKDOWN:
        text = pattern.sub(put, text)
    return text.strip()


def html(text: str, where: str) -> Draft:
    """A .html: main text and metadata as trafilatura finds them, the language as the page declares it.

    Raises UnreadableInput where the page has no text that looks like an article.
    """
    try:
        page = trafilatura.bare_extraction(
            _XML.sub("", text), with_metadata=True, include_comments=False, date_extraction_params=_DATES
        )
    except Exception as error:  # whatever trips the extraction of one page must not cost the other files
        raise UnreadableInput(where, f"cannot be read as HTML: {type(error).__name__}: {error}") from None
    if page is None or isinstance(page, dict) or not page.text:
        raise UnreadableInput(where, "no article text was found in this HTML")
    title, body = (page.title or "").strip(), page.text
    if title and body.startswith(title + "\n"):
        body = body[len(title) :]
    language = _LANG.search(text[:10_000])
    return Draft(
        title=title,
        text=body,
        url=page.url,
        published=_published(text, page.date),
        source=page.sitename or page.hostname,
        author=page.author,
        language=language[1] if language else None,
        summary=page.description,
    )


def _published(text: str, day: str | None) -> str | None:
    """The moment that the page declares; trafilatura keeps the day of it but may lose the hour."""
    declared = _PUBLISHED.search(text)
    return declared[1] if declared and read_time(declared[1]) else day


def charset(data: bytes) -> str | None:
    """The encoding that an HTML page declares for itself."""
    found = _CHARSET.search(data[:4_096])
    return found[1].decode("ascii") if found else None


def json_records(text: str, where: str) -> Iterator[Draft | UnreadableInput]:
    """A .json: one object, or a list of them; a bad one in a list is yielded as its error.

    Raises UnreadableInput where the whole is no JSON.
    """
    value = loads(text, where)
    if not isinstance(value, list):
        yield json_draft(value, where)
        return
    if not value:
        raise UnreadableInput(where, "holds an empty list, no article")
    for number, item in enumerate(value, 1):
        try:
            yield json_draft(item, f"{where}, record {number}")
        except UnreadableInput as error:
            yield error


def json_draft(value: object, where: str) -> Draft:
    """The draft of one JSON object; raises UnreadableInput where it is none, or has neither title nor text."""
    if not isinstance(value, dict):
        raise UnreadableInput(where, f"is no JSON object; an article is {{{', '.join(KEYS)}}}")
    if not value.get("title") and not value.get("text"):
        keys = ", ".join(list(value)[:6]) or "none"
        raise UnreadableInput(where, f"has neither title nor text (keys: {keys})")
    return draft_of(value, where)


def loads(text: str, where: str) -> Any:
    """The JSON value of ``text``; raises UnreadableInput with the spot where it breaks."""
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        spot = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise UnreadableInput(where, f"is no JSON: {error.msg.removesuffix(' at')} at {spot}") from None
    except (RecursionError, ValueError):
        raise UnreadableInput(where, "is no JSON that can be read: nested too deep or a number too long") from None
